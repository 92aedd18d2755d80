using System.Text.Json.Nodes;

namespace Demilune.Local.Schemas;

/// <summary>Removes fields that a schema does not know, and fills its defaults.</summary>
internal static class Pruning
{
    /// <summary>Unknown fields named to the user; the rest is counted as pruned without a word.</summary>
    public const int MaxNamed = 50;

    /// <summary>Removes unknown fields in place.</summary>
    /// <param name="unknown">Paths of what was removed, as <c>spec.foo</c> or <c>spec.list[0].foo</c>.</param>
    public static void Prune(JsonNode? value, Schema schema, List<string> unknown, string path = "")
    {
        if (value is JsonObject map)
        {
            if (schema.Type is not (null or "object")) return;
            foreach (var name in map.Select(entry => entry.Key).ToArray())
            {
                var child = path.Length is 0 ? name : $"{path}.{name}";
                if (schema.Field(name) is { } field) Prune(map[name], field, unknown, child);
                else if (!schema.PreserveUnknownFields && !(schema.EmbeddedResource && name is "apiVersion" or "kind" or "metadata"))
                {
                    map.Remove(name);
                    if (unknown.Count < MaxNamed) unknown.Add(child);
                }
            }
        }
        else if (value is JsonArray list && schema.Items is { } items)
            for (var i = 0; i < list.Count; i++)
                Prune(list[i], items, unknown, $"{path}[{i}]");
    }

    /// <summary>Fills defaults in place, also inside what was just filled.</summary>
    public static void Default(JsonNode? value, Schema schema)
    {
        if (value is JsonObject map)
        {
            foreach (var (name, field) in schema.Properties)
            {
                // A null where null is not allowed counts as absent, so that the default can take its place.
                if (field.Default is not null && (!map.TryGetPropertyValue(name, out var present) || (present is null && !field.Nullable)))
                    map[name] = field.Default.DeepClone();
                if (map[name] is { } child) Default(child, field);
            }
            if (schema.AdditionalProperties is { } values)
                foreach (var (_, child) in map) Default(child, values);
        }
        else if (value is JsonArray list && schema.Items is { } items)
            foreach (var item in list) Default(item, items);
    }

    /// <summary>Removes nulls in place, as decoding into Go structures does: in built-in kinds null means absent.</summary>
    public static void DropNulls(JsonNode? value)
    {
        if (value is JsonObject map)
        {
            foreach (var name in map.Where(entry => entry.Value is null).Select(entry => entry.Key).ToArray()) map.Remove(name);
            foreach (var (_, child) in map) DropNulls(child);
        }
        else if (value is JsonArray list)
            foreach (var item in list) DropNulls(item);
    }

    /// <summary>Removes non-nullable nulls that have no default, as the CRD handler does before validation.</summary>
    public static void DropForbiddenNulls(JsonNode? value, Schema schema)
    {
        if (value is JsonObject map)
        {
            foreach (var name in map.Where(entry => entry.Value is null && schema.Field(entry.Key) is { Nullable: false, PreserveUnknownFields: false }).Select(entry => entry.Key).ToArray())
                map.Remove(name);
            foreach (var (name, child) in map)
                if (schema.Field(name) is { } field) DropForbiddenNulls(child, field);
        }
        else if (value is JsonArray list && schema.Items is { } items)
            foreach (var item in list) DropForbiddenNulls(item, items);
    }
}
