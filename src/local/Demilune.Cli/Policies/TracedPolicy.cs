using System.Text;
using System.Text.Json;
using Demilune.Cli.Policies.Cases;
using Demilune.Firewall.Policies;
using Demilune.Firewall.Regex;
using Demilune.Inspection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Verdicts;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Policy.Intents;
using Demilune.Rules.Compile;
using Demilune.Rules.Syntax;
using InspectionPolicy = Demilune.Inspection.Policies.InspectionPolicy;
using RuleReference = Demilune.Kubernetes.Crds.RuleReference;

namespace Demilune.Cli.Policies;

/// <summary>A SecurityPolicy as a firewall would load it, to be asked about one request.</summary>
/// <param name="Policy">Null: nothing could be loaded.</param>
/// <param name="IsOpen">Then its traffic passes.</param>
internal sealed record TracedPolicy(string Description, InspectionPolicy? Policy, bool IsOpen)
{
    /// <summary>Rules of it are not at hand: what it lets pass they may forbid.</summary>
    public bool IsPartial { get; private init; }

    public static TracedPolicy Find(ClusterObjects objects, string name, string? rulesDirectory)
    {
        if (objects.SecurityPolicies.FirstOrDefault(policy => policy.Metadata.Name == name) is not { } found)
            return new("it does not exist: closed", null, IsOpen: false);
        var spec = found.Spec;
        var isOpen = spec.OnFailure == FailureAction.Open;
        var (sources, missing) = (new List<RuleSource>(), new List<string>());
        foreach (var (rules, index) in (spec.Rules ?? []).Select((rules, index) => (rules, index)))
        {
            if (Text(objects, rules, rulesDirectory) is { } text) sources.Add(new($"rules[{index}]", text));
            else missing.Add($"rules[{index}]");
        }
        Inspection.Access.AccessList? access = null;
        if (spec.Allow is { } allow)
        {
            var json = System.Text.Json.Nodes.JsonNode.Parse(ObjectJson.Write(found))!["spec"]!["allow"]!;
            if (spec.OnDenied is { } response) json["onDenied"] = response;
            access = AccessReader.TryRead(name, json.ToJsonString(), PcreRegexEngine.BestAvailable(), out var wrong);
            if (access is null) return new($"refused ({string.Join("; ", wrong)}): onFailure {(isOpen ? "Open" : "Closed")}", null, isOpen);
        }
        var compiled = RuleSet.Compile(sources, new()
        {
            Regex = PcreRegexEngine.BestAvailable(), Provides = Inspector.Provides, Recognises = Inspector.Recognises, Notices = Inspector.Notices,
        });
        var prevent = (spec.Mode ?? PolicyMode.Prevent) == PolicyMode.Prevent;
        var description = $"mode {(prevent ? "Prevent" : "Detect")}, onFailure {(isOpen ? "Open" : "Closed")}, {compiled.Rules.Signatures.Count} rules" +
            (access is null ? "" : ", an allow-list") + (missing.Count == 0 ? "" : $"; not at hand here: {string.Join(", ", missing)} (--rules-directory)");
        return new(description, new(0, name, 1, prevent, compiled.Rules) { Access = access }, isOpen) { IsPartial = missing.Count > 0 };
    }

    /// <returns>True: all of it passes.</returns>
    public bool Judge(TracedTraffic traffic, Attempt attempt, TextWriter output)
    {
        var inspector = new Inspector(new() { VerifyChecksums = false, OneAlertPerBlock = false });
        inspector.Publish(PolicySetSnapshot.Single(Policy!));
        var sink = new Sink(output);
        var queue = new FrameQueue();
        var passes = true;
        foreach (var frame in traffic.Frames(attempt))
        {
            var verdict = inspector.Inspect(
                new Frame(frame.Bytes, frame.FromClient ? Interface.In : Interface.Out) { ChecksumTrusted = true, Kind = frame.Kind, Link = frame.Link }, frame.Time, sink, queue);
            passes &= verdict.Frame == FrameVerdict.Forward;
            queue.Clear();
        }
        if (sink.Found == 0) output.WriteLine($"    nothing of it forbids or notices {traffic.What}");
        return passes;
    }

    private static string? Text(ClusterObjects objects, RuleReference rules, string? rulesDirectory) => rules switch
    {
        { Inline: { } inline } => inline,
        { ConfigMap: { } map } => Manifests.Text(objects.All.FirstOrDefault(one => ClusterObjects.NameOf(one) == $"ConfigMap {map.Namespace}/{map.Name}"), "data", map.Key ?? ""),
        { Builtin: { } builtin } when rulesDirectory is not null && File.Exists(Path.Combine(rulesDirectory, builtin + ".rules")) => File.ReadAllText(Path.Combine(rulesDirectory, builtin + ".rules")),
        _ => null,
    };

    private sealed class Sink(TextWriter output) : IEventSink
    {
        public int Found { get; private set; }

        public void Alert(in AlertEvent alert)
        {
            Found++;
            output.WriteLine($"    rule {alert.Signature.Sid} \"{alert.Signature.Message}\" matches: {alert.Action}");
            foreach (var match in alert.Matches)
                output.WriteLine($"      in {match.Buffer}: {JsonSerializer.Serialize(Encoding.Latin1.GetString(alert.Bytes.Slice(match.Start, match.Length)), TracedJson.Default.String)}");
        }

        public void Anomaly(in AnomalyEvent anomaly)
        {
            Found++;
            output.WriteLine($"    odd: {anomaly.Name}{(anomaly.Dropped ? ", blocked: two servers could read it differently" : "")}");
        }

        public void Http(in HttpEvent http)
        {
        }

        public void File(in FileEvent file)
        {
        }

        public void Record(in RecordEvent record)
        {
        }

        public void Drop(in DropEvent drop)
        {
        }

        public void Flow(in FlowEvent flow)
        {
        }
    }
}

/// <summary>Quotes.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class TracedJson : System.Text.Json.Serialization.JsonSerializerContext;
