using k8s.Models;

namespace Demilune.Local.Node;

/// <summary>What the node asks of the API server; the process's edge.</summary>
internal interface INodeApi
{
    /// <summary>Replaces the status of exactly this pod (by UID).</summary>
    /// <returns>False: there is no such pod any more.</returns>
    Task<bool> WriteStatusAsync(V1Pod pod, V1PodStatus status, CancellationToken cancellation);

    /// <summary>Tells the API server that nothing of the pod is left here (delete with grace 0, by UID). A pod already gone is fine.</summary>
    Task ConfirmDeletedAsync(V1Pod pod, CancellationToken cancellation);

    /// <summary>Null when there is none.</summary>
    Task<V1ConfigMap?> FindConfigMapAsync(string ns, string name, CancellationToken cancellation);

    /// <summary>Null when there is none.</summary>
    Task<V1Secret?> FindSecretAsync(string ns, string name, CancellationToken cancellation);

    Task<string> RequestTokenAsync(V1Pod pod, string? audience, long expirationSeconds, CancellationToken cancellation);

    /// <summary>Tells people what happened to the pod; never fails and never blocks.</summary>
    void Record(V1Pod pod, EventSeverity severity, string reason, string message);

    /// <summary>Creates the Node object or brings it up to date.</summary>
    Task RegisterAsync(V1Node node, CancellationToken cancellation);

    /// <summary>Writes the node's Lease in kube-node-lease.</summary>
    Task HeartbeatAsync(string node, CancellationToken cancellation);
}

/// <summary>The two kinds of event the API knows.</summary>
internal enum EventSeverity
{
    Normal,
    Warning,
}
