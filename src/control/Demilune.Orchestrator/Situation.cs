using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.PodNetworks;
using Demilune.Orchestrator.Observing;
using Demilune.Orchestrator.Placing;
using Demilune.Orchestrator.Resolving;
using k8s.Models;

namespace Demilune.Orchestrator;

/// <summary>Everything that a decision or a report is made from, at one moment.</summary>
/// <param name="Pods">Ordinary pods and firewalls, by UID.</param>
/// <param name="Policies">By name.</param>
/// <param name="Firewalls">By name.</param>
/// <param name="Instances">Pods of firewalls.</param>
internal sealed record Situation(
    ImmutableDictionary<string, PodNetwork> Pods,
    ImmutableDictionary<string, ResolvedPolicy> Policies,
    ImmutableDictionary<string, Firewall> Firewalls,
    ImmutableArray<V1Pod> Instances,
    Observed Observed,
    DateTimeOffset Now)
{
    public static readonly Situation Empty = new(
        ImmutableDictionary<string, PodNetwork>.Empty, ImmutableDictionary<string, ResolvedPolicy>.Empty,
        ImmutableDictionary<string, Firewall>.Empty, [], Observed.Nothing, default);

    /// <summary>Who owns policies elsewhere.</summary>
    public ImmutableArray<SecurityManager> Managers { get; init; } = [];

    /// <summary>Which instances lose frames.</summary>
    public OverloadBoard Overloads { get; init; } = OverloadBoard.Empty;

    /// <summary>Where the nodes' tunnels end, if they have any.</summary>
    public Contracts.Nodes.NodeTunnels? Tunnels { get; init; }

    /// <inheritdoc cref="OrchestratorOptions.ServiceNetworks"/>
    public IReadOnlyList<string> ServiceNetworks { get; init; } = [];

    /// <summary>Ordinary pods that a policy protects.</summary>
    public IEnumerable<PodNetwork> ProtectedBy(string policy) =>
        Pods.Values.Where(pod => pod.Firewall is null && pod.SecurityPolicies.Contains(policy));

    /// <summary>Ordinary pods about whose traffic a policy only tells what it would have done.</summary>
    public IEnumerable<PodNetwork> ShadowedBy(string policy) =>
        Pods.Values.Where(pod => pod.Firewall is null && pod.ShadowPolicies.Contains(policy));

    /// <summary>By name.</summary>
    public ImmutableDictionary<string, V1Node> Nodes { get; init; } = ImmutableDictionary<string, V1Node>.Empty;

    /// <summary>Where instances are needed and may be.</summary>
    public ImmutableHashSet<Slot> Needed() => [.. Asked().Where(Admits)];

    /// <summary>Where instances are needed and may not be: their Firewall's nodeSelector leaves the node out.</summary>
    public IEnumerable<Slot> LeftOut() => Asked().Distinct().Where(slot => !Admits(slot));

    private bool Admits(Slot slot) =>
        Firewalls.GetValueOrDefault(slot.Firewall)?.Spec.NodeSelector is not { Count: > 0 } selector
        || (Nodes.GetValueOrDefault(slot.Node)?.Metadata.Labels is { } labels && selector.All(wanted => labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value));

    private IEnumerable<Slot> Asked() =>
        from pod in Pods.Values
        where pod.Firewall is null
        from name in pod.SecurityPolicies.Concat(pod.ShadowPolicies)
        let policy = Policies.GetValueOrDefault(name)
        where policy is { Accepted: true }
        select new Slot(policy.Firewall, pod.Node);

    /// <summary>The instances that fill a slot: running, or about to.</summary>
    public IEnumerable<V1Pod> InstancesOf(Slot slot) => Instances.Where(pod =>
        pod.Spec.NodeName == slot.Node && FirewallPods.FirewallOf(pod) == slot.Firewall &&
        pod.Metadata.DeletionTimestamp is null && pod.Status?.Phase is not ("Failed" or "Succeeded"));

    /// <summary>How far each slot is on its way to its Firewall's current revision.</summary>
    public Rollout Rollout(OrchestratorOptions options) => Placing.Rollout.Of(Firewalls, Instances, IsHealthy, options);

    /// <summary>Passes frames, and its control link is up.</summary>
    public bool IsHealthy(V1Pod instance) => Observed.IsHealthy(instance.Spec.NodeName, instance.Metadata.Uid);

    /// <summary>What the instance has loaded of a policy; null: nothing.</summary>
    public Contracts.Nodes.LoadedPolicy? Loaded(V1Pod instance, string policy) =>
        Observed.Firewall(instance.Spec.NodeName, instance.Metadata.Uid)?.Policies.FirstOrDefault(loaded => loaded.Name == policy);
}
