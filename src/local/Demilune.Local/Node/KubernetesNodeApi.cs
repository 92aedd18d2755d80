using System.Text.Json.Nodes;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Events;
using k8s.Models;

namespace Demilune.Local.Node;

/// <summary>The node's side of the Kubernetes API.</summary>
internal sealed class KubernetesNodeApi(KubernetesApi api, EventRecorder events, TimeProvider time) : INodeApi
{
    /// <summary>What Kubernetes gives a node's Lease; it is renewed four times as often.</summary>
    private const int LeaseSeconds = 40;

    public async Task<bool> WriteStatusAsync(V1Pod pod, V1PodStatus status, CancellationToken cancellation)
    {
        // The uid makes the server refuse when another pod has the name by now.
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid }, ["status"] = ObjectJson.ToNode(status) };
        try
        {
            await api.MergeAsync<V1Pod>(ResourceType.Pods, ObjectKey.Of(pod), patch.ToJsonString(), cancellation, "status");
            return true;
        }
        catch (ApiException refusal) when (refusal.IsNotFound || refusal.IsConflict)
        {
            return false;
        }
    }

    public Task ConfirmDeletedAsync(V1Pod pod, CancellationToken cancellation) =>
        api.DeleteAsync(ResourceType.Pods, ObjectKey.Of(pod), pod.Metadata.Uid, cancellation, graceSeconds: 0);

    public Task<V1ConfigMap?> FindConfigMapAsync(string ns, string name, CancellationToken cancellation) =>
        api.FindAsync<V1ConfigMap>(ResourceType.ConfigMaps, new ObjectKey(ns, name), cancellation);

    public Task<V1Secret?> FindSecretAsync(string ns, string name, CancellationToken cancellation) =>
        api.FindAsync<V1Secret>(ResourceType.Secrets, new ObjectKey(ns, name), cancellation);

    public async Task<string> RequestTokenAsync(V1Pod pod, string? audience, long expirationSeconds, CancellationToken cancellation)
    {
        var account = pod.Spec.ServiceAccountName is { Length: > 0 } name ? name : "default";
        // A subresource whose objects are of another group than the account: its path is the account's.
        var tokens = new ResourceType("", "v1", $"serviceaccounts/{account}/token", "TokenRequest");
        var issued = await api.CreateAsync(tokens, new Authenticationv1TokenRequest
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = pod.Metadata.NamespaceProperty },
            Spec = new V1TokenRequestSpec
            {
                Audiences = audience is { Length: > 0 } ? [audience] : [],
                ExpirationSeconds = expirationSeconds,
                BoundObjectRef = new V1BoundObjectReference { Kind = "Pod", ApiVersion = "v1", Name = pod.Metadata.Name, Uid = pod.Metadata.Uid },
            },
        }, cancellation);
        return issued.Status.Token;
    }

    public void Record(V1Pod pod, EventSeverity severity, string reason, string message)
    {
        if (severity is EventSeverity.Warning) events.Warning(ResourceType.Pods, pod, reason, message);
        else events.Normal(ResourceType.Pods, pod, reason, message);
    }

    public async Task RegisterAsync(V1Node node, CancellationToken cancellation)
    {
        if (await api.FindAsync<V1Node>(ResourceType.Nodes, ObjectKey.Of(node), cancellation) is null)
        {
            try
            {
                await api.CreateAsync(ResourceType.Nodes, node, cancellation);
            }
            catch (ApiException refusal) when (refusal.IsConflict)
            {
                // Somebody made it in between; then it is only brought up to date.
            }
        }
        var patch = new JsonObject { ["status"] = ObjectJson.ToNode(node.Status) };
        await api.MergeAsync<V1Node>(ResourceType.Nodes, ObjectKey.Of(node), patch.ToJsonString(), cancellation, "status");
    }

    public async Task HeartbeatAsync(string node, CancellationToken cancellation)
    {
        var key = new ObjectKey("kube-node-lease", node);
        var now = time.GetUtcNow().UtcDateTime;
        try
        {
            var renewed = new JsonObject { ["spec"] = new JsonObject { ["renewTime"] = now.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture) } };
            await api.MergeAsync<V1Lease>(ResourceType.Leases, key, renewed.ToJsonString(), cancellation);
        }
        catch (ApiException refusal) when (refusal.IsNotFound)
        {
            await api.CreateAsync(ResourceType.Leases, new V1Lease
            {
                Metadata = new V1ObjectMeta { Name = node, NamespaceProperty = key.Namespace },
                Spec = new V1LeaseSpec { HolderIdentity = node, LeaseDurationSeconds = LeaseSeconds, RenewTime = now },
            }, cancellation);
        }
    }
}
