using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Verify.Tests.Checks;

/// <summary>Whether a record is what a <c>match</c> asks for.</summary>
internal static class EveFilter
{
    public static bool Matches(JsonObject match, JsonElement record) => match.All(condition => Holds(condition.Key, condition.Value, record));

    private static bool Holds(string key, JsonNode? expected, JsonElement record)
    {
        if (key is "has-key" or "not-has-key")
            return (expected as JsonArray ?? [expected!.DeepClone()]).All(path => TryFind(record, path!.ToString(), out _) == (key == "has-key"));
        var split = key.LastIndexOf(".__", StringComparison.Ordinal);
        if (!TryFind(record, split < 0 ? key : key[..split], out var found)) return expected is null && split < 0;
        return split < 0 ? AreEqual(expected, found) : key[(split + 3)..] switch
        {
            "len" => (found.ValueKind == JsonValueKind.String ? found.GetString()!.Length : found.ValueKind == JsonValueKind.Array ? found.GetArrayLength() : found.EnumerateObject().Count())
                == int.Parse(expected!.ToString(), CultureInfo.InvariantCulture),
            "contains" or "find" => found.ValueKind == JsonValueKind.Array ? found.EnumerateArray().Any(item => AreEqual(expected, item)) : Text(found).Contains(expected!.ToString(), StringComparison.Ordinal),
            "startswith" => Text(found).StartsWith(expected!.ToString(), StringComparison.Ordinal),
            "endswith" => Text(found).EndsWith(expected!.ToString(), StringComparison.Ordinal),
            var other => throw new NotSupportedException($"a match by __{other}"),
        };
    }

    private static string Text(JsonElement found) => found.ValueKind == JsonValueKind.String ? found.GetString()! : found.GetRawText();

    /// <param name="path">Names with dots between, and indices in brackets. A name may itself have dots.</param>
    public static bool TryFind(JsonElement record, string path, out JsonElement found)
    {
        found = record;
        if (path.Length == 0) return true;
        if (path[0] == '[')
        {
            var end = path.IndexOf(']', StringComparison.Ordinal);
            if (record.ValueKind != JsonValueKind.Array || !int.TryParse(path.AsSpan(1, end - 1), out var index) || index >= record.GetArrayLength()) return false;
            return TryFind(record[index], path[(end + 1)..].TrimStart('.'), out found);
        }
        if (record.ValueKind != JsonValueKind.Object) return false;
        for (var end = path.Length; end > 0; end = path.AsSpan(0, end).LastIndexOfAny('.', '['))
            if (record.TryGetProperty(path.AsSpan(0, end), out var next) && TryFind(next, path[end..].TrimStart('.'), out found)) return true;
        return false;
    }

    private static bool AreEqual(JsonNode? expected, JsonElement found) => found.ValueKind switch
    {
        JsonValueKind.String => expected is JsonValue value && value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() == found.GetString(),
        JsonValueKind.Number => expected is JsonValue value && value.GetValueKind() == JsonValueKind.Number && found.TryGetDecimal(out var number) && value.GetValue<decimal>() == number,
        JsonValueKind.True or JsonValueKind.False => expected is JsonValue value && value.GetValueKind() == found.ValueKind,
        JsonValueKind.Null => expected is null,
        JsonValueKind.Array => expected is JsonArray items && items.Count == found.GetArrayLength() && items.Zip(found.EnumerateArray()).All(pair => AreEqual(pair.First, pair.Second)),
        _ => expected is JsonObject fields && fields.Count == found.EnumerateObject().Count()
            && fields.All(field => found.TryGetProperty(field.Key, out var value) && AreEqual(field.Value, value)),
    };
}
