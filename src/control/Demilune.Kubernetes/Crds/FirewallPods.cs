using k8s.Models;

namespace Demilune.Kubernetes.Crds;

/// <summary>Which pods are firewalls.</summary>
public static class FirewallPods
{
    /// <summary>The Firewall that a pod is an instance of, or null.</summary>
    /// <remarks>A label alone is not believed: whoever may create pods somewhere could get others' traffic.</remarks>
    public static string? FirewallOf(V1Pod pod) =>
        pod.Metadata.NamespaceProperty == Group.SystemNamespace && pod.Metadata.Labels is { } labels &&
        labels.TryGetValue(Group.FirewallLabel, out var firewall) && pod.Metadata.OwnerReferences?.Any(owner =>
            owner.Kind == "Firewall" && owner.ApiVersion == Group.Version && owner.Name == firewall) is true
            ? firewall
            : null;
}
