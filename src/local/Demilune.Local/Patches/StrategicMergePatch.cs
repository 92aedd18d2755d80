using System.Text.Json.Nodes;
using Demilune.Local.Schemas;

namespace Demilune.Local.Patches;

/// <summary>Strategic merge patch: lists merge by key, with the directives <c>$patch</c>, <c>$setElementOrder</c>, <c>$deleteFromPrimitiveList</c> and <c>$retainKeys</c>.</summary>
internal static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string OrderPrefix = "$setElementOrder/";
    private const string DeletePrefix = "$deleteFromPrimitiveList/";

    /// <exception cref="PatchException">A directive is unknown or has no sense where it stands, or a list item lacks its merge key.</exception>
    public static JsonObject Apply(JsonObject target, JsonObject patch, Schema schema)
    {
        if (patch.TryGetPropertyValue(Directive, out var directive))
        {
            switch (directive.Text())
            {
                case "replace":
                    var whole = patch.DeepClone().AsObject();
                    whole.Remove(Directive);
                    return whole;
                case "delete":
                    return [];
                case "merge":
                    break;
                default:
                    throw new PatchException($"Unknown patch type found: {JsonText.Text(directive)}");
            }
        }
        var result = target.DeepClone().AsObject();
        if (patch[RetainKeys] is JsonArray retained)
        {
            var keep = retained.Select(key => key.Text()).ToHashSet(StringComparer.Ordinal);
            foreach (var name in result.Select(entry => entry.Key).Where(name => !keep.Contains(name)).ToArray()) result.Remove(name);
        }
        foreach (var (name, value) in patch)
        {
            if (name is Directive or RetainKeys || name.StartsWith(OrderPrefix, StringComparison.Ordinal)) continue;
            if (name.StartsWith(DeletePrefix, StringComparison.Ordinal))
            {
                if (result[name[DeletePrefix.Length..]] is JsonArray list && value is JsonArray gone) RemovePrimitives(list, gone);
                continue;
            }
            var field = schema.Field(name) ?? Schema.Anything;
            result[name] = value switch
            {
                null => null,
                JsonObject changes when result[name] is JsonObject current => Apply(current, changes, field),
                JsonObject changes => Apply([], changes, field),
                JsonArray changes when field.PatchStrategy?.Contains("merge", StringComparison.Ordinal) is true && field.PatchMergeKey is { } key => MergeByKey(result[name] as JsonArray ?? [], changes, key, field.Items ?? Schema.Anything, name),
                JsonArray changes when field.PatchStrategy is "merge" => MergePrimitives(result[name] as JsonArray ?? [], changes),
                _ => value.DeepClone(),
            };
            if (value is null) result.Remove(name);
        }
        foreach (var (name, value) in patch)
            if (name.StartsWith(OrderPrefix, StringComparison.Ordinal) && value is JsonArray order && result[name[OrderPrefix.Length..]] is JsonArray list)
                result[name[OrderPrefix.Length..]] = Ordered(list, order, schema.Field(name[OrderPrefix.Length..])?.PatchMergeKey);
        return result;
    }

    private static JsonArray MergeByKey(JsonArray current, JsonArray changes, string key, Schema items, string name)
    {
        if (changes.Any(item => item is JsonObject map && map.Text(Directive) is "replace"))
            return new JsonArray([.. changes.Where(item => item.Text(Directive) is null).Select(item => item?.DeepClone())]);
        var result = current.DeepClone().AsArray();
        foreach (var change in changes)
        {
            if (change is not JsonObject item) throw new PatchException($"the items of {name} are objects");
            if (item[key] is not { } wanted) throw new PatchException($"map: {JsonText.Text(item)} does not contain declared merge key: {key}");
            var at = -1;
            for (var i = 0; i < result.Count; i++)
                if (JsonNode.DeepEquals(result[i].At(key), wanted)) { at = i; break; }
            if (item.Text(Directive) is "delete")
            {
                if (at >= 0) result.RemoveAt(at);
            }
            else if (at >= 0) result[at] = Apply(result[at]!.AsObject(), item, items);
            else result.Add(Apply([], item, items));
        }
        return result;
    }

    private static JsonArray MergePrimitives(JsonArray current, JsonArray changes)
    {
        var result = current.DeepClone().AsArray();
        foreach (var item in changes)
            if (!result.Any(present => JsonNode.DeepEquals(present, item))) result.Add(item?.DeepClone());
        return result;
    }

    private static void RemovePrimitives(JsonArray list, JsonArray gone)
    {
        for (var i = list.Count - 1; i >= 0; i--)
            if (gone.Any(item => JsonNode.DeepEquals(item, list[i]))) list.RemoveAt(i);
    }

    /// <summary>Items the order names come in that order; the others stay behind the item they followed.</summary>
    private static JsonArray Ordered(JsonArray list, JsonArray order, string? key)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < order.Count; i++) places[Identity(order[i], key)] = i;
        var place = -1;
        var keyed = new List<(int Place, JsonNode? Item)>();
        foreach (var item in list)
        {
            if (places.TryGetValue(Identity(item, key), out var known)) place = known;
            keyed.Add((place, item?.DeepClone()));
        }
        return new JsonArray([.. keyed.OrderBy(pair => pair.Place).Select(pair => pair.Item)]);
    }

    private static string Identity(JsonNode? item, string? key) => JsonText.Text(key is null ? item : item.At(key));
}
