using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using Demilune.Policy.Addresses;
using Demilune.Policy.Model;
using k8s.Models;

namespace Demilune.Kubernetes.Policies;

/// <summary>Objects that policies are made of and speak of → what the compiler takes. Pure.</summary>
public static class ClusterReader
{
    public static Cluster Read(
        IEnumerable<V1Namespace> namespaces, IEnumerable<V1Pod> pods, IEnumerable<V1NetworkPolicy> policies,
        IEnumerable<InspectionPolicy> inspectionPolicies, IEnumerable<ClusterNetworkPolicy> clusterPolicies, IEnumerable<V1Node> nodes) => new(
        namespaces.ToImmutableDictionary(ns => ns.Metadata.Name, LabelsOf),
        [.. pods.Where(IsUnderPolicies).Select(Pod)],
        [
            .. policies.Select(NetworkPolicyReader.Read), .. inspectionPolicies.Select(InspectionPolicyReader.Read),
            .. clusterPolicies.Select(ClusterNetworkPolicyReader.Read),
        ])
        {
            Nodes = [.. nodes.Select(Node)],
        };

    /// <summary>A pod that is being deleted keeps its network until it is gone: its grace period may need it.</summary>
    public static bool HasNetwork(V1Pod pod) =>
        pod.Spec is { HostNetwork: not true } && pod.Status?.Phase is not ("Succeeded" or "Failed");

    /// <summary>Policies speak of it: firewalls have their own rules.</summary>
    public static bool IsUnderPolicies(V1Pod pod) => HasNetwork(pod) && FirewallPods.FirewallOf(pod) is null;

    /// <summary>Kubernetes gives each namespace its name as a label; an API server that does not yet has the same policies.</summary>
    public static ImmutableDictionary<string, string> LabelsOf(V1Namespace ns) =>
        Selectors.Labels(ns.Metadata.Labels).SetItem("kubernetes.io/metadata.name", ns.Metadata.Name);

    public static Pod Pod(V1Pod pod)
    {
        var ports = (pod.Spec.Containers ?? [])
            .Concat((pod.Spec.InitContainers ?? []).Where(container => container.RestartPolicy == "Always"))
            .SelectMany(container => container.Ports ?? [])
            .Where(port => port.Name is not null && port.ContainerPort is > 0 and <= ushort.MaxValue)
            .Select(port => new NamedPort(port.Name, NetworkPolicyReader.ProtocolOf(port.Protocol) ?? Protocol.Tcp, (ushort)port.ContainerPort))
            .DistinctBy(port => (port.Name, port.Protocol));
        return new Pod(
            pod.Metadata.Uid, new Name(pod.Metadata.NamespaceProperty, pod.Metadata.Name), Selectors.Labels(pod.Metadata.Labels), [.. ports]);
    }

    public static Node Node(V1Node node) => new(node.Metadata.Name, Selectors.Labels(node.Metadata.Labels),
    [
        .. (node.Status?.Addresses ?? []).Where(address => address.Type is "InternalIP" or "ExternalIP")
            .Select(address => Prefix.TryParse(address.Address, out var prefix) ? prefix : (Prefix?)null).OfType<Prefix>().Distinct().Order(),
    ]);
}
