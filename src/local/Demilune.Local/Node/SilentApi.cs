using k8s.Models;

namespace Demilune.Local.Node;

/// <summary>For taking the node down when no API server runs: nobody is told.</summary>
internal sealed class SilentApi : INodeApi
{
    public Task<bool> WriteStatusAsync(V1Pod pod, V1PodStatus status, CancellationToken cancellation) => Task.FromResult(false);
    public Task ConfirmDeletedAsync(V1Pod pod, CancellationToken cancellation) => Task.CompletedTask;
    public Task<V1ConfigMap?> FindConfigMapAsync(string ns, string name, CancellationToken cancellation) => Task.FromResult<V1ConfigMap?>(null);
    public Task<V1Secret?> FindSecretAsync(string ns, string name, CancellationToken cancellation) => Task.FromResult<V1Secret?>(null);
    public Task<string> RequestTokenAsync(V1Pod pod, string? audience, long expirationSeconds, CancellationToken cancellation) => Task.FromResult("");
    public Task RegisterAsync(V1Node node, CancellationToken cancellation) => Task.CompletedTask;
    public Task HeartbeatAsync(string node, CancellationToken cancellation) => Task.CompletedTask;

    public void Record(V1Pod pod, EventSeverity severity, string reason, string message)
    {
    }
}
