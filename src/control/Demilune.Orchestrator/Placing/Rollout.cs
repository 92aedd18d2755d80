using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using k8s.Models;

namespace Demilune.Orchestrator.Placing;

/// <summary>How far each slot is on its way from one revision of its Firewall to the next.</summary>
/// <param name="Draining">By UID: instances that get no new flows, because a healthy one of the current revision is beside them.</param>
/// <param name="Stalled">Slots where the former revision still works and the current one does not.</param>
internal sealed record Rollout(ImmutableHashSet<string> Draining, ImmutableHashSet<Slot> Stalled)
{
    /// <summary>Pure.</summary>
    public static Rollout Of(IReadOnlyDictionary<string, Firewall> firewalls, IEnumerable<V1Pod> instances, Func<V1Pod, bool> isHealthy, OrchestratorOptions options)
    {
        var (draining, stalled) = (ImmutableHashSet.CreateBuilder<string>(), ImmutableHashSet.CreateBuilder<Slot>());
        foreach (var slot in instances.Where(pod => pod.Metadata.DeletionTimestamp is null && pod.Status?.Phase is not ("Failed" or "Succeeded"))
            .GroupBy(pod => new Slot(FirewallPods.FirewallOf(pod)!, pod.Spec.NodeName)))
        {
            if (!firewalls.TryGetValue(slot.Key.Firewall, out var firewall)) continue;
            var revision = FirewallPod.RevisionOf(firewall, options);
            var (current, outdated) = (slot.Where(pod => FirewallPod.RevisionOf(pod) == revision).ToList(), slot.Where(pod => FirewallPod.RevisionOf(pod) != revision).ToList());
            if (outdated.Count == 0) continue;
            if (current.Exists(pod => isHealthy(pod))) draining.UnionWith(outdated.Select(pod => pod.Metadata.Uid));
            else if (outdated.Exists(pod => isHealthy(pod))) stalled.Add(slot.Key);
        }
        return new(draining.ToImmutable(), stalled.ToImmutable());
    }
}
