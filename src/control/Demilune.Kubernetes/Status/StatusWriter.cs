using System.Text.Json.Nodes;
using Demilune.Kubernetes.Api;
using k8s;
using k8s.Models;

namespace Demilune.Kubernetes.Status;

/// <summary>Writes the status subresource by server-side apply, and only if it would change something.</summary>
public sealed class StatusWriter(KubernetesApi api, string fieldManager)
{
    /// <param name="obj">As last seen: its name, its uid, and the status to compare with.</param>
    /// <returns>True if it was written; false if it said so already, or the object is gone.</returns>
    public async Task<bool> WriteAsync<T, TStatus>(ResourceType type, T obj, TStatus? seen, TStatus desired, CancellationToken cancel)
        where T : class, IKubernetesObject<V1ObjectMeta>
        where TStatus : class
    {
        var status = ObjectJson.ToNode(desired);
        if (seen is not null && JsonNode.DeepEquals(ObjectJson.ToNode(seen), status)) return false;
        var metadata = new JsonObject
        {
            ["name"] = obj.Metadata.Name,
            // A new object of the same name must not get the old one's status.
            ["uid"] = obj.Metadata.Uid,
        };
        if (type.Namespaced) metadata["namespace"] = obj.Metadata.NamespaceProperty;
        var body = new JsonObject { ["apiVersion"] = type.ApiVersion, ["kind"] = type.Kind, ["metadata"] = metadata, ["status"] = status };
        try
        {
            await api.ApplyAsync(type, ObjectKey.Of(obj), body.ToJsonString(), fieldManager, cancel, subresource: "status");
            return true;
        }
        catch (ApiException refusal) when (refusal.IsNotFound || refusal.IsConflict)
        {
            // Deleted, or deleted and made anew: the watch brings the news and its status is computed then.
            return false;
        }
    }
}
