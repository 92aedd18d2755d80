using System.Text;
using System.Text.Json.Nodes;
using Demilune.Local.Resources;
using Demilune.Local.Schemas;

namespace Demilune.Local.Patches.Apply;

/// <summary>The fields of an object that can be owned, each a path of FieldsV1 elements, with its value where it has one of its own.</summary>
/// <remarks>
/// Elements are <c>f:NAME</c> (field), <c>k:{…}</c> (list item by key) and <c>v:…</c> (set member), as metadata.managedFields spells them.
/// A path is its elements joined by U+001F, which JSON text never contains unescaped: sets of fields are sets of strings.
/// </remarks>
internal static class FieldPaths
{
    public const char Separator = '\u001f';

    /// <summary>What nobody owns: identity, and what the server alone writes.</summary>
    private static readonly HashSet<string> Unowned =
    [
        "f:apiVersion", "f:kind", Join("f:metadata", "f:name"), Join("f:metadata", "f:namespace"), Join("f:metadata", "f:creationTimestamp"), Join("f:metadata", "f:uid"),
        Join("f:metadata", "f:generation"), Join("f:metadata", "f:resourceVersion"), Join("f:metadata", "f:selfLink"), Join("f:metadata", "f:deletionTimestamp"), Join("f:metadata", "f:deletionGracePeriodSeconds"),
    ];

    /// <summary>Every ownable path. Composites such as list items have the value null.</summary>
    public static Dictionary<string, JsonNode?> Of(JsonObject o, ResourceType type)
    {
        var found = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var (name, value) in o)
        {
            if (name is "metadata" && value is JsonObject metadata)
            {
                foreach (var (field, inner) in metadata)
                    if (field is not "managedFields") Add(found, Join("f:metadata", "f:" + field), inner, type.Schema.Field("metadata")?.Field(field));
            }
            else Add(found, "f:" + name, value, type.Schema.Field(name));
        }
        foreach (var path in Unowned) found.Remove(path);
        return found;
    }

    public static string Join(string path, string element) => path.Length is 0 ? element : $"{path}{Separator}{element}";

    /// <summary>The element that names a list item: by its keys for maps, by itself for sets.</summary>
    public static string Element(JsonNode? item, Schema list)
    {
        if (list.ListType is "set") return "v:" + JsonText.Text(item);
        var key = new JsonObject();
        foreach (var name in list.ListMapKeys.Order(StringComparer.Ordinal))
            if ((item.At(name) ?? list.Items?.Field(name)?.Default) is { } value) key[name] = value.DeepClone();
        return "k:" + JsonText.Text(key);
    }

    /// <summary>For people: <c>.spec.containers[name="web"].image</c>.</summary>
    public static string Describe(string path)
    {
        var text = new StringBuilder();
        foreach (var element in path.Split(Separator))
            switch (element[0])
            {
                case 'f':
                    text.Append('.').Append(element.AsSpan(2));
                    break;
                case 'k':
                    text.Append('[').AppendJoin(',', JsonNode.Parse(element[2..])!.AsObject().Select(pair => $"{pair.Key}={JsonText.Text(pair.Value)}")).Append(']');
                    break;
                default:
                    text.Append("[=").Append(element.AsSpan(2)).Append(']');
                    break;
            }
        return text.ToString();
    }

    /// <summary>FieldsV1 as managedFields carries it: nested by element, <c>.</c> where a composite is owned itself.</summary>
    public static JsonObject Write(IEnumerable<string> paths)
    {
        var root = new JsonObject();
        foreach (var path in paths.Order(StringComparer.Ordinal))
        {
            var at = root;
            foreach (var element in path.Split(Separator)) at = at.Child(element);
            at["."] = new JsonObject();
        }
        Simplify(root);
        return root;
    }

    public static HashSet<string> Read(JsonNode? fields)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        if (fields is JsonObject root) Collect(root, "");
        return paths;

        void Collect(JsonObject at, string path)
        {
            foreach (var (element, value) in at)
            {
                if (element is ".") paths.Add(path);
                else if (element.Length > 1 && element[1] is ':' && value is JsonObject below)
                {
                    var next = Join(path, element);
                    if (below.Count is 0) paths.Add(next);
                    else Collect(below, next);
                }
            }
        }
    }

    private static void Simplify(JsonObject at)
    {
        // A leaf is {}, not {".":{}}.
        foreach (var (_, value) in at)
            if (value is JsonObject below)
            {
                if (below.Count is 1 && below.ContainsKey(".")) below.Clear();
                else Simplify(below);
            }
    }

    private static void Add(Dictionary<string, JsonNode?> found, string path, JsonNode? value, Schema? schema)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } map when schema?.MapType is not "atomic":
                foreach (var (name, child) in map)
                {
                    var next = Join(path, "f:" + name);
                    Add(found, next, child, schema?.Field(name));
                    // The entries of a map are owned themselves, the fields of a structure only through what is in them.
                    if (schema is null || !schema.Properties.ContainsKey(name)) found.TryAdd(next, null);
                }
                break;
            case JsonArray { Count: > 0 } list when schema?.ListType is "map" or "set":
                foreach (var item in list)
                {
                    var next = Join(path, Element(item, schema));
                    found[next] = schema.ListType is "set" ? item : null;
                    if (schema.ListType is "map" && item is JsonObject fields)
                        foreach (var (name, child) in fields) Add(found, Join(next, "f:" + name), child, schema.Items?.Field(name));
                }
                break;
            default:
                found[path] = value;
                break;
        }
    }
}
