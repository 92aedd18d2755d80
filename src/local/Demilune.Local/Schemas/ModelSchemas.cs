using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace Demilune.Local.Schemas;

/// <summary>Schemas of the built-in kinds, read off the official client's model types: the same names and types as Kubernetes' own OpenAPI, without its megabytes.</summary>
internal static class ModelSchemas
{
    private static readonly ConcurrentDictionary<Type, Schema> Cache = new();

    /// <summary>How lists merge, which the model types do not say. From the listType, patchMergeKey and patchStrategy markers of k8s.io/api.</summary>
    private static readonly Dictionary<(Type, string), (string[] Keys, string MergeKey)> MapLists = new()
    {
        [(typeof(V1PodSpec), "containers")] = (["name"], "name"),
        [(typeof(V1PodSpec), "initContainers")] = (["name"], "name"),
        [(typeof(V1PodSpec), "ephemeralContainers")] = (["name"], "name"),
        [(typeof(V1PodSpec), "volumes")] = (["name"], "name"),
        [(typeof(V1PodSpec), "imagePullSecrets")] = (["name"], "name"),
        [(typeof(V1PodSpec), "hostAliases")] = (["ip"], "ip"),
        [(typeof(V1PodSpec), "topologySpreadConstraints")] = (["topologyKey", "whenUnsatisfiable"], "topologyKey"),
        [(typeof(V1Container), "ports")] = (["containerPort", "protocol"], "containerPort"),
        [(typeof(V1Container), "env")] = (["name"], "name"),
        [(typeof(V1Container), "volumeMounts")] = (["mountPath"], "mountPath"),
        [(typeof(V1Container), "volumeDevices")] = (["devicePath"], "devicePath"),
        [(typeof(V1PodStatus), "conditions")] = (["type"], "type"),
        [(typeof(V1PodStatus), "podIPs")] = (["ip"], "ip"),
        [(typeof(V1PodStatus), "hostIPs")] = (["ip"], "ip"),
        [(typeof(V1NodeStatus), "conditions")] = (["type"], "type"),
        [(typeof(V1NamespaceStatus), "conditions")] = (["type"], "type"),
        [(typeof(V1ServiceSpec), "ports")] = (["port", "protocol"], "port"),
        [(typeof(V1ServiceStatus), "conditions")] = (["type"], "type"),
        [(typeof(V1ServiceAccount), "secrets")] = (["name"], "name"),
        [(typeof(V1DeploymentStatus), "conditions")] = (["type"], "type"),
        [(typeof(V1ReplicaSetStatus), "conditions")] = (["type"], "type"),
        [(typeof(V1DaemonSetStatus), "conditions")] = (["type"], "type"),
        [(typeof(V1ObjectMeta), "ownerReferences")] = (["uid"], "uid"),
        [(typeof(V1CustomResourceDefinitionStatus), "conditions")] = (["type"], "type"),
    };

    /// <summary>Merged by strategic patch but atomic for server-side apply, as in k8s.io/api.</summary>
    private static readonly Dictionary<(Type, string), string> PatchOnly = new()
    {
        [(typeof(V1NodeSpec), "taints")] = "key",
        // A node of two address families has two of type InternalIP: a merge key, but no map key.
        [(typeof(V1NodeStatus), "addresses")] = "type",
    };

    private static readonly HashSet<(Type, string)> SetLists = [(typeof(V1ObjectMeta), "finalizers"), (typeof(V1NodeSpec), "podCIDRs")];

    private static readonly HashSet<Type> AtomicStructures =
        [typeof(V1LabelSelector), typeof(V1ObjectReference), typeof(V1LocalObjectReference), typeof(V1SecretKeySelector), typeof(V1ConfigMapKeySelector),
         typeof(V1ObjectFieldSelector), typeof(V1ResourceFieldSelector), typeof(V1NodeSelector), typeof(V1NodeSelectorTerm), typeof(V1TypedLocalObjectReference)];

    private static readonly HashSet<(Type, string)> AtomicMaps = [(typeof(V1ServiceSpec), "selector"), (typeof(V1PodSpec), "nodeSelector")];

    public static Schema For(Type type) => Cache.GetOrAdd(type, Build);

    private static Schema Build(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) type = inner;
        if (type == typeof(string)) return new() { Type = "string" };
        if (type == typeof(bool)) return new() { Type = "boolean" };
        if (type == typeof(int)) return new() { Type = "integer", Format = "int32" };
        if (type == typeof(long)) return new() { Type = "integer", Format = "int64" };
        if (type == typeof(double)) return new() { Type = "number", Format = "double" };
        if (type == typeof(DateTime)) return new() { Type = "string", Format = "date-time" };
        if (type == typeof(byte[])) return new() { Type = "string", Format = "byte" };
        if (type == typeof(IntOrString)) return new() { IntOrString = true, Format = "int-or-string" };
        if (type == typeof(ResourceQuantity)) return new() { IntOrString = true, Component = "io.k8s.apimachinery.pkg.api.resource.Quantity" };
        if (type == typeof(V1JSONSchemaProps)) return new() { Type = "object", PreserveUnknownFields = true, MapType = "atomic", Component = Component(type) };
        if (type == typeof(object)) return Schema.Anything;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>))
            return new() { Type = "object", LazyAdditionalProperties = () => For(type.GetGenericArguments()[1]) };
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IList<>))
            return new() { Type = "array", ListType = "atomic", LazyItems = () => For(type.GetGenericArguments()[0]) };
        return new()
        {
            Type = "object", Component = Component(type), LazyProperties = () => Properties(type), LazyDescription = () => ModelDescriptions.Of(type),
            MapType = AtomicStructures.Contains(type) ? "atomic" : null,
        };
    }

    private static Dictionary<string, Schema> Properties(Type type)
    {
        var properties = new Dictionary<string, Schema>(StringComparer.Ordinal);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name is not { } name) continue;
            properties[name] = Property(type, property, name);
        }
        return properties;
    }

    private static Schema Property(Type owner, PropertyInfo property, string name)
    {
        var plain = For(property.PropertyType);
        Func<string?> description = () => ModelDescriptions.Of(property);
        if (plain.Type is "array")
        {
            var item = property.PropertyType.GetGenericArguments()[0];
            if (MapLists.TryGetValue((owner, name), out var map))
                return new() { Type = "array", LazyDescription = description, LazyItems = () => For(item), ListType = "map", ListMapKeys = map.Keys, PatchMergeKey = map.MergeKey, PatchStrategy = name is "volumes" ? "merge,retainKeys" : "merge" };
            if (SetLists.Contains((owner, name)))
                return new() { Type = "array", LazyDescription = description, LazyItems = () => For(item), ListType = "set", PatchStrategy = "merge" };
            PatchOnly.TryGetValue((owner, name), out var key);
            return new() { Type = "array", LazyDescription = description, LazyItems = () => For(item), ListType = "atomic", PatchMergeKey = key, PatchStrategy = key is null ? null : "merge" };
        }
        if (plain.Type is "object" && plain.Component is null)
            return new() { Type = "object", LazyDescription = description, LazyAdditionalProperties = () => plain.AdditionalProperties, MapType = AtomicMaps.Contains((owner, name)) ? "atomic" : null };
        if (plain.Component is not null && plain.Type is "object")
            return new() { Type = "object", Component = plain.Component, LazyDescription = description, LazyProperties = () => plain.Properties, MapType = plain.MapType, PreserveUnknownFields = plain.PreserveUnknownFields };
        // A key of a merged list needs its default, or an item without it would be another item.
        System.Text.Json.Nodes.JsonNode? value = name is "protocol" && (owner == typeof(V1ContainerPort) || owner == typeof(V1ServicePort)) ? "TCP" : null;
        return new() { Type = plain.Type, Format = plain.Format, Default = value, IntOrString = plain.IntOrString, PreserveUnknownFields = plain.PreserveUnknownFields, LazyDescription = description };
    }

    /// <summary>The last part is what kubectl explain shows as the type's name.</summary>
    private static string Component(Type type)
    {
        var kind = type.Name;
        if (type == typeof(V1ObjectMeta) || type == typeof(V1ListMeta) || type == typeof(V1LabelSelector) || type == typeof(V1OwnerReference))
            return $"io.k8s.apimachinery.pkg.apis.meta.v1.{kind[2..]}";
        if (kind.StartsWith("V1", StringComparison.Ordinal) && kind.Length > 2 && char.IsUpper(kind[2])) kind = kind[2..];
        foreach (var prefix in (string[])["Corev1", "Eventsv1", "Discoveryv1", "Authenticationv1", "AuthenticationV1", "AuthorizationV1", "Rbacv1"])
            if (kind.StartsWith(prefix, StringComparison.Ordinal)) return $"io.k8s.api.{prefix[..^2].ToLowerInvariant()}.v1.{kind[prefix.Length..]}";
        return $"io.k8s.api.v1.{kind}";
    }
}
