using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using k8s.Models;

namespace Demilune.Kubernetes;

/// <summary>The namespace of Demilune's own pods. Usually its manifest has made it; who starts the controller by hand has none.</summary>
public static class SystemNamespace
{
    /// <summary>Firewalls share a directory of the node with the agent (hostPath), which only this level of pod security admits.</summary>
    private static readonly string[] SecurityLabels =
    [
        "pod-security.kubernetes.io/enforce", "pod-security.kubernetes.io/audit", "pod-security.kubernetes.io/warn",
    ];

    /// <summary>Does nothing if it is there, whatever its labels: they are the administrator's.</summary>
    /// <exception cref="ApiException">It is not there and we may not make it.</exception>
    public static async Task EnsureAsync(KubernetesApi api, CancellationToken cancel)
    {
        if (await api.FindAsync<V1Namespace>(ResourceType.Namespaces, new ObjectKey("", Group.SystemNamespace), cancel) is not null) return;
        try
        {
            await api.CreateAsync(ResourceType.Namespaces, new V1Namespace
            {
                Metadata = new V1ObjectMeta { Name = Group.SystemNamespace, Labels = SecurityLabels.ToDictionary(label => label, _ => "privileged") },
            }, cancel);
        }
        catch (ApiException refusal) when (refusal.IsConflict)
        {
            // Somebody was faster.
        }
    }
}
