using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Status;
using Demilune.Orchestrator.Placing;

namespace Demilune.Orchestrator.Reporting;

/// <summary>What a Firewall's status has to say. Pure.</summary>
internal static class FirewallReport
{
    public static FirewallStatus Of(Firewall firewall, IReadOnlySet<Slot> needed, Situation situation, OrchestratorOptions options, string? refusedRevision = null)
    {
        var name = firewall.Metadata.Name;
        var slots = needed.Where(slot => slot.Firewall == name).OrderBy(slot => slot.Node, StringComparer.Ordinal).ToList();
        var without = slots.Where(slot => !situation.InstancesOf(slot).Any(situation.IsHealthy)).ToList();
        var instances = situation.Instances.Where(pod => FirewallPods.FirewallOf(pod) == name).ToList();
        var revision = FirewallPod.RevisionOf(firewall, options);
        var progressing = slots.Any(slot => situation.InstancesOf(slot).ToList() is var there
            && (there.Count != 1 || there[0].Metadata.Labels[FirewallPod.RevisionLabel] != revision || !situation.IsHealthy(there[0])));
        var protectedPods = situation.Pods.Values.Count(pod => pod.Firewall is null
            && pod.SecurityPolicies.Any(policy => situation.Policies.GetValueOrDefault(policy) is { Accepted: true } resolved && resolved.Firewall == name));
        var before = firewall.Status?.Conditions;
        var generation = firewall.Metadata.Generation;
        return new FirewallStatus
        {
            Instances = slots.Count,
            HealthyInstances = instances.Count(situation.IsHealthy),
            ProtectedPods = protectedPods,
            SplicedFlows = instances.Sum(pod => (long)(situation.Observed.Firewall(pod.Spec.NodeName, pod.Metadata.Uid)?.FlowsSpliced ?? 0)),
            RefusedRevision = refusedRevision,
            ObservedGeneration = generation,
            Conditions =
            [
                slots.Count == 0
                    ? Conditions.Next(before, "Available", true, "NotNeeded", "No pod needs it.", generation, situation.Now)
                    : without.Count == 0
                        ? Conditions.Next(before, "Available", true, "Healthy", $"Each of {slots.Count} nodes that need an instance has a healthy one.", generation, situation.Now)
                        : Conditions.Next(before, "Available", false, "NoHealthyInstance", string.Join("; ", without.Take(5).Select(slot => Why(slot, situation))), generation, situation.Now),
                refusedRevision is not null && refusedRevision == revision
                    ? Conditions.Next(before, "Progressing", false, "RolledBack", $"Revision {revision} passed no frames; the former instances keep protecting. Change spec to try again.", generation, situation.Now)
                    : Conditions.Next(before, "Progressing", progressing, progressing ? "Replacing" : "Settled",
                    progressing ? "Instances are being started or replaced." : "All instances are as they should be.", generation, situation.Now),
            ],
        };
    }

    /// <summary>The best that is known about why a node has no healthy instance.</summary>
    private static string Why(Slot slot, Situation situation)
    {
        if (situation.InstancesOf(slot).FirstOrDefault() is not { } pod) return $"{slot.Node}: no instance yet";
        var waiting = pod.Status?.ContainerStatuses?.Select(container => container.State?.Waiting).FirstOrDefault(state => state?.Reason is not null);
        if (waiting is not null) return $"{slot.Node}: {pod.Metadata.Name} is waiting: {waiting.Reason} {waiting.Message}".TrimEnd();
        var seen = situation.Observed.Firewall(slot.Node, pod.Metadata.Uid);
        return seen is null
            ? $"{slot.Node}: {pod.Metadata.Name} is {pod.Status?.Phase ?? "new"}; the node says nothing of it yet"
            : $"{slot.Node}: {pod.Metadata.Name} {(seen.Connected ? "is connected" : "is not connected")} and {(seen.Alive ? "alive" : "passes no frames")} {seen.Reason}".TrimEnd();
    }
}
