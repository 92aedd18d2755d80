namespace Demilune.Kubernetes.Api;

/// <summary>Where the objects of a kind live in the API.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Version">"v1", "v1alpha1".</param>
/// <param name="Plural">As in the path.</param>
/// <param name="Kind">As in the objects.</param>
/// <param name="Namespaced">False: cluster-scoped.</param>
public sealed record ResourceType(string Group, string Version, string Plural, string Kind, bool Namespaced = true)
{
    public static readonly ResourceType Pods = new("", "v1", "pods", "Pod");
    public static readonly ResourceType Namespaces = new("", "v1", "namespaces", "Namespace", Namespaced: false);
    public static readonly ResourceType Nodes = new("", "v1", "nodes", "Node", Namespaced: false);
    public static readonly ResourceType ConfigMaps = new("", "v1", "configmaps", "ConfigMap");
    public static readonly ResourceType Secrets = new("", "v1", "secrets", "Secret");
    public static readonly ResourceType Services = new("", "v1", "services", "Service");
    public static readonly ResourceType EndpointSlices = new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
    public static readonly ResourceType Events = new("", "v1", "events", "Event");
    public static readonly ResourceType Leases = new("coordination.k8s.io", "v1", "leases", "Lease");
    public static readonly ResourceType NetworkPolicies = new("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy");
    public static readonly ResourceType CustomResourceDefinitions =
        new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", Namespaced: false);

    /// <summary>As in apiVersion.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The collection's path, without a leading slash; all namespaces if <paramref name="ns"/> is null.</summary>
    public string CollectionPath(string? ns)
    {
        var root = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        return ns is null || !Namespaced ? $"{root}/{Plural}" : $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{Plural}";
    }

    /// <summary>One object's path.</summary>
    public string ObjectPath(ObjectKey key) => $"{CollectionPath(Namespaced ? key.Namespace : null)}/{Uri.EscapeDataString(key.Name)}";
}

/// <summary>Which objects of a kind.</summary>
/// <param name="Namespace">Null: all namespaces.</param>
/// <param name="LabelSelector">As kubectl's -l.</param>
/// <param name="FieldSelector">As kubectl's --field-selector.</param>
public sealed record ResourceScope(string? Namespace = null, string? LabelSelector = null, string? FieldSelector = null)
{
    public static readonly ResourceScope Everything = new();
}
