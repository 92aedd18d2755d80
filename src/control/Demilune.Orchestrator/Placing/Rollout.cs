using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using k8s.Models;

namespace Demilune.Orchestrator.Placing;

/// <summary>How far each slot is on its way to what its Firewall asks for.</summary>
/// <param name="Draining">By UID: instances that get no new flows, because all that are asked for are healthy beside them.</param>
/// <param name="Stalled">Slots where the former revision still works and the current one, which is there, does not.</param>
internal sealed record Rollout(ImmutableHashSet<string> Draining, ImmutableHashSet<Slot> Stalled)
{
    /// <summary>Pure.</summary>
    public static Rollout Of(IReadOnlyDictionary<string, Firewall> firewalls, IEnumerable<V1Pod> instances, Func<V1Pod, bool> isHealthy, OrchestratorOptions options)
    {
        var (draining, stalled) = (ImmutableHashSet.CreateBuilder<string>(), ImmutableHashSet.CreateBuilder<Slot>());
        foreach (var pods in instances.GroupBy(pod => new Slot(FirewallPods.FirewallOf(pod)!, pod.Spec.NodeName)))
        {
            if (!firewalls.TryGetValue(pods.Key.Firewall, out var firewall)) continue;
            var slot = SlotState.Of(pods.Key, firewall, pods, isHealthy, _ => false, options);
            if (slot.IsSettled) draining.UnionWith(slot.Retiring.Select(pod => pod.Metadata.Uid));
            else if (slot.IsProving) stalled.Add(slot.Slot);
        }
        return new(draining.ToImmutable(), stalled.ToImmutable());
    }
}
