using System.Globalization;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Status;
using Demilune.Orchestrator.Bootstrapping;
using Demilune.Orchestrator.Placing;
using k8s.Models;

namespace Demilune.Orchestrator.Reporting;

/// <summary>What a Firewall's status has to say. Pure.</summary>
internal static class FirewallReport
{
    public static FirewallStatus Of(Firewall firewall, IReadOnlySet<Slot> needed, Situation situation, OrchestratorOptions options, string? refusedRevision = null)
    {
        var name = firewall.Metadata.Name;
        var slots = needed.Where(slot => slot.Firewall == name).OrderBy(slot => slot.Node, StringComparer.Ordinal).ToList();
        var states = slots.Select(slot => SlotState.Of(slot, firewall, situation.InstancesOf(slot), situation.IsHealthy, _ => false, options)).ToList();
        var leftOut = situation.LeftOut().Where(slot => slot.Firewall == name).Select(slot => slot.Node).Order(StringComparer.Ordinal).ToList();
        var wanted = states.Sum(state => state.Wanted);
        var healthy = states.Sum(state => state.Current.Count(situation.IsHealthy));
        var instances = situation.Instances.Where(pod => FirewallPods.FirewallOf(pod) == name).ToList();
        var seen = instances.Where(situation.IsHealthy).Select(pod => situation.Observed.Firewall(pod.Spec.NodeName, pod.Metadata.Uid)!).ToList();
        var deadline = seen.Select(one => one.HeartbeatDeadlineMs).DefaultIfEmpty(0u).Max();
        var revision = FirewallPod.RevisionOf(firewall, options);
        var progressing = states.Exists(state => !state.IsSettled || state.Retiring.Any());
        var protectedPods = situation.Pods.Values.Count(pod => pod.Firewall is null
            && pod.SecurityPolicies.Any(policy => situation.Policies.GetValueOrDefault(policy) is { Accepted: true } resolved && resolved.Firewall == name));
        var available = Available(slots, leftOut, healthy, wanted, situation);
        var bootstrap = Bootstrap.Of(firewall);
        (bool Status, string Reason, string Message) progress = bootstrap.IsAccepted
            ? Progress(progressing, refusedRevision is not null && refusedRevision == revision ? revision : null)
            : (false, bootstrap.Reason!, "No instance is started or replaced before spec.bootstrap is right.");
        var before = firewall.Status?.Conditions;
        var generation = firewall.Metadata.Generation;
        return new FirewallStatus
        {
            Instances = wanted,
            HealthyInstances = instances.Count(situation.IsHealthy),
            ProtectedPods = protectedPods,
            SplicedFlows = instances.Sum(pod => (long)(situation.Observed.Firewall(pod.Spec.NodeName, pod.Metadata.Uid)?.FlowsSpliced ?? 0)),
            RealTimeInstances = seen.Count(one => one.RealTime),
            HeartbeatDeadline = deadline == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{deadline}ms"),
            RefusedRevision = refusedRevision,
            ObservedGeneration = generation,
            Conditions =
            [
                Conditions.Next(before, "Accepted", bootstrap.IsAccepted, bootstrap.Reason ?? "Understood", bootstrap.Message, generation, situation.Now),
                Conditions.Next(before, "Available", available.Status, available.Reason, available.Message, generation, situation.Now),
                KeepsUp(before, instances, situation, generation),
                Conditions.Next(before, "Progressing", progress.Status, progress.Reason, progress.Message, generation, situation.Now),
            ],
        };
    }

    private static (bool Status, string Reason, string Message) Available(List<Slot> slots, List<string> leftOut, int healthy, int wanted, Situation situation)
    {
        if (leftOut.Count > 0) return (false, "NodeNotSelected", $"On {string.Join(", ", leftOut.Take(5))} pods need it and its nodeSelector leaves the node out.");
        if (slots.Count == 0) return (true, "NotNeeded", "No pod needs it.");
        var without = slots.Where(slot => !situation.InstancesOf(slot).Any(situation.IsHealthy)).ToList();
        if (without.Count > 0) return (false, "NoHealthyInstance", string.Join("; ", without.Take(5).Select(slot => Why(slot, situation))));
        var nodes = $"Each of {slots.Count} nodes that need it has";
        if (healthy != wanted) return (true, "Healthy", $"{nodes} a healthy instance; of its current revision {healthy} of {wanted} are healthy.");
        return (true, "Healthy", wanted == slots.Count ? $"{nodes} a healthy instance." : $"{nodes} {wanted / slots.Count} healthy instances.");
    }

    private static (bool Status, string Reason, string Message) Progress(bool progressing, string? refused)
    {
        if (refused is not null) return (false, "RolledBack", $"Revision {refused} passed no frames; the former instances keep protecting. Change spec to try again.");
        return progressing ? (true, "Replacing", "Instances are being started or replaced.") : (false, "Settled", "All instances are as they should be.");
    }

    /// <remarks>Without numbers that grow: a status that changes with every frame is no status.</remarks>
    private static V1Condition KeepsUp(IEnumerable<V1Condition>? before, List<V1Pod> instances, Situation situation, long? generation)
    {
        var overloaded = instances.Where(pod => situation.Overloads.Find(pod.Metadata.Uid) is not null).Select(pod => pod.Metadata.Name).Order(StringComparer.Ordinal).ToList();
        return overloaded.Count == 0
            ? Conditions.Next(before, "KeepsUp", true, "NothingLost", "No instance is given more frames than it takes.", generation, situation.Now)
            : Conditions.Next(before, "KeepsUp", false, "Overloaded", $"Frames are lost before {string.Join(", ", overloaded.Take(5))}; none of them passes uninspected.", generation, situation.Now);
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
