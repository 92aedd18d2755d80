using Demilune.Kubernetes.Api;

namespace Demilune.Kubernetes.Crds;

/// <summary>Makes the API server know our kinds.</summary>
public static class CrdInstaller
{
    /// <summary>Applies every definition and waits until each kind is served.</summary>
    public static async Task InstallAsync(KubernetesApi api, CancellationToken cancel)
    {
        foreach (var kind in CrdGenerator.Kinds)
        {
            var definition = CrdGenerator.Definition(kind);
            var name = definition["metadata"]!["name"]!.GetValue<string>();
            await api.ApplyAsync(
                ResourceType.CustomResourceDefinitions, new ObjectKey("", name), definition.ToJsonString(), Group.FieldManager, cancel);
        }
        foreach (var kind in CrdGenerator.ForeignKinds) await CreateMissingAsync(api, CrdGenerator.Definition(kind), cancel);
        await ServedAsync<ClusterNetworkPolicy>(api, ClusterNetworkPolicy.Resource, cancel);
        await ServedAsync<InspectionPolicy>(api, InspectionPolicy.Resource, cancel);
        await ServedAsync<SecurityPolicy>(api, SecurityPolicy.Resource, cancel);
        await ServedAsync<Firewall>(api, Firewall.Resource, cancel);
        await ServedAsync<SecurityManager>(api, SecurityManager.Resource, cancel);
        await ServedAsync<PodPort>(api, PodPort.Resource, cancel);
    }

    /// <summary>Whatever definition the cluster has of somebody else's kind is the right one.</summary>
    private static async Task CreateMissingAsync(KubernetesApi api, System.Text.Json.Nodes.JsonObject definition, CancellationToken cancel)
    {
        using var json = System.Text.Json.JsonDocument.Parse(definition.ToJsonString());
        try
        {
            await api.CreateAsync(ResourceType.CustomResourceDefinitions, ObjectJson.Read<k8s.Models.V1CustomResourceDefinition>(json.RootElement), cancel);
        }
        catch (ApiException refusal) when (refusal.IsConflict)
        {
            // It has one.
        }
    }

    /// <summary>A definition that was just accepted is served a moment later.</summary>
    private static async Task ServedAsync<T>(KubernetesApi api, ResourceType type, CancellationToken cancel)
        where T : class, k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>
    {
        while (true)
        {
            try
            {
                await api.ListAsync<T>(type, ResourceScope.Everything, cancel);
                return;
            }
            catch (ApiException refusal) when (refusal.IsNotFound)
            {
                await Task.Delay(100, cancel);
            }
        }
    }
}
