using System.Text.Json.Nodes;
using Demilune.Kubernetes.Api;
using k8s;
using k8s.Models;

namespace Demilune.Kubernetes.Status;

/// <summary>Keeps an object from going until what it stands for is gone.</summary>
public static class Finalizers
{
    /// <returns>The object with the finalizer.</returns>
    /// <exception cref="ApiException">IsConflict: somebody wrote in between; look again.</exception>
    public static Task<T> AddAsync<T>(KubernetesApi api, ResourceType type, T obj, string finalizer, CancellationToken cancel)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        obj.Metadata.Finalizers?.Contains(finalizer) is true
            ? Task.FromResult(obj)
            : SetAsync(api, type, obj, [.. obj.Metadata.Finalizers ?? [], finalizer], cancel);

    /// <exception cref="ApiException">IsConflict: somebody wrote in between; look again.</exception>
    public static Task<T> RemoveAsync<T>(KubernetesApi api, ResourceType type, T obj, string finalizer, CancellationToken cancel)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        obj.Metadata.Finalizers?.Contains(finalizer) is not true
            ? Task.FromResult(obj)
            : SetAsync(api, type, obj, [.. obj.Metadata.Finalizers.Where(other => other != finalizer)], cancel);

    private static Task<T> SetAsync<T>(KubernetesApi api, ResourceType type, T obj, string[] finalizers, CancellationToken cancel)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["resourceVersion"] = obj.Metadata.ResourceVersion,
                ["finalizers"] = new JsonArray([.. finalizers.Select(one => (JsonNode)JsonValue.Create(one))]),
            },
        };
        return api.MergeAsync<T>(type, ObjectKey.Of(obj), patch.ToJsonString(), cancel);
    }
}
