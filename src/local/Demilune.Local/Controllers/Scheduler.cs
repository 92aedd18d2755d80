using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Resources;
using Demilune.Local.Storage;

namespace Demilune.Local.Controllers;

/// <summary>Gives each pod a ready node whose labels and taints allow it, the one with the fewest pods first.</summary>
internal sealed class Scheduler(ObjectStore store, ObjectWriter writer, Catalog catalog, TimeProvider time, ILogger<Scheduler> log) : ControllerLoop(store, time, log)
{
    private const string Name = "default-scheduler";

    protected override IReadOnlySet<string> Watched { get; } = new HashSet<string> { "pods", "nodes" };

    protected override TimeSpan? Reconcile(Snapshot cluster)
    {
        var type = catalog.Current.FindKind("", "Pod")!;
        var load = cluster.All("nodes").Values.ToDictionary(node => node.Name.Name, _ => 0, StringComparer.Ordinal);
        foreach (var pod in cluster.All("pods").Values)
            if (pod.Root.Text("spec", "nodeName") is { } node && load.TryGetValue(node, out var count)) load[node] = count + 1;
        foreach (var pod in cluster.All("pods").Values)
        {
            if (pod.Root.Text("spec", "nodeName") is { Length: > 0 } || pod.Root.Text("spec", "schedulerName") is not Name || pod.IsTerminating) continue;
            var reasons = cluster.All("nodes").Values.Select(node => (Node: node, Reason: Obstacle(pod.Root, node.Root))).ToArray();
            var chosen = reasons.Where(fit => fit.Reason is null).Select(fit => fit.Node.Name.Name).OrderBy(node => load[node]).ThenBy(node => node, StringComparer.Ordinal).FirstOrDefault();
            try
            {
                if (chosen is null) Refuse(type, pod, reasons.Select(fit => fit.Reason!));
                else
                {
                    load[chosen]++;
                    Binding.Bind(writer, type, pod.Name, pod.Uid, chosen);
                    Events.Record(writer, pod, "Normal", "Scheduled", $"Successfully assigned {pod.Name} to {chosen}", Name);
                }
            }
            catch (StatusException e) when (e.Code is 404 or 409)
            {
                // Deleted or bound meanwhile; the change wakes this loop again.
            }
        }
        return null;
    }

    /// <summary>Why the pod cannot run on the node, in the scheduler's words; null when it can. Pure.</summary>
    internal static string? Obstacle(JsonElement pod, JsonElement node)
    {
        if (node.IsTrue("spec", "unschedulable")) return "node(s) were unschedulable";
        if (!node.Items("status", "conditions").Any(c => c.Text("type") is "Ready" && c.Text("status") is "True")) return "node(s) were not ready";
        foreach (var (key, value) in pod.Pairs("spec", "nodeSelector"))
            if (node.Text("metadata", "labels", key) != value) return "node(s) didn't match Pod's node affinity/selector";
        foreach (var taint in node.Items("spec", "taints"))
            if (taint.Text("effect") is "NoSchedule" or "NoExecute" && !pod.Items("spec", "tolerations").Any(toleration => Tolerates(toleration, taint)))
                return $"node(s) had untolerated taint {{{taint.Text("key")}: {taint.Text("value")}}}";
        return null;
    }

    private static bool Tolerates(JsonElement toleration, JsonElement taint)
    {
        if (toleration.Text("effect") is { Length: > 0 } effect && effect != taint.Text("effect")) return false;
        var key = toleration.Text("key") ?? "";
        if (toleration.Text("operator") is "Exists") return key.Length is 0 || key == taint.Text("key");
        return key == taint.Text("key") && (toleration.Text("value") ?? "") == (taint.Text("value") ?? "");
    }

    private void Refuse(ResourceType type, StoredObject pod, IEnumerable<string> reasons)
    {
        var counted = reasons.GroupBy(reason => reason, StringComparer.Ordinal).Select(group => $"{group.Count()} {group.Key}").ToArray();
        var nodes = Store.Current.All("nodes").Count;
        var message = nodes is 0 ? "no nodes available to schedule pods" : $"0/{nodes} nodes are available: {string.Join(", ", counted)}.";
        var known = pod.Root.Items("status", "conditions").Any(c => c.Text("type") is "PodScheduled" && c.Text("message") == message);
        if (known) return;
        writer.Update(type, pod.Name, current =>
        {
            Binding.SetScheduled(current, writer.Now, "False", "Unschedulable", message);
            return current;
        }, new WriteOptions { FieldManager = "kube-scheduler", Subresource = "status" });
        Events.Record(writer, pod, "Warning", "FailedScheduling", message, Name);
    }
}

/// <summary>What binds a pod to a node: the scheduler, and whoever posts a Binding.</summary>
internal static class Binding
{
    /// <exception cref="StatusException">409: the pod is bound already, or another pod has its name now.</exception>
    public static void Bind(ObjectWriter writer, ResourceType pods, ObjectName name, string? uid, string node) =>
        writer.Update(pods, name, current =>
        {
            if (uid is { Length: > 0 } && current.Text("metadata", "uid") != uid) throw StatusException.Conflict(pods.GroupResource, name.Name, "another pod has this name now");
            if (current.Text("spec", "nodeName") is { Length: > 0 } bound) throw StatusException.Conflict("pods/binding", name.Name, $"pod {name.Name} is already assigned to node \"{bound}\"");
            current.Child("spec")["nodeName"] = node;
            SetScheduled(current, writer.Now, "True", null, null);
            return current;
        }, new WriteOptions { FieldManager = "kube-scheduler", Subresource = "binding" });

    public static void SetScheduled(JsonObject pod, DateTimeOffset now, string status, string? reason, string? message)
    {
        var conditions = pod.Child("status")["conditions"] as JsonArray ?? [];
        foreach (var old in conditions.Where(c => c.Text("type") is "PodScheduled").ToArray()) conditions.Remove(old);
        var condition = new JsonObject { ["type"] = "PodScheduled", ["status"] = status, ["lastProbeTime"] = null, ["lastTransitionTime"] = now.Timestamp() };
        if (reason is not null) condition["reason"] = reason;
        if (message is not null) condition["message"] = message;
        conditions.Add(condition);
        pod.Child("status")["conditions"] = conditions.DeepClone();
    }
}
