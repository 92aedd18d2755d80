using System.Text.Json;

namespace Demilune.Local.Tables;

/// <summary>What <c>kubectl get pods</c> shows: the status a human means, not just the phase.</summary>
internal static class PodColumns
{
    public static IReadOnlyList<Column> All { get; } =
    [
        Column.Of("Ready", pod => $"{Containers(pod).Count(status => status.IsTrue("ready"))}/{pod.Items("spec", "containers").Count()}"),
        Column.Of("Status", pod => Status(pod)),
        new("Restarts", "string", (pod, now) => Restarts(pod, now)),
        Column.Age,
        Column.Of("IP", pod => pod.Items("status", "podIPs").Select(ip => ip.Text("ip")).FirstOrDefault() ?? pod.Text("status", "podIP") ?? "<none>", priority: 1),
        Column.Of("Node", pod => pod.Text("spec", "nodeName") ?? "<none>", priority: 1),
        Column.Of("Nominated Node", pod => pod.Text("status", "nominatedNodeName") ?? "<none>", priority: 1),
        Column.Of("Readiness Gates", pod => ReadinessGates(pod), priority: 1),
    ];

    private static IEnumerable<JsonElement> Containers(JsonElement pod) => pod.Items("status", "containerStatuses");

    internal static string Status(JsonElement pod)
    {
        var reason = pod.Text("status", "reason") ?? pod.Text("status", "phase") ?? "Unknown";
        var initializing = false;
        var initCount = pod.Items("spec", "initContainers").Count();
        var index = 0;
        foreach (var init in pod.Items("status", "initContainerStatuses"))
        {
            index++;
            if (init.At("state", "terminated") is { } ended)
            {
                if (ended.Number("exitCode") is 0) continue;
                reason = "Init:" + Ended(ended);
            }
            else if (init.Text("state", "waiting", "reason") is { Length: > 0 } waiting && waiting is not "PodInitializing") reason = "Init:" + waiting;
            else reason = $"Init:{index - 1}/{initCount}";
            initializing = true;
            break;
        }
        if (!initializing)
        {
            var running = false;
            foreach (var container in Containers(pod).Reverse())
            {
                if (container.Text("state", "waiting", "reason") is { Length: > 0 } waiting) reason = waiting;
                else if (container.At("state", "terminated") is { } ended) reason = Ended(ended);
                else if (container.IsTrue("ready") && container.At("state", "running") is not null) running = true;
            }
            if (reason is "Completed" && running)
                reason = pod.Items("status", "conditions").Any(c => c.Text("type") is "Ready" && c.Text("status") is "True") ? "Running" : "NotReady";
        }
        if (pod.At("metadata", "deletionTimestamp") is null) return reason;
        return pod.Text("status", "reason") is "NodeLost" ? "Unknown" : "Terminating";
    }

    private static string Ended(JsonElement ended) =>
        ended.Text("reason") is { Length: > 0 } reason ? reason
        : ended.Number("signal") is not null and not 0 ? $"Signal:{ended.Number("signal")}" : $"ExitCode:{ended.Number("exitCode")}";

    private static string Restarts(JsonElement pod, DateTimeOffset now)
    {
        var count = Containers(pod).Sum(status => status.Number("restartCount") ?? 0);
        if (count is 0) return "0";
        var last = Containers(pod)
            .Select(status => status.Text("lastState", "terminated", "finishedAt"))
            .Select(text => DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var at) ? at : DateTimeOffset.MinValue).Max();
        return last == DateTimeOffset.MinValue ? $"{count}" : $"{count} ({Column.Duration(now - last)} ago)";
    }

    private static string ReadinessGates(JsonElement pod)
    {
        var gates = pod.Items("spec", "readinessGates").Select(gate => gate.Text("conditionType")).ToArray();
        if (gates.Length is 0) return "<none>";
        var met = gates.Count(gate => pod.Items("status", "conditions").Any(c => c.Text("type") == gate && c.Text("status") is "True"));
        return $"{met}/{gates.Length}";
    }
}
