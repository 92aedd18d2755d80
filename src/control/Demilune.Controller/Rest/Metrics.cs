using System.Globalization;
using System.Text;
using Demilune.Contracts.Nodes;
using Demilune.Controller.Events;
using Demilune.Controller.Nodes;

namespace Demilune.Controller.Rest;

/// <summary>Counters in Prometheus' text format.</summary>
internal static class Metrics
{
    public static async Task WriteAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var nodes = services.GetRequiredService<NodeRegistry>().Report();
        var intake = services.GetRequiredService<EventIntake>();
        var text = new StringBuilder();
        Family("demilune_nodes_attached", "gauge", "Nodes whose agent is connected.", ("", nodes.Count(node => node.Attached)));
        Family("demilune_alerts_total", "counter", "EVE records taken in.", ("", services.GetRequiredService<EventRing>().Total));
        Family("demilune_alerts_refused_total", "counter", "EVE records that were no JSON object, or too long.", ("", intake.Refused));
        Family("demilune_alerts_unwritten_total", "counter", "EVE records that did not reach the file.", ("", services.GetRequiredService<EveFile>().Lost));
        Family("demilune_flow_events_total", "counter", "Flow events taken in.", ("", services.GetRequiredKeyedService<EventRing>("flows").Total));
        Family("demilune_flow_events_lost_total", "counter", "Flow events that nodes overwrote before they were read.", ("", intake.FlowsLost));
        PerNode("demilune_flows_direct_total", "Flows that went straight.", traffic => traffic.FlowsDirect);
        PerNode("demilune_flows_spliced_total", "Flows sent through a firewall.", traffic => traffic.FlowsSpliced);
        PerNode("demilune_flows_denied_total", "Flows that no policy allows.", traffic => traffic.FlowsDenied);
        Family("demilune_firewall_alive", "gauge", "1: its packet thread passes frames within the deadline.", [.. nodes.SelectMany(node =>
            (node.Observation?.Firewalls ?? []).Select(firewall =>
                ($"{{node=\"{Escape(node.Node)}\",pod_uid=\"{Escape(firewall.PodUid)}\"}}", firewall.Alive ? 1L : 0L)))]);
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await context.Response.WriteAsync(text.ToString(), context.RequestAborted);

        void PerNode(string name, string help, Func<TrafficCounters, ulong> value) => Family(name, "counter", help, [.. nodes
            .Where(node => node.Observation?.Traffic is not null)
            .Select(node => ($"{{node=\"{Escape(node.Node)}\"}}", (long)value(node.Observation!.Traffic)))]);

        void Family(string name, string type, string help, params (string Labels, long Value)[] samples)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
            foreach (var (labels, value) in samples) text.Append(CultureInfo.InvariantCulture, $"{name}{labels} {value}\n");
        }
    }

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
