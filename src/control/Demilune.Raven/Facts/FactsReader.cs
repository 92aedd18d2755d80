using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Status;
using Demilune.Policy.Model;
using k8s.Models;

namespace Demilune.Raven.Facts;

/// <summary>Kubernetes' objects as they were watched → facts. Pure.</summary>
public static class FactsReader
{
    public static ClusterFacts Read(
        IEnumerable<V1Namespace> namespaces, IEnumerable<V1Pod> pods, IEnumerable<V1NetworkPolicy> policies,
        IEnumerable<SecurityPolicy> securityPolicies, IEnumerable<Firewall> firewalls,
        IEnumerable<V1Service>? services = null, IEnumerable<V1EndpointSlice>? slices = null)
    {
        var own = pods.Where(HasNetwork).ToList();
        var defaults = firewalls.ToDictionary(firewall => firewall.Metadata.Name, StringComparer.Ordinal);
        return new ClusterFacts(
            new Cluster(
                namespaces.ToImmutableDictionary(ns => ns.Metadata.Name, ns => Labels(ns.Metadata.Labels)),
                [.. own.Where(pod => FirewallPods.FirewallOf(pod) is null).Select(Pod)],
                [.. policies.Select(NetworkPolicyReader.Read)]),
            [
                .. own.Where(pod => !string.IsNullOrEmpty(pod.Spec.NodeName)).Select(pod => new PlacedPod(
                    pod.Metadata.Uid, new Name(pod.Metadata.NamespaceProperty, pod.Metadata.Name), pod.Spec.NodeName, FirewallPods.FirewallOf(pod),
                    pod.Metadata.DeletionTimestamp is not null)),
            ],
            securityPolicies.ToImmutableDictionary(
                policy => policy.Metadata.Name, policy => Inspection(policy, defaults.GetValueOrDefault(policy.Spec.Firewall ?? "default"))))
        {
            Services = ServiceReader.Read(services ?? [], slices ?? []),
        };
    }

    /// <summary>A pod that is being deleted keeps its port until it is gone: its grace period may need the network.</summary>
    private static bool HasNetwork(V1Pod pod) =>
        pod.Spec is { HostNetwork: not true } && pod.Status?.Phase is not ("Succeeded" or "Failed");

    private static Pod Pod(V1Pod pod)
    {
        var ports = (pod.Spec.Containers ?? [])
            .Concat((pod.Spec.InitContainers ?? []).Where(container => container.RestartPolicy == "Always"))
            .SelectMany(container => container.Ports ?? [])
            .Where(port => port.Name is not null && port.ContainerPort is > 0 and <= ushort.MaxValue)
            .Select(port => new NamedPort(port.Name, NetworkPolicyReader.ProtocolOf(port.Protocol) ?? Protocol.Tcp, (ushort)port.ContainerPort))
            .DistinctBy(port => (port.Name, port.Protocol));
        return new Pod(
            pod.Metadata.Uid, new Name(pod.Metadata.NamespaceProperty, pod.Metadata.Name), Labels(pod.Metadata.Labels), [.. ports]);
    }

    private static Inspection Inspection(SecurityPolicy policy, Firewall? firewall) => new(
        policy.Metadata.Name,
        policy.Status?.Tag ?? PolicyTags.Missing,
        // What cannot be resolved must not be judged by half of it: nobody gets it, and it fails as it says.
        policy.Status?.Tag is null || Conditions.Find(policy.Status.Conditions, "Accepted")?.Status == "False" ? null : policy.Spec.Firewall ?? "default",
        (policy.Spec.Mode ?? PolicyMode.Prevent) == PolicyMode.Prevent,
        (policy.Spec.OnFailure ?? firewall?.Spec.OnFailure ?? FailureAction.Closed) == FailureAction.Closed);

    private static ImmutableDictionary<string, string> Labels(IDictionary<string, string>? labels) =>
        labels?.ToImmutableDictionary() ?? ImmutableDictionary<string, string>.Empty;
}
