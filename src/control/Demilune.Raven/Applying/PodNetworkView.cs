using System.Collections.Immutable;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.PodNetworks;
using Demilune.Neutron;
using Demilune.Policy.Intents;
using Demilune.Raven.Design;
using Demilune.Raven.Facts;
using Demilune.Raven.Planning;

namespace Demilune.Raven.Applying;

/// <summary>A pod's place and intent, and the network as it is → its part of it. Pure.</summary>
internal static class PodNetworkView
{
    public static PodNetwork Of(string cluster, PlacedPod pod, PodIntent? intent, NetworkSnapshot snapshot)
    {
        var port = Find<Port>(Key.Port(pod.Uid));
        var (judges, shadows) = intent is null ? ([], []) : Steering(intent);
        return new PodNetwork(
            pod.Uid, new ObjectKey(pod.Name.Namespace, pod.Name.Local), pod.Node, pod.Firewall,
            judges,
            port?.Id, port?.MacAddress,
            [.. (port?.FixedIps ?? []).Select(ip => ip.IpAddress).OfType<string>()],
            [.. (port?.SecurityGroups ?? []).Select(id => snapshot.Find<SecurityGroup>(id)?.Name ?? id).Order(StringComparer.Ordinal)],
            Find<PortPair>(Key.Pair(pod.Uid))?.Id,
            Find<Network>(Key.Network)?.SegmentationId ?? 0)
        {
            ShadowPolicies = shadows,
        };

        T? Find<T>(string key)
            where T : Resource => snapshot.Marked<T>(Key.Mark(cluster, key)).FirstOrDefault();
    }

    /// <summary>Policies whose rules steer some of the pod's traffic: ingress, and egress that may leave the cluster.</summary>
    private static (ImmutableArray<string> Judges, ImmutableArray<string> Shadows) Steering(PodIntent pod)
    {
        var allowances = pod.Policies.SelectMany(pair => pair.Variant.Allowances)
            .Where(allowance => allowance.Direction == Direction.Ingress || allowance.Peers is not Peers.Selected).ToList();
        var judges = Names(allowances.Select(allowance => allowance.SecurityPolicy));
        return (judges, Names(allowances.Select(allowance => allowance.ShadowSecurityPolicy).Except(judges)));

        static ImmutableArray<string> Names(IEnumerable<string?> names) => [.. names.OfType<string>().Distinct().Order(StringComparer.Ordinal)];
    }
}
