using System.Text;
using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Resources;
using Demilune.Local.Schemas;
using Demilune.Local.Storage;

namespace Demilune.Local.Patches.Apply;

/// <summary>Server-side apply: the manager says all it wants of an object, the server merges by owner.</summary>
/// <remarks>Fields of the manager's last configuration that are no longer in it go away, unless somebody else owns them too.</remarks>
internal sealed class ServerSideApply(ObjectWriter writer)
{
    /// <exception cref="StatusException">409 with every field that another manager owns, unless forced.</exception>
    public (StoredObject Object, bool Created) Run(ResourceType type, ObjectName name, JsonObject configuration, WriteOptions options)
    {
        if (configuration.At("metadata", "managedFields") is JsonArray { Count: > 0 }) throw StatusException.BadRequest("metadata.managedFields must be nil");
        if (configuration.Text("apiVersion") is null || configuration.Text("kind") is null) throw StatusException.BadRequest("an applied configuration says its apiVersion and kind");
        var known = configuration.DeepClone().AsObject();
        Pruning.Prune(known, type.Schema, []);
        if (!type.IsCustom) Pruning.DropNulls(known);
        var applied = FieldPaths.Of(known, type).Keys.Where(path => options.Subresource is not "status" || path.StartsWith("f:status", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        if (type.HasStatus && options.Subresource is null) applied.RemoveWhere(path => path == "f:status" || path.StartsWith("f:status" + FieldPaths.Separator, StringComparison.Ordinal));
        while (true)
        {
            if (writer.Store.Current.Find(type.Storage, name) is null && options.Subresource is null)
            {
                if (TryCreate(type, name, configuration, applied, options) is { } created) return (created, true);
                continue;
            }
            return (writer.Update(type, name, live => Merge(type, name, live, configuration, applied, options, writer.Now), options, applied: true), false);
        }
    }

    private StoredObject? TryCreate(ResourceType type, ObjectName name, JsonObject configuration, HashSet<string> applied, WriteOptions options)
    {
        var first = configuration.DeepClone().AsObject();
        first.Child("metadata")["name"] = name.Name;
        var owners = new ManagedFields();
        owners.RecordApply(applied, type, options, writer.Now);
        owners.WriteTo(first);
        try
        {
            return writer.Create(type, name.Namespace, first, options, applied: true);
        }
        catch (StatusException e) when (e.Reason is "AlreadyExists")
        {
            return null;    // somebody made it just now: apply onto that
        }
    }

    /// <summary>The object after the apply, with its managedFields. Pure.</summary>
    internal static JsonObject Merge(ResourceType type, ObjectName name, JsonObject live, JsonObject configuration, HashSet<string> applied, WriteOptions options, DateTimeOffset now)
    {
        var owners = ManagedFields.Read(live);
        var merged = Overlay(live, configuration, type.Schema);
        ResolveConflicts(type, name, live, merged, owners, options);

        var last = owners.Entries.FirstOrDefault(entry => entry.IsApplyOf(options.FieldManager, options.Subresource));
        if (last is not null)
        {
            var abandoned = last.Fields.Where(path => !applied.Contains(path) && !applied.Any(kept => kept.StartsWith(path + FieldPaths.Separator, StringComparison.Ordinal)));
            var others = owners.Entries.Where(entry => entry != last).SelectMany(entry => entry.Fields).ToHashSet(StringComparer.Ordinal);
            // Whole items before what is in them: without its key an item would no longer be found.
            foreach (var path in abandoned.OrderBy(path => path.Length).Where(path => !IsKeyOfItem(path)).ToArray())
                if (!others.Contains(path) && !others.Any(other => other.StartsWith(path + FieldPaths.Separator, StringComparison.Ordinal)))
                    Remove(merged, path.Split(FieldPaths.Separator), type.Schema);
        }
        owners.RecordApply(applied, type, options, now);
        owners.WriteTo(merged);
        return merged;
    }

    /// <summary>The keys of a list item live and die with the item.</summary>
    private static bool IsKeyOfItem(string path) =>
        path.Split(FieldPaths.Separator) is [.., ['k', ':', .. var keys], ['f', ':', .. var field]] && JsonNode.Parse(keys) is JsonObject key && key.ContainsKey(field);

    private static void ResolveConflicts(ResourceType type, ObjectName name, JsonObject live, JsonObject merged, ManagedFields owners, WriteOptions options)
    {
        var old = FieldPaths.Of(live, type);
        var changed = FieldPaths.Of(merged, type).Where(field => !old.TryGetValue(field.Key, out var value) || !JsonNode.DeepEquals(value, field.Value)).Select(field => field.Key).ToHashSet(StringComparer.Ordinal);
        var conflicts = owners.Entries.Where(entry => !entry.IsApplyOf(options.FieldManager, options.Subresource))
            .Select(entry => (Entry: entry, Fields: entry.Fields.Where(changed.Contains).Order(StringComparer.Ordinal).ToArray())).Where(conflict => conflict.Fields.Length > 0).ToArray();
        if (conflicts.Length is 0) return;
        if (options.Force)
        {
            foreach (var (entry, fields) in conflicts) entry.Fields.ExceptWith(fields);
            return;
        }
        throw Conflict(type, name, conflicts);
    }

    private static StatusException Conflict(ResourceType type, ObjectName name, (ManagedFields.Entry Entry, string[] Fields)[] conflicts)
    {
        var total = conflicts.Sum(conflict => conflict.Fields.Length);
        var message = new StringBuilder($"Apply failed with {total} conflict{(total is 1 ? "" : "s")}: ");
        var causes = new JsonArray();
        foreach (var (entry, fields) in conflicts)
        {
            var who = $"\"{entry.Manager}\"{(entry.Subresource.Length > 0 ? $" with subresource \"{entry.Subresource}\"" : "")} using {entry.ApiVersion}";
            if (causes.Count > 0) message.Append('\n');
            message.Append($"conflict{(fields.Length is 1 ? "" : "s")} with {who}:");
            message.Append(fields.Length is 1 ? " " + FieldPaths.Describe(fields[0]) : string.Concat(fields.Select(path => "\n- " + FieldPaths.Describe(path))));
            foreach (var path in fields)
                causes.Add(new JsonObject { ["reason"] = "FieldManagerConflict", ["message"] = $"conflict with {who}", ["field"] = FieldPaths.Describe(path) });
        }
        var details = new JsonObject { ["name"] = name.Name, ["kind"] = type.Plural, ["causes"] = causes };
        if (type.Group.Length > 0) details["group"] = type.Group;
        return new StatusException(409, "Conflict", message.ToString(), details);
    }

    /// <summary>The live value with the configuration laid over it; both stay as they are.</summary>
    private static JsonObject Overlay(JsonObject live, JsonObject configuration, Schema schema)
    {
        var result = live.DeepClone().AsObject();
        foreach (var (name, value) in configuration)
        {
            var field = schema.Field(name);
            result[name] = (result[name], value) switch
            {
                (JsonObject below, JsonObject wanted) when field?.MapType is not "atomic" => Overlay(below, wanted, field ?? Schema.Anything),
                (JsonArray below, JsonArray wanted) when field?.ListType is "map" or "set" => OverlayList(below, wanted, field),
                _ => value?.DeepClone(),
            };
        }
        return result;
    }

    private static JsonArray OverlayList(JsonArray live, JsonArray wanted, Schema schema)
    {
        // Applied items come in the applied order; items of others stay where they were among them.
        var applied = wanted.Select(item => (Element: FieldPaths.Element(item, schema), Item: item)).DistinctBy(pair => pair.Element).ToArray();
        var present = live.Select(item => (Element: FieldPaths.Element(item, schema), Item: item)).DistinctBy(pair => pair.Element).ToDictionary(pair => pair.Element, pair => pair.Item, StringComparer.Ordinal);
        var result = new JsonArray();
        var next = 0;
        var names = applied.Select(pair => pair.Element).ToHashSet(StringComparer.Ordinal);
        foreach (var item in live)
        {
            var element = FieldPaths.Element(item, schema);
            if (!names.Contains(element)) result.Add(item?.DeepClone());
            else if (next < applied.Length) result.Add(Combine(applied[next++]));
        }
        while (next < applied.Length) result.Add(Combine(applied[next++]));
        return result;

        JsonNode? Combine((string Element, JsonNode? Item) pair) =>
            pair.Item is JsonObject fields && present.TryGetValue(pair.Element, out var below) && below is JsonObject old ? Overlay(old, fields, schema.Items ?? Schema.Anything) : pair.Item?.DeepClone();
    }

    /// <summary>Removes one field, and the containers it leaves empty.</summary>
    private static bool Remove(JsonNode? at, ReadOnlySpan<string> path, Schema? schema)
    {
        var element = path[0];
        switch (at)
        {
            case JsonObject map when element.StartsWith("f:", StringComparison.Ordinal):
                var name = element[2..];
                if (path.Length is 1) return map.Remove(name);
                if (!Remove(map[name], path[1..], schema?.Field(name))) return false;
                if (map[name] is JsonObject { Count: 0 } or JsonArray { Count: 0 }) map.Remove(name);
                return true;
            case JsonArray list when schema is not null:
                for (var i = 0; i < list.Count; i++)
                {
                    if (FieldPaths.Element(list[i], schema) != element) continue;
                    if (path.Length > 1) return Remove(list[i], path[1..], schema.Items);
                    list.RemoveAt(i);
                    return true;
                }
                return false;
            default:
                return false;
        }
    }
}
