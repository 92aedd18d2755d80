using System.Diagnostics;
using Demilune.Contracts.Nodes;
using Demilune.Controller.Events;
using Demilune.Controller.Nodes;

namespace Demilune.Controller.Observability;

/// <summary>What Prometheus is told: of the nodes and their firewalls as they were last observed, of events, of this process.</summary>
/// <remarks>Counters of a node begin anew with its kernel tables, those of a firewall with its instance.</remarks>
internal static class Metrics
{
    public static async Task WriteAsync(HttpContext context)
    {
        var text = new OpenMetricsText(context.Request.Headers.Accept.ToString().Contains("application/openmetrics-text", StringComparison.Ordinal));
        Write(text, context.RequestServices);
        context.Response.ContentType = text.ContentType;
        await context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    public static void Write(OpenMetricsText text, IServiceProvider services)
    {
        var nodes = services.GetRequiredService<NodeRegistry>().Report();
        WriteNodes(text, nodes);
        WriteFirewalls(text, nodes, services.GetRequiredService<INodeSupplement>());
        services.GetRequiredService<Transitions>().Read(tallies =>
        {
            var all = tallies.Select(tally => (Labels: (IReadOnlyList<(string, string)>)[("node", tally.Key.Node), ("pod", tally.Key.Pod)], tally.Value)).ToList();
            text.Counter("demilune_firewall_deaths", "Times an instance stopped to pass frames.", all.Select(one => new Sample(one.Value.Deaths, one.Labels)));
            text.Counter("demilune_firewall_recoveries", "Times an instance began to pass frames (again).", all.Select(one => new Sample(one.Value.Recoveries, one.Labels)));
            text.Gauge("demilune_firewall_last_decision_seconds", "From the last heartbeat until it counted as dead, the last time.", all.Select(one => new Sample(one.Value.LastDecision, one.Labels)));
            text.Histogram("demilune_firewall_decision_seconds", "From the last heartbeat until it counted as dead.", all.Select(one => (one.Labels, one.Value.Decisions)));
            return 0;
        });
        WriteEvents(text, services);
        using var process = Process.GetCurrentProcess();
        text.Counter("process_cpu_seconds", "CPU time of the controller.", process.TotalProcessorTime.TotalSeconds);
        text.Gauge("process_resident_memory_bytes", "Memory of the controller.", process.WorkingSet64);
        text.Gauge("process_start_time_seconds", "When the controller started, since 1970.", new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1e3);
    }

    private static void WriteNodes(OpenMetricsText text, IReadOnlyList<NodeReport> nodes)
    {
        text.Gauge("demilune_node_attached", "1: its agent is connected.", nodes.Select(node => new Sample(node.Attached ? 1 : 0, [("node", node.Node)])));
        text.Gauge("demilune_node_observed_timestamp_seconds", "When it last said what is so, since 1970.", nodes.Where(node => node.ObservedAt is not null)
            .Select(node => new Sample(node.ObservedAt!.Value.ToUnixTimeMilliseconds() / 1e3, [("node", node.Node)])));
        text.Gauge("demilune_ports", "Ports bound to the node, by whether they are enforced.", nodes.SelectMany(node => (node.Observation?.Ports ?? [])
            .CountBy(port => port.Active).Select(count => new Sample(count.Value, [("node", node.Node), ("active", count.Key ? "true" : "false")]))));
        PerNode("demilune_flows_direct", "Flows that went straight.", traffic => traffic.FlowsDirect);
        PerNode("demilune_flows_spliced", "Flows sent through a firewall.", traffic => traffic.FlowsSpliced);
        PerNode("demilune_flows_denied", "Flows that no policy allows.", traffic => traffic.FlowsDenied);
        PerNode("demilune_packets_direct", "Packets that went straight.", traffic => traffic.PacketsDirect);
        PerNode("demilune_packets_spliced", "Packets sent into a firewall.", traffic => traffic.PacketsSpliced);
        PerNode("demilune_packets_denied", "Packets dropped by policy.", traffic => traffic.PacketsDenied);
        PerNode("demilune_packets_bypassed", "Packets of flows that a firewall has released.", traffic => traffic.PacketsBypassed);
        PerNode("demilune_packets_malformed", "Packets dropped because they are not understood.", traffic => traffic.PacketsMalformed);

        void PerNode(string name, string help, Func<TrafficCounters, ulong> value) => text.Counter(name, help, nodes
            .Where(node => node.Observation?.Traffic is not null).Select(node => new Sample(value(node.Observation!.Traffic), [("node", node.Node)])));
    }

    private static void WriteFirewalls(OpenMetricsText text, IReadOnlyList<NodeReport> nodes, INodeSupplement supplement)
    {
        var all = nodes.SelectMany(node =>
        {
            var known = supplement.For(node.Node)?.Firewalls.ToDictionary(firewall => firewall.PodUid) ?? [];
            return (node.Observation?.Firewalls ?? []).Select(seen => (Labels: Labels(node.Node, known.GetValueOrDefault(seen.PodUid), seen), Seen: seen));
        }).ToList();
        text.Gauge("demilune_firewall_alive", "1: it passes frames within the deadline.", all.Select(one => new Sample(one.Seen.Alive ? 1 : 0, one.Labels)));
        text.Gauge("demilune_firewall_connected", "1: its control link is up.", all.Select(one => new Sample(one.Seen.Connected ? 1 : 0, one.Labels)));
        Per("demilune_firewall_flows", "Flows given to it.", seen => seen.FlowsSpliced);
        Per("demilune_firewall_frames_in", "Frames sent into it.", seen => seen.FramesToIn + seen.FramesToOut);
        Per("demilune_firewall_frames_out", "Frames that it returned.", seen => seen.FramesFromOut + seen.FramesFromIn);
        Per("demilune_packets_dropped_closed", "Packets dropped because it was not alive and the policy fails closed.", seen => seen.DroppedClosed);
        Per("demilune_packets_passed_uninspected", "Packets passed uninspected because it was not alive and the policy fails open.", seen => seen.PassedOpen);
        Per("demilune_packets_missed", "Packets lost because it was given more than it takes; never passed uninspected.", seen => seen.FramesMissed);
        Per("demilune_firewall_events_lost", "EVE records that it could not send in time.", seen => seen.EventsLost);
        text.Gauge("demilune_firewall_realtime", "1: its packet thread has real-time scheduling.", all.Select(one => new Sample(one.Seen.RealTime ? 1 : 0, one.Labels)));
        text.Gauge("demilune_firewall_heartbeat_deadline_seconds", "After how long a silence it counts as dead, as in force.", all.Where(one => one.Seen.HeartbeatDeadlineMs > 0)
            .Select(one => new Sample(one.Seen.HeartbeatDeadlineMs / 1e3, one.Labels)));
        text.Gauge("demilune_policy_rules", "Rules of a policy that are in force.", all.SelectMany(one => one.Seen.Policies.Select(policy => new Sample(policy.Rules, [.. one.Labels, ("policy", policy.Name)]))));
        text.Gauge("demilune_policy_rule_errors", "Rules of a policy that were refused.", all.SelectMany(one => one.Seen.Policies.Select(policy => new Sample(policy.Errors.Count, [.. one.Labels, ("policy", policy.Name)]))));
        text.Gauge("demilune_policy_loaded", "1: the instance judges by the policy's newest revision that it was told.", all.SelectMany(one => one.Seen.Policies.Select(policy => new Sample(policy.Ok ? 1 : 0, [.. one.Labels, ("policy", policy.Name)]))));

        void Per(string name, string help, Func<FirewallObservation, ulong> value) => text.Counter(name, help, all.Select(one => new Sample(value(one.Seen), one.Labels)));
    }

    private static void WriteEvents(OpenMetricsText text, IServiceProvider services)
    {
        var intake = services.GetRequiredService<EventIntake>();
        text.Counter("demilune_alerts", "EVE records taken in.", services.GetRequiredService<EventRing>().Total);
        text.Counter("demilune_alerts_refused", "EVE records that were no JSON object, or too long.", intake.Refused);
        text.Counter("demilune_alerts_unwritten", "EVE records that did not reach the file.", services.GetRequiredService<EveFile>().Lost);
        text.Counter("demilune_alerts_sent", "EVE records that an output took.", services.GetServices<EventOutput>().Select(output => new Sample(output.Sent, [("output", output.Name)])));
        text.Counter("demilune_alerts_unsent", "EVE records that an output could not take.", services.GetServices<EventOutput>().Select(output => new Sample(output.Lost, [("output", output.Name)])));
        text.Counter("demilune_flow_events", "Flow events taken in.", services.GetRequiredKeyedService<EventRing>("flows").Total);
        text.Counter("demilune_flow_events_lost", "Flow events that nodes overwrote before they were read.", intake.FlowsLost);
    }

    private static IReadOnlyList<(string, string)> Labels(string node, Firewall? known, FirewallObservation seen) =>
        [("node", node), ("firewall", known?.Name ?? ""), ("pod", known is null ? seen.PodUid : $"{known.PodNamespace}/{known.PodName}"), ("engine", known?.Engine ?? "")];
}
