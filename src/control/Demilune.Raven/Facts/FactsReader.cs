using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Policies;
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
        IEnumerable<V1Service>? services = null, IEnumerable<V1EndpointSlice>? slices = null,
        IEnumerable<InspectionPolicy>? inspectionPolicies = null, IEnumerable<ClusterNetworkPolicy>? clusterPolicies = null, IEnumerable<V1Node>? nodes = null)
    {
        var own = pods.Where(ClusterReader.HasNetwork).ToList();
        var defaults = firewalls.ToDictionary(firewall => firewall.Metadata.Name, StringComparer.Ordinal);
        return new ClusterFacts(
            ClusterReader.Read(namespaces, own, policies, inspectionPolicies ?? [], clusterPolicies ?? [], nodes ?? []),
            [.. own.Select(Placed).OfType<PlacedPod>()],
            securityPolicies.ToImmutableDictionary(
                policy => policy.Metadata.Name, policy => Inspection(policy, defaults.GetValueOrDefault(policy.Spec.Firewall ?? "default"))))
        {
            Services = ServiceReader.Read(services ?? [], slices ?? []),
        };
    }

    /// <returns>Null: it needs no port, or none yet.</returns>
    internal static PlacedPod? Placed(V1Pod pod) => !ClusterReader.HasNetwork(pod) || string.IsNullOrEmpty(pod.Spec.NodeName) ? null : new PlacedPod(
        pod.Metadata.Uid, new Name(pod.Metadata.NamespaceProperty, pod.Metadata.Name), pod.Spec.NodeName, FirewallPods.FirewallOf(pod),
        pod.Metadata.DeletionTimestamp is not null)
    {
        Bandwidth = Bandwidth.Of(pod, out _),
    };

    internal static Inspection Inspection(SecurityPolicy policy, Firewall? firewall) => new(
        policy.Metadata.Name,
        policy.Status?.Tag ?? PolicyTags.Missing,
        // What cannot be resolved must not be judged by half of it: nobody gets it, and it fails as it says.
        policy.Status?.Tag is null || Conditions.Find(policy.Status.Conditions, "Accepted")?.Status == "False" ? null : policy.Spec.Firewall ?? "default",
        (policy.Spec.Mode ?? PolicyMode.Prevent) == PolicyMode.Prevent,
        (policy.Spec.OnFailure ?? firewall?.Spec.OnFailure) != FailureAction.Open);
}
