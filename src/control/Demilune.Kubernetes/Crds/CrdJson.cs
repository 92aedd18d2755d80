using System.Text.Json.Serialization;

namespace Demilune.Kubernetes.Crds;

/// <summary>Serialisation code for our kinds, written by the compiler.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [
        typeof(k8s.KubernetesJson.Iso8601TimeSpanConverter), typeof(k8s.KubernetesJson.KubernetesDateTimeConverter),
        typeof(k8s.KubernetesJson.KubernetesDateTimeOffsetConverter)])]
[JsonSerializable(typeof(SecurityPolicy))]
[JsonSerializable(typeof(InspectionPolicy))]
[JsonSerializable(typeof(ClusterNetworkPolicy))]
[JsonSerializable(typeof(Firewall))]
[JsonSerializable(typeof(SecurityManager))]
[JsonSerializable(typeof(PodPort))]
[JsonSerializable(typeof(System.Text.Json.JsonElement))]      // managedFields of objects that are written back
internal sealed partial class CrdJson : JsonSerializerContext;
