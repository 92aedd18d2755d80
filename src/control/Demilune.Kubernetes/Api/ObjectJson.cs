using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Demilune.Kubernetes.Crds;
using k8s;

namespace Demilune.Kubernetes.Api;

/// <summary>How Kubernetes objects, and ours among them, are read and written.</summary>
/// <remarks>
/// The client library's own options freeze on their first use anywhere in the process; whoever comes second can no
/// longer add kinds to them. So these are a set of their own.
/// </remarks>
public static class ObjectJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    public static T Read<T>(JsonElement json) =>
        json.Deserialize((JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T))) ?? throw new JsonException($"null where a {typeof(T).Name} should be");

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T)));

    public static JsonNode? ToNode<T>(T value) => JsonSerializer.SerializeToNode(value, (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T)));

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            TypeInfoResolver = JsonTypeInfoResolver.Combine(CrdJson.Default, SourceGenerationContext.Default),
        };
        options.Converters.Add(new KubernetesJson.Iso8601TimeSpanConverter());
        options.Converters.Add(new KubernetesJson.KubernetesDateTimeConverter());
        options.Converters.Add(new KubernetesJson.KubernetesDateTimeOffsetConverter());
        options.MakeReadOnly();
        return options;
    }
}
