using System.Text.Json.Nodes;
using Demilune.Contracts.FirewallLink;

namespace Demilune.Firewall.Suricata;

/// <summary>Suricata's counters (<c>dump-counters</c>) in our words.</summary>
internal static class SuricataCounters
{
    /// <summary>Pure. What is not there is 0.</summary>
    public static EngineStats Read(JsonObject counters) => new()
    {
        FramesIn = At(counters, "decoder", "pkts"),
        FramesOut = At(counters, "ips", "accepted"),
        BytesInspected = At(counters, "decoder", "bytes"),
        FlowsSeen = At(counters, "flow", "total"),
        FlowsActive = At(counters, "flow", "active"),
        Alerts = At(counters, "detect", "alert"),
        FramesMalformed = At(counters, "decoder", "invalid"),
        FramesMissed = At(counters, "capture", "kernel_drops") + At(counters, "capture", "afpacket", "send_errors"),
    };

    private static long At(JsonObject counters, params ReadOnlySpan<string> path)
    {
        JsonNode? node = counters;
        foreach (var name in path) node = node is JsonObject inner ? inner[name] : null;
        return node is JsonValue value && value.TryGetValue(out long number) ? number : 0;
    }
}
