using System.Buffers.Binary;
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
        return new(description, new(0, name, 1, prevent, compiled.Rules) { Access = access }, isOpen);
    }

    /// <returns>True: the request passes.</returns>
    public bool Judge(string request, Attempt attempt, TextWriter output)
    {
        var inspector = new Inspector(new() { VerifyChecksums = false, OneAlertPerBlock = false });
        inspector.Publish(PolicySetSnapshot.Single(Policy!));
        var sink = new Sink(output);
        var queue = new FrameQueue();
        var passes = true;
        var bytes = Encoding.Latin1.GetBytes(request);
        // A handshake, then the request at once.
        foreach (var (fromClient, flags, sequence, acknowledgment, payload) in new (bool, byte, uint, uint, byte[])[]
        {
            (true, 0x02, 1000, 0, []), (false, 0x12, 5000, 1001, []), (true, 0x10, 1001, 5001, []), (true, 0x18, 1001, 5001, bytes),
        })
        {
            var frame = Frame(attempt, fromClient, flags, sequence, acknowledgment, payload);
            var verdict = inspector.Inspect(new Frame(frame, fromClient ? Interface.In : Interface.Out) { ChecksumTrusted = true }, 1_700_000_000_000_000_000, sink, queue);
            passes &= verdict.Frame == FrameVerdict.Forward;
        }
        if (sink.Found == 0) output.WriteLine("    nothing of it forbids or notices this request");
        return passes;
    }

    private static string? Text(ClusterObjects objects, RuleReference rules, string? rulesDirectory) => rules switch
    {
        { Inline: { } inline } => inline,
        { ConfigMap: { } map } => Manifests.Text(objects.All.FirstOrDefault(one => ClusterObjects.NameOf(one) == $"ConfigMap {map.Namespace}/{map.Name}"), "data", map.Key ?? ""),
        { Builtin: { } builtin } when rulesDirectory is not null && File.Exists(Path.Combine(rulesDirectory, builtin + ".rules")) => File.ReadAllText(Path.Combine(rulesDirectory, builtin + ".rules")),
        _ => null,
    };

    private static byte[] Frame(Attempt attempt, bool fromClient, byte flags, uint sequence, uint acknowledgment, byte[] payload)
    {
        var (source, destination) = fromClient ? (attempt.SourceAddress, attempt.DestinationAddress) : (attempt.DestinationAddress, attempt.SourceAddress);
        const ushort ClientPort = 40_000;
        var ipLength = source.IsV6 ? 40 : 20;
        var frame = new byte[14 + ipLength + 20 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), (ushort)(source.IsV6 ? 0x86dd : 0x0800));
        var ip = frame.AsSpan(14);
        if (source.IsV6)
        {
            ip[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(20 + payload.Length));
            (ip[6], ip[7]) = (6, 64);
            BinaryPrimitives.WriteUInt128BigEndian(ip[8..], source.First);
            BinaryPrimitives.WriteUInt128BigEndian(ip[24..], destination.First);
        }
        else
        {
            ip[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(40 + payload.Length));
            (ip[8], ip[9]) = (64, 6);
            BinaryPrimitives.WriteUInt32BigEndian(ip[12..], (uint)source.First);
            BinaryPrimitives.WriteUInt32BigEndian(ip[16..], (uint)destination.First);
        }
        var tcp = ip[ipLength..];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, fromClient ? ClientPort : attempt.Port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], fromClient ? attempt.Port : ClientPort);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], acknowledgment);
        (tcp[12], tcp[13]) = (5 << 4, flags);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], ushort.MaxValue);
        payload.CopyTo(tcp[20..]);
        return frame;
    }

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
