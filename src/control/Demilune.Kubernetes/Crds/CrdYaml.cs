using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Kubernetes.Crds;

/// <summary>Writes JSON as YAML for people to read: block style, every string in JSON's own quotes (which YAML shares) unless plain.</summary>
public static class CrdYaml
{
    public static string Write(JsonObject document)
    {
        var text = new StringBuilder();
        Members(text, document, 0);
        return text.ToString();
    }

    private static void Members(StringBuilder text, JsonObject obj, int indent, bool first = false)
    {
        foreach (var (name, value) in obj)
        {
            text.Append(' ', first ? 0 : indent).Append(name).Append(':');
            first = false;
            Value(text, value, indent);
        }
    }

    private static void Value(StringBuilder text, JsonNode? value, int indent)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } obj:
                text.Append('\n');
                Members(text, obj, indent + 2);
                break;
            case JsonArray { Count: > 0 } array:
                text.Append('\n');
                foreach (var item in array) Item(text, item, indent);
                break;
            default:
                text.Append(' ').Append(Scalar(value)).Append('\n');
                break;
        }
    }

    private static void Item(StringBuilder text, JsonNode? item, int indent)
    {
        text.Append(' ', indent).Append("- ");
        if (item is JsonObject { Count: > 0 } obj) Members(text, obj, indent + 2, first: true);
        else text.Append(Scalar(item)).Append('\n');
    }

    private static string Scalar(JsonNode? value)
    {
        if (value is not JsonValue scalar || scalar.GetValueKind() != JsonValueKind.String) return value?.ToJsonString() ?? "null";
        var text = scalar.GetValue<string>();
        // Letters, digits and the few marks that mean nothing to YAML; never a word that YAML reads as a boolean, null or number.
        var plain = text.Length > 0 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '/' or '_')
            && text is not ("True" or "False" or "true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n");
        return plain ? text : JsonSerializer.Serialize(text, Quoted);
    }

    private static readonly JsonSerializerOptions Quoted = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
    };
}
