using System.Collections.Immutable;
using System.Globalization;
using Demilune.Contracts.Nodes;
using Demilune.Kubernetes.Crds;
using Demilune.Orchestrator.Placing;
using k8s.Models;

namespace Demilune.Orchestrator;

/// <summary>What each node is told beyond its part of the network. Replaced whole.</summary>
internal sealed class NodeSupplements : INodeSupplement
{
    private volatile ImmutableDictionary<string, NodeSupplement>? _current;

    public event Action? Changed;

    /// <summary>A node that is not in it has nobody to protect.</summary>
    public NodeSupplement? For(string node) => _current is { } current ? current.GetValueOrDefault(node, Idle) : null;

    /// <summary>Frames of the tag "missing" must fail closed wherever they come up.</summary>
    private static NodeSupplement Idle { get; } = new([], [Missing()], []);

    /// <param name="draining">UIDs of instances that are to get no new flows.</param>
    public void Publish(Situation situation, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> labelsByPod, IReadOnlySet<string> draining)
    {
        var next = Compose(situation, labelsByPod, draining);
        if (_current is { } current && Same(current, next)) return;
        _current = next;
        Changed?.Invoke();
    }

    /// <summary>Pure.</summary>
    internal static ImmutableDictionary<string, NodeSupplement> Compose(
        Situation situation, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> labelsByPod, IReadOnlySet<string>? draining = null)
    {
        var used = situation.Pods.Values.Where(pod => pod.Firewall is null).SelectMany(pod => pod.SecurityPolicies.Concat(pod.ShadowPolicies)).ToHashSet(StringComparer.Ordinal);
        // Every policy in use goes to every node with a firewall: it is loaded before the first of its pods comes.
        List<Contracts.Nodes.SecurityPolicy> policies =
        [
            .. situation.Policies.Values.Where(policy => used.Contains(policy.Name)).OrderBy(policy => policy.Name, StringComparer.Ordinal)
                .Select(policy => policy.ToNodes()).OfType<Contracts.Nodes.SecurityPolicy>(),
            Missing(),
        ];
        List<Identity> identities =
        [
            .. situation.Pods.Values.Where(pod => !pod.Addresses.IsEmpty).OrderBy(pod => pod.PodUid, StringComparer.Ordinal)
                .Select(pod => Identify(pod, labelsByPod.GetValueOrDefault(pod.PodUid))),
        ];
        return situation.Instances.GroupBy(pod => pod.Spec.NodeName, StringComparer.Ordinal)
            .Select(group => group.Key).Union(situation.Pods.Values.Select(pod => pod.Node), StringComparer.Ordinal)
            .ToImmutableDictionary(node => node, node => new NodeSupplement(
                [.. situation.Instances.Where(pod => pod.Spec.NodeName == node).OrderBy(pod => pod.Metadata.Uid, StringComparer.Ordinal).Select(pod => Instance(pod, situation, draining?.Contains(pod.Metadata.Uid) is true))],
                policies, identities));
    }

    private static Contracts.Nodes.Firewall Instance(V1Pod pod, Situation situation, bool draining)
    {
        var name = FirewallPods.FirewallOf(pod)!;
        var firewall = situation.Firewalls.GetValueOrDefault(name);
        return new Contracts.Nodes.Firewall
        {
            PodUid = pod.Metadata.Uid,
            PodNamespace = pod.Metadata.NamespaceProperty,
            PodName = pod.Metadata.Name,
            Name = name,
            Engine = FirewallPod.EngineOf(pod),
            PortPairId = situation.Pods.GetValueOrDefault(pod.Metadata.Uid)?.PortPairId ?? "",
            HeartbeatDeadlineMs = DeadlineOf(firewall?.Spec.HeartbeatDeadline),
            Draining = draining,
        };
    }

    /// <summary>"100ms", "2s". What the schema would have refused is the default: a deadline of nothing would be no protection.</summary>
    internal static uint DeadlineOf(string? text)
    {
        const uint Default = 100;
        if (text is null) return Default;
        var milliseconds = text.EndsWith("ms", StringComparison.Ordinal);
        var digits = text.AsSpan(0, text.Length - (milliseconds ? 2 : text.EndsWith('s') ? 1 : 0));
        if (!uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return Default;
        var value = milliseconds ? number : number * 1_000ul;
        return value is >= 10 and <= 100_000 ? (uint)value : Default;
    }

    private static Identity Identify(Kubernetes.PodNetworks.PodNetwork pod, IReadOnlyDictionary<string, string>? labels)
    {
        var identity = new Identity
        {
            Addresses = { pod.Addresses }, Network = (uint)pod.NetworkNumber, PodNamespace = pod.Pod.Namespace, PodName = pod.Pod.Name,
        };
        foreach (var (label, value) in labels ?? ImmutableDictionary<string, string>.Empty) identity.Labels[label] = value;
        return identity;
    }

    private static Contracts.Nodes.SecurityPolicy Missing() => new()
    {
        Name = "(missing)", Tag = PolicyTags.Missing, Mode = Contracts.Nodes.SecurityPolicy.Types.Mode.Prevent,
        OnFailure = Contracts.Nodes.SecurityPolicy.Types.OnFailure.Closed, Revision = 1,
    };

    private static bool Same(ImmutableDictionary<string, NodeSupplement> one, ImmutableDictionary<string, NodeSupplement> other) =>
        one.Count == other.Count && one.All(entry => other.TryGetValue(entry.Key, out var theirs)
            && entry.Value.Firewalls.SequenceEqual(theirs.Firewalls)
            && entry.Value.SecurityPolicies.SequenceEqual(theirs.SecurityPolicies)
            && entry.Value.Identities.SequenceEqual(theirs.Identities));
}
