using System.Text;
using Demilune.Inspection.Events;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Tests.Traffic;

/// <summary>An inspector with some rules, and what it says about frames.</summary>
internal sealed class Replay : IEventSink
{
    private readonly FrameQueue _queue = new();
    private long _now = 1_700_000_000_000_000_000;

    public Replay(string rules, bool prevent = true, InspectorOptions? options = null, RuleSetOptions? compile = null)
    {
        var compiled = RuleSet.Compile([new("test", rules)], compile ?? new());
        Assert.Empty(compiled.Errors);
        Inspector = new(options ?? new());
        Inspector.Publish(PolicySetSnapshot.Single(new(0, "test", 1, prevent, compiled.Rules)));
    }

    /// <summary>Without rules, with an allow-list.</summary>
    public Replay(Demilune.Inspection.Access.AccessList access, bool prevent = true)
        : this("", prevent, new() { VerifyChecksums = false }) => Inspector.Publish(PolicySetSnapshot.Single(new(0, "test", 2, prevent, RuleSet.Empty) { Access = access }));

    public Replay(InspectionPolicy policy, InspectorOptions? options = null)
        : this("", options: options) => Inspector.Publish(PolicySetSnapshot.Single(policy with { Revision = 2 }));

    public Inspector Inspector { get; }
    public List<uint> Alerts { get; } = [];

    /// <summary>"POLICY SID ACTION".</summary>
    public List<string> Told { get; } = [];
    public List<string> Evidence { get; } = [];
    public List<string> Anomalies { get; } = [];
    public List<string> Transactions { get; } = [];
    public List<string> Files { get; } = [];
    public List<string> Records { get; } = [];
    public List<DropReason> Drops { get; } = [];
    public List<FlowEnd> Ends { get; } = [];
    public List<Sent> Injected { get; } = [];
    public List<Verdict> Verdicts { get; } = [];

    /// <summary>The frames that were sent on.</summary>
    public List<Sent> Forwarded { get; } = [];

    public Verdict Feed(Sent sent, uint flowId = 0, int epoch = 0)
    {
        _queue.Clear();
        _now += 1000;
        var verdict = Inspector.Inspect(new Frame(sent.Bytes, sent.Arrival) { FlowId = flowId, Epoch = epoch }, _now, this, _queue);
        for (var i = 0; i < _queue.Count; i++) Injected.Add(new(_queue[i].Departure, _queue[i].Bytes.ToArray()));
        if (verdict.Frame == FrameVerdict.Forward) Forwarded.Add(sent);
        Verdicts.Add(verdict);
        return verdict;
    }

    public Replay Feed(IEnumerable<Sent> frames)
    {
        foreach (var frame in frames) Feed(frame);
        return this;
    }

    public Replay Wait(TimeSpan time)
    {
        _now += time.Ticks * 100;
        Inspector.Tick(_now, this);
        return this;
    }

    public Replay Finish()
    {
        Inspector.Finish(_now, this);
        return this;
    }

    public void Alert(in AlertEvent alert)
    {
        Alerts.Add(alert.Signature.Sid);
        Told.Add($"{alert.Context.Speaker?.Name} {alert.Signature.Sid} {alert.Action}");
        foreach (var match in alert.Matches) Evidence.Add($"{match.Buffer}={Encoding.Latin1.GetString(alert.Bytes.Slice(match.Start, match.Length))}");
    }

    public void Anomaly(in AnomalyEvent anomaly) => Anomalies.Add(anomaly.Name);

    public void Http(in HttpEvent http) =>
        Transactions.Add($"{Encoding.Latin1.GetString(http.Fields.Method)} {Encoding.Latin1.GetString(http.Fields.Uri)} {http.Fields.Status} {http.Fields.Length}");

    public void File(in FileEvent file) => Files.Add($"{Encoding.Latin1.GetString(file.Fields.Name)} {file.Fields.State} {file.Fields.Size}");

    public void Record(in RecordEvent record)
    {
        using var buffer = new MemoryStream();
        using (var json = new System.Text.Json.Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            record.Fields.Write(json);
            json.WriteEndObject();
        }
        Records.Add($"{record.Type} {record.Transaction} {Encoding.UTF8.GetString(buffer.ToArray())}");
    }

    public void Drop(in DropEvent drop) => Drops.Add(drop.Reason);

    public void Flow(in FlowEvent flow) => Ends.Add(flow.End);
}
