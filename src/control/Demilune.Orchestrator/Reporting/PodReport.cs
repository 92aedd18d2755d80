using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.PodNetworks;
using Demilune.Orchestrator.Placing;

namespace Demilune.Orchestrator.Reporting;

/// <summary>What a PodPort's status has to say. Pure.</summary>
internal static class PodReport
{
    public static PodPortStatus Of(PodNetwork pod, Situation situation)
    {
        var seen = pod.PortId is null ? null : situation.Observed.Port(pod.Node, pod.PortId);
        var (protection, reason) = Protect(pod, seen, situation);
        return new PodPortStatus
        {
            PortId = pod.PortId,
            Mac = pod.Mac,
            Addresses = pod.Addresses.IsEmpty ? null : [.. pod.Addresses],
            SecurityGroups = pod.SecurityGroups.IsEmpty ? null : [.. pod.SecurityGroups],
            SecurityPolicies = pod.SecurityPolicies.IsEmpty ? null : [.. pod.SecurityPolicies],
            Protection = protection,
            Reason = reason,
            Active = seen?.Active ?? false,
        };
    }

    /// <summary>Of several policies the worst counts: first what passes uninspected, then what is dropped, then what is not known.</summary>
    private static (Protection, string?) Protect(PodNetwork pod, Contracts.Nodes.PortObservation? seen, Situation situation)
    {
        if (pod.PortId is null) return (Protection.Pending, "it has no port on the network yet");
        if (!situation.Observed.Nodes.ContainsKey(pod.Node)) return (Protection.Pending, $"nothing is heard from node {pod.Node}; it goes on enforcing what it was told last");
        if (seen is null) return (Protection.Pending, $"node {pod.Node} has not wired it yet");
        if (!seen.Active) return (Protection.Pending, seen.Reason.Length == 0 ? "it is not in the kernel yet" : seen.Reason);
        if (pod.SecurityPolicies.IsEmpty) return (Protection.None, null);
        var judged = pod.SecurityPolicies.Select(policy => Protect(pod, policy, situation)).ToList();
        foreach (var worst in new[] { Protection.Uninspected, Protection.Blocked, Protection.Pending })
            if (judged.Find(one => one.Item1 == worst) is { Item2: not null } found) return found;
        return (Protection.Inspected, null);
    }

    private static (Protection, string?) Protect(PodNetwork pod, string name, Situation situation)
    {
        if (situation.Policies.GetValueOrDefault(name) is not { } policy) return (Protection.Blocked, $"there is no SecurityPolicy \"{name}\"");
        var failed = policy.OnFailure == Contracts.Nodes.SecurityPolicy.Types.OnFailure.Open ? Protection.Uninspected : Protection.Blocked;
        if (!policy.Accepted) return (failed, $"{name}: {policy.Message}");
        var healthy = situation.InstancesOf(new Slot(policy.Firewall, pod.Node)).Where(situation.IsHealthy).ToList();
        if (healthy.Count == 0) return (failed, $"{name}: no instance of Firewall {policy.Firewall} on {pod.Node} passes frames");
        if (healthy.Exists(instance => situation.Loaded(instance, name) is { NotInForce: true })) return (failed, $"{name}: refused by the firewall, which has no former revision of it");
        return healthy.TrueForAll(instance => situation.Loaded(instance, name) is not null)
            ? (Protection.Inspected, null)
            : (Protection.Pending, $"{name}: not yet loaded by the firewall");
    }
}
