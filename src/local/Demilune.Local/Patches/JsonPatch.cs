using System.Globalization;
using System.Text.Json.Nodes;

namespace Demilune.Local.Patches;

/// <summary>RFC 6902, over RFC 6901 pointers.</summary>
internal static class JsonPatch
{
    /// <summary>Operations in one patch, as in Kubernetes.</summary>
    public const int MaxOperations = 10_000;

    /// <summary>Copied nodes in one patch: <c>copy</c> doubles what it copies, so a short patch could fill the memory.</summary>
    public const int MaxCopiedBytes = 3 << 20;

    /// <exception cref="PatchException">An operation does not apply, or its test fails; nothing of the patch is kept then.</exception>
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonArray operations) throw new PatchException("a JSON patch is a list of operations");
        if (operations.Count > MaxOperations) throw new PatchException($"The allowed maximum operations in a JSON patch is {MaxOperations}, got {operations.Count}");
        var document = target?.DeepClone();
        var copied = 0;
        foreach (var operation in operations)
        {
            var (op, path) = (operation.Text("op"), Pointer(operation.Text("path")));
            switch (op)
            {
                case "add":
                    document = Add(document, path, Value(operation));
                    break;
                case "remove":
                    document = Remove(document, path, out _);
                    break;
                case "replace":
                    Find(document, path);
                    document = path.Length is 0 ? Value(operation) : Replace(document, path, Value(operation));
                    break;
                case "move":
                    var from = Pointer(operation.Text("from"));
                    if (path.Length > from.Length && path.AsSpan(0, from.Length).SequenceEqual(from)) throw new PatchException("cannot move a value into itself");
                    document = Remove(document, from, out var moved);
                    document = Add(document, path, moved);
                    break;
                case "copy":
                    var source = Find(document, Pointer(operation.Text("from")))?.DeepClone();
                    if ((copied += JsonText.Text(source).Length) > MaxCopiedBytes) throw new PatchException($"copy operations of one patch may copy {MaxCopiedBytes} bytes together");
                    document = Add(document, path, source);
                    break;
                case "test":
                    if (!JsonNode.DeepEquals(Find(document, path), Value(operation))) throw new PatchException($"testing value {operation.Text("path")} failed");
                    break;
                default:
                    throw new PatchException($"Unexpected kind: {op ?? "none"}");
            }
        }
        return document;
    }

    private static JsonNode? Value(JsonNode? operation) =>
        operation is JsonObject map && map.TryGetPropertyValue("value", out var value) ? value?.DeepClone() : throw new PatchException("the operation has no value");

    private static string[] Pointer(string? text) => text switch
    {
        null => throw new PatchException("the operation has no path"),
        "" => [],
        ['/', ..] => [.. text[1..].Split('/').Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))],
        _ => throw new PatchException($"\"{text}\": a pointer is empty or begins with /"),
    };

    private static JsonNode? Find(JsonNode? node, ReadOnlySpan<string> path)
    {
        foreach (var part in path)
        {
            node = node switch
            {
                JsonObject map when map.TryGetPropertyValue(part, out var child) => child,
                JsonArray list => list[Index(list, part, list.Count - 1)],
                _ => throw new PatchException($"doc is missing path: /{string.Join('/', path!)}: missing value"),
            };
        }
        return node;
    }

    private static JsonNode? Add(JsonNode? document, string[] path, JsonNode? value)
    {
        if (path.Length is 0) return value;
        switch (Find(document, path.AsSpan(..^1)))
        {
            case JsonObject map:
                map[path[^1]] = value;
                break;
            case JsonArray list:
                list.Insert(path[^1] is "-" ? list.Count : Index(list, path[^1], list.Count), value);
                break;
            default:
                throw new PatchException($"add operation does not apply: doc is missing path: \"/{string.Join('/', path)}\": missing value");
        }
        return document;
    }

    private static JsonNode? Replace(JsonNode? document, string[] path, JsonNode? value)
    {
        if (Find(document, path.AsSpan(..^1)) is JsonArray list) list[Index(list, path[^1], list.Count - 1)] = value;
        else Find(document, path.AsSpan(..^1))!.AsObject()[path[^1]] = value;
        return document;
    }

    private static JsonNode? Remove(JsonNode? document, string[] path, out JsonNode? removed)
    {
        if (path.Length is 0) throw new PatchException("the whole document cannot be removed");
        removed = Find(document, path);
        if (Find(document, path.AsSpan(..^1)) is JsonArray list) list.RemoveAt(Index(list, path[^1], list.Count - 1));
        else Find(document, path.AsSpan(..^1))!.AsObject().Remove(path[^1]);
        return document;
    }

    private static int Index(JsonArray list, string part, int max) =>
        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index <= max && (part is "0" || part[0] is not '0') ? index
            : throw new PatchException($"Unable to access invalid index: {part} (the list has {list.Count} items)");
}

/// <summary>A patch that does not apply; the message is for whoever sent it.</summary>
internal sealed class PatchException(string message) : Exception(message);
