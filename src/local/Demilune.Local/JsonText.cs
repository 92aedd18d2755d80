using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Demilune.Local;

/// <summary>How this server reads and writes JSON.</summary>
[JsonSerializable(typeof(JsonNode))]
internal sealed partial class JsonText : JsonSerializerContext
{
    /// <summary>Deepest nesting taken from a client; Kubernetes' own objects stay below 30, CRD schemas below 60.</summary>
    public const int MaxDepth = 128;

    // Only JSON travels over this API, never HTML: escaping quotes and '<' would only bloat what users read with -o yaml.
    private static readonly JsonText Relaxed = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MaxDepth });

    public static JsonTypeInfo<JsonNode> NodeInfo => Relaxed.JsonNode;

    public static JsonDocumentOptions ReadOptions => new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    public static JsonWriterOptions WriteOptions => new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MaxDepth * 2 };

    public static byte[] Bytes(JsonNode node) => JsonSerializer.SerializeToUtf8Bytes(node, NodeInfo);

    public static string Text(JsonNode? node) => node is null ? "null" : JsonSerializer.Serialize(node, NodeInfo);
}
