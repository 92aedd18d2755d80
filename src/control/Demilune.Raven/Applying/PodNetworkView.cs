using System.Collections.Immutable;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.PodNetworks;
using Demilune.Neutron;
using Demilune.Policy.Intents;
using Demilune.Raven.Design;
using Demilune.Raven.Facts;
using Demilune.Raven.Planning;

namespace Demilune.Raven.Applying;

/// <summary>Facts and the network as it is → each pod's part of it. Pure.</summary>
internal static class PodNetworkView
{
    public static ImmutableDictionary<string, PodNetwork> Of(string cluster, ClusterFacts facts, ClusterIntent intent, NetworkSnapshot snapshot)
    {
        var ports = ByKey<Port>(cluster, snapshot);
        var pairs = ByKey<PortPair>(cluster, snapshot);
        var network = ByKey<Network>(cluster, snapshot).GetValueOrDefault(Key.Network);
        var judges = intent.Pods.ToDictionary(pod => pod.Pod.Uid, Judges, StringComparer.Ordinal);
        return facts.Pods.ToImmutableDictionary(pod => pod.Uid, pod =>
        {
            var port = ports.GetValueOrDefault(Key.Port(pod.Uid));
            return new PodNetwork(
                pod.Uid, new ObjectKey(pod.Name.Namespace, pod.Name.Local), pod.Node, pod.Firewall,
                judges.GetValueOrDefault(pod.Uid, []),
                port?.Id, port?.MacAddress,
                [.. (port?.FixedIps ?? []).Select(ip => ip.IpAddress).OfType<string>()],
                [.. (port?.SecurityGroups ?? []).Select(id => snapshot.Find<SecurityGroup>(id)?.Name ?? id).Order(StringComparer.Ordinal)],
                pairs.GetValueOrDefault(Key.Pair(pod.Uid))?.Id,
                network?.SegmentationId ?? 0);
        });
    }

    /// <summary>Policies whose rules steer some of the pod's traffic: ingress, and egress that may leave the cluster.</summary>
    private static ImmutableArray<string> Judges(PodIntent pod) =>
    [
        .. pod.Policies
            .SelectMany(pair => pair.Variant.Allowances)
            .Where(allowance => allowance.Direction == Direction.Ingress || allowance.Peers is not Peers.Selected)
            .Select(allowance => allowance.SecurityPolicy).OfType<string>().Distinct().Order(StringComparer.Ordinal),
    ];

    private static Dictionary<string, T> ByKey<T>(string cluster, NetworkSnapshot snapshot)
        where T : Resource
    {
        var result = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var resource in snapshot.All<T>())
            if (Key.FromMark(cluster, resource.Description) is { } key) result.TryAdd(key, resource);
        return result;
    }
}
