using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Contracts.Nodes;
using Demilune.Sdn;
using Google.Protobuf;

namespace Demilune.Controller.Events;

/// <summary>Takes what nodes report of traffic. What a firewall wrote may have been written by whoever broke into it: it is checked, then kept as it is.</summary>
internal sealed class EventIntake(
    EventRing alerts, [FromKeyedServices("flows")] EventRing flows, EveFile file, VirtualNetwork network)
{
    /// <summary>A record with a whole 64 KB payload in base64 fits.</summary>
    private const int MaxLineLength = 256 * 1024;

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

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
        foreach (var line in good) file.Append(line);
    }

    public void TakeFlows(string node, FlowEvents events)
    {
        Interlocked.Add(ref _flowsLost, (long)events.Lost);
        if (events.Events.Count > 0) flows.Add(events.Events.Select(flow => Write(node, flow)));
    }

    private string Write(string node, FlowEvent flow)
    {
        var line = JsonNode.Parse(Formatter.Format(flow))!.AsObject();
        line["node"] = node;
        line["sourcePod"] = network.FindPod(flow.Network, flow.Source) ?? "";
        line["destinationPod"] = network.FindPod(flow.Network, flow.Destination) ?? "";
        return line.ToJsonString();
    }

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
