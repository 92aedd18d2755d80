using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Demilune.Kubernetes.Watching;

/// <summary>Everything that the controllers look at, watched once for all of them.</summary>
public sealed class ClusterInformers(KubernetesApi api, ILogger log)
{
    public Informer<V1Pod> Pods { get; } = All<V1Pod>(api, ResourceType.Pods, log);

    public Informer<V1Namespace> Namespaces { get; } = All<V1Namespace>(api, ResourceType.Namespaces, log);

    public Informer<V1NetworkPolicy> NetworkPolicies { get; } = All<V1NetworkPolicy>(api, ResourceType.NetworkPolicies, log);

    public Informer<InspectionPolicy> InspectionPolicies { get; } = All<InspectionPolicy>(api, InspectionPolicy.Resource, log);

    public Informer<ClusterNetworkPolicy> ClusterNetworkPolicies { get; } = All<ClusterNetworkPolicy>(api, ClusterNetworkPolicy.Resource, log);

    public Informer<V1ConfigMap> ConfigMaps { get; } = All<V1ConfigMap>(api, ResourceType.ConfigMaps, log);

    public Informer<V1Node> Nodes { get; } = All<V1Node>(api, ResourceType.Nodes, log);

    public Informer<V1Service> Services { get; } = All<V1Service>(api, ResourceType.Services, log);

    public Informer<V1EndpointSlice> EndpointSlices { get; } = All<V1EndpointSlice>(api, ResourceType.EndpointSlices, log);

    public Informer<SecurityPolicy> SecurityPolicies { get; } = All<SecurityPolicy>(api, SecurityPolicy.Resource, log);

    public Informer<Firewall> Firewalls { get; } = All<Firewall>(api, Firewall.Resource, log);

    public Informer<SecurityManager> SecurityManagers { get; } = All<SecurityManager>(api, SecurityManager.Resource, log);

    public Informer<PodPort> PodPorts { get; } = All<PodPort>(api, PodPort.Resource, log);

    /// <summary>Completes when each has listed once.</summary>
    public Task Synced => Task.WhenAll(
        Pods.Synced, Namespaces.Synced, NetworkPolicies.Synced, ConfigMaps.Synced, Nodes.Synced, Services.Synced, EndpointSlices.Synced,
        SecurityPolicies.Synced, Firewalls.Synced, SecurityManagers.Synced, PodPorts.Synced, InspectionPolicies.Synced, ClusterNetworkPolicies.Synced);

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancel) => Task.WhenAll(
        Pods.RunAsync(cancel), Namespaces.RunAsync(cancel), NetworkPolicies.RunAsync(cancel), ConfigMaps.RunAsync(cancel),
        Nodes.RunAsync(cancel), Services.RunAsync(cancel), EndpointSlices.RunAsync(cancel), SecurityPolicies.RunAsync(cancel), Firewalls.RunAsync(cancel),
        SecurityManagers.RunAsync(cancel), PodPorts.RunAsync(cancel), InspectionPolicies.RunAsync(cancel), ClusterNetworkPolicies.RunAsync(cancel));

    private static Informer<T> All<T>(KubernetesApi api, ResourceType type, ILogger log)
        where T : class, IKubernetesObject<V1ObjectMeta> => new(api, type, ResourceScope.Everything, log);
}
