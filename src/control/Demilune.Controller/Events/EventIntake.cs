using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Console.Reading;
using Demilune.Contracts.Nodes;
using Demilune.Controller.Reading;
using Demilune.Sdn;
using Google.Protobuf;

namespace Demilune.Controller.Events;

/// <summary>Takes what nodes report of traffic. What a firewall wrote may have been written by whoever broke into it: it is checked, then kept as it is.</summary>
internal sealed class EventIntake(
    EventRing alerts, [FromKeyedServices("flows")] EventRing flows, EveFile file, AlertLog alertLog, FlowLog flowLog, IEnumerable<EventOutput> outputs,
    INodeNetwork network)
{
    /// <summary>A record with a whole 64 KB payload in base64 fits.</summary>
    private const int MaxLineLength = 256 * 1024;

    /// <summary>The year 9999: what a node says of the time may be anything.</summary>
    private const long MaxMicros = 253_000_000_000_000_000;

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    private readonly IReadOnlyList<EventOutput> _outputs = [.. outputs];
    private long _refused;
    private long _flowsLost;

    /// <summary>Lines that were no JSON object, or too long.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Flow events that nodes had to drop.</summary>
    public long FlowsLost => Interlocked.Read(ref _flowsLost);

    public void TakeEve(IReadOnlyCollection<string> lines)
    {
        var good = lines.Where(IsObject).ToList();
        Interlocked.Add(ref _refused, lines.Count - good.Count);
        if (good.Count == 0) return;
        alerts.Add(good);
        foreach (var line in good)
        {
            file.Append(line);
            alertLog.Take(line);
            foreach (var output in _outputs) output.Take(line);
        }
    }

    public void TakeFlows(string node, FlowEvents events)
    {
        Interlocked.Add(ref _flowsLost, (long)events.Lost);
        var lines = new List<string>(events.Events.Count);
        foreach (var flow in events.Events)
        {
            var (source, destination) = (network.FindPod(flow.Network, flow.Source) ?? "", network.FindPod(flow.Network, flow.Destination) ?? "");
            lines.Add(Write(node, flow, source, destination));
            flowLog.Take(Read(node, flow, source, destination));
        }
        if (lines.Count > 0) flows.Add(lines);
    }

    private static string Write(string node, FlowEvent flow, string sourcePod, string destinationPod)
    {
        var line = JsonNode.Parse(Formatter.Format(flow))!.AsObject();
        line["node"] = node;
        line["sourcePod"] = sourcePod;
        line["destinationPod"] = destinationPod;
        return line.ToJsonString();
    }

    private static FlowView Read(string node, FlowEvent flow, string sourcePod, string destinationPod) => new(
        DateTimeOffset.UnixEpoch.AddTicks(Math.Clamp(flow.AtUnixMicros, 0, MaxMicros) * TimeSpan.TicksPerMicrosecond), node, flow.Kind.ToString(), flow.Source, sourcePod,
        (int)flow.SourcePort, flow.Destination, destinationPod, (int)flow.DestinationPort, ProtocolOf(flow.Protocol), flow.Verdict.ToString(),
        Judges(flow), flow.Reason);

    /// <summary>By name: "web, audit (shadow)". An agent of an earlier release tells a number only.</summary>
    private static string Judges(FlowEvent flow)
    {
        string[] names = [.. flow.Policies, .. flow.Shadows.Select(name => $"{name} (shadow)")];
        if (names.Length > 0) return string.Join(", ", names);
        return flow.PolicyTag == 0 ? "" : flow.PolicyTag.ToString(CultureInfo.InvariantCulture);
    }

    private static string ProtocolOf(uint number) => number switch
    {
        1 => "ICMP",
        6 => "TCP",
        17 => "UDP",
        58 => "ICMPv6",
        132 => "SCTP",
        _ => number.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>One JSON object and no line break: whatever else would make two records of one, or none.</summary>
    private static bool IsObject(string line)
    {
        if (line.Length > MaxLineLength || line.AsSpan().IndexOfAny('\n', '\r') >= 0) return false;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(line));
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
