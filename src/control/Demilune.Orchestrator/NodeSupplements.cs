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
    private static NodeSupplement Idle { get; } = new([], [Missing()], PodDirectory.Empty);

    /// <param name="draining">UIDs of instances that are to get no new flows.</param>
    public void Publish(Situation situation, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> labelsByPod, IReadOnlySet<string> draining)
    {
        var (current, next) = (_current, Compose(situation, labelsByPod, draining, _current?.Values.FirstOrDefault(known => known.Firewalls.Count > 0)?.Pods));
        if (current is null)
        {
            _current = next;
        }
        else
        {
            // A node whose word has not changed is told so by the same object.
            var told = next.ToImmutableDictionary(node => node.Key, node => current.GetValueOrDefault(node.Key) is { } known && Same(known, node.Value) ? known : node.Value);
            if (told.Count == current.Count && told.All(node => ReferenceEquals(node.Value, current.GetValueOrDefault(node.Key)))) return;
            _current = told;
        }
        Changed?.Invoke();
    }

    /// <summary>Pure.</summary>
    /// <param name="known">As composed before, to say of whom nothing changed the same again.</param>
    internal static ImmutableDictionary<string, NodeSupplement> Compose(
        Situation situation, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> labelsByPod, IReadOnlySet<string>? draining = null,
        PodDirectory? known = null)
    {
        var used = situation.Pods.Values.Where(pod => pod.Firewall is null).SelectMany(pod => pod.SecurityPolicies.Concat(pod.ShadowPolicies)).ToHashSet(StringComparer.Ordinal);
        // Every policy in use goes to every node with a firewall: it is loaded before the first of its pods comes.
        List<Contracts.Nodes.SecurityPolicy> policies =
        [
            .. situation.Policies.Values.Where(policy => used.Contains(policy.Name)).OrderBy(policy => policy.Name, StringComparer.Ordinal)
                .Select(policy => policy.ToNodes()).OfType<Contracts.Nodes.SecurityPolicy>(),
            Missing(),
        ];
        List<Identity> pods =
        [
            .. situation.Pods.Values.Where(pod => !pod.Addresses.IsEmpty).OrderBy(pod => pod.PodUid, StringComparer.Ordinal)
                .Select(pod => Identify(pod, labelsByPod.GetValueOrDefault(pod.PodUid))),
        ];
        var directory = known is not null && pods.SequenceEqual(known.All) ? known : new PodDirectory(pods);
        var instances = situation.Instances.ToLookup(pod => pod.Spec.NodeName, StringComparer.Ordinal);
        return instances.Select(group => group.Key).Union(situation.Pods.Values.Select(pod => pod.Node), StringComparer.Ordinal)
            .Union(situation.Tunnels?.Nodes.Keys ?? [], StringComparer.Ordinal)
            .ToImmutableDictionary(node => node, node => new NodeSupplement(
                [.. instances[node].OrderBy(pod => pod.Metadata.Uid, StringComparer.Ordinal).Select(pod => Instance(pod, situation, draining?.Contains(pod.Metadata.Uid) is true))],
                // Without a firewall there are no alerts.
                policies, instances.Contains(node) ? directory : PodDirectory.Empty)
            { Tunnels = situation.Tunnels, ServiceNetworks = situation.ServiceNetworks });
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

    private static bool Same(NodeSupplement one, NodeSupplement other) =>
        ReferenceEquals(one.Pods, other.Pods) && TunnelEnds.Same(one.Tunnels, other.Tunnels) && one.ServiceNetworks.SequenceEqual(other.ServiceNetworks, StringComparer.Ordinal)
        && one.Firewalls.SequenceEqual(other.Firewalls) && one.SecurityPolicies.SequenceEqual(other.SecurityPolicies);
}
