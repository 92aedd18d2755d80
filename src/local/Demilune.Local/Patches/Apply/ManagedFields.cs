using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Resources;

namespace Demilune.Local.Patches.Apply;

/// <summary>Who owns which field: metadata.managedFields.</summary>
internal sealed class ManagedFields
{
    /// <summary>Managers that wrote without apply, each with an entry of its own; older ones are put together. As in Kubernetes.</summary>
    private const int MaxUpdateManagers = 10;

    private readonly List<Entry> _entries = [];

    /// <param name="Operation">Apply or Update.</param>
    internal sealed record Entry(string Manager, string Operation, string ApiVersion, string Subresource, string Time, HashSet<string> Fields)
    {
        public bool IsApplyOf(string manager, string? subresource) => Operation is "Apply" && Manager == manager && Subresource == (subresource ?? "");
    }

    public IReadOnlyList<Entry> Entries => _entries;

    public static ManagedFields Read(JsonObject? o)
    {
        var read = new ManagedFields();
        foreach (var entry in o.Items("metadata", "managedFields"))
            if (entry.Text("manager") is { } manager)
                read._entries.Add(new Entry(manager, entry.Text("operation") ?? "Update", entry.Text("apiVersion") ?? "", entry.Text("subresource") ?? "", entry.Text("time") ?? "", FieldPaths.Read(entry.At("fieldsV1"))));
        return read;
    }

    /// <summary>Records a create or update: the writer owns what it set or changed, and what it removed belongs to nobody.</summary>
    public static void Update(JsonObject next, JsonObject? before, ResourceType type, WriteOptions options, DateTimeOffset now)
    {
        // An explicitly empty list is the documented way to forget all owners.
        var reset = next.At("metadata", "managedFields") is JsonArray { Count: 0 } && before is not null;
        var owners = reset ? new ManagedFields() : Read(before);
        if (!reset)
        {
            var old = before is null ? [] : FieldPaths.Of(before, type);
            var current = FieldPaths.Of(next, type);
            var written = current.Where(field => !old.TryGetValue(field.Key, out var value) || !JsonNode.DeepEquals(value, field.Value)).Select(field => field.Key).ToHashSet(StringComparer.Ordinal);
            var removed = old.Keys.Where(path => !current.ContainsKey(path)).ToHashSet(StringComparer.Ordinal);
            if (written.Count > 0 || removed.Count > 0) owners.RecordUpdate(written, removed, type, options, now);
        }
        owners.WriteTo(next);
    }

    /// <summary>Records an apply: the manager owns exactly what it applied.</summary>
    public void RecordApply(HashSet<string> applied, ResourceType type, WriteOptions options, DateTimeOffset now)
    {
        var known = _entries.FindIndex(entry => entry.IsApplyOf(options.FieldManager, options.Subresource));
        if (known >= 0 && _entries[known].Fields.SetEquals(applied) && _entries[known].ApiVersion == type.ApiVersion) return;
        if (known >= 0) _entries.RemoveAt(known);
        _entries.Add(new Entry(options.FieldManager, "Apply", type.ApiVersion, options.Subresource ?? "", now.Timestamp(), applied));
    }

    public void WriteTo(JsonObject o)
    {
        var written = new JsonArray();
        foreach (var entry in _entries.Where(entry => entry.Fields.Count > 0))
        {
            var node = new JsonObject
            {
                ["apiVersion"] = entry.ApiVersion, ["fieldsType"] = "FieldsV1", ["fieldsV1"] = FieldPaths.Write(entry.Fields), ["manager"] = entry.Manager, ["operation"] = entry.Operation,
            };
            if (entry.Subresource.Length > 0) node["subresource"] = entry.Subresource;
            if (entry.Time.Length > 0) node["time"] = entry.Time;
            written.Add(node);
        }
        if (written.Count > 0) o.Child("metadata")["managedFields"] = written;
        else o.Child("metadata").Remove("managedFields");
    }

    private void RecordUpdate(HashSet<string> written, HashSet<string> removed, ResourceType type, WriteOptions options, DateTimeOffset now)
    {
        var subresource = options.Subresource ?? "";
        var own = _entries.FindIndex(entry => entry.Operation is "Update" && entry.Manager == options.FieldManager && entry.ApiVersion == type.ApiVersion && entry.Subresource == subresource);
        for (var i = 0; i < _entries.Count; i++)
        {
            _entries[i].Fields.ExceptWith(removed);
            if (i != own) _entries[i].Fields.ExceptWith(written);
        }
        if (own >= 0)
        {
            _entries[own].Fields.UnionWith(written);
            if (written.Count > 0) _entries[own] = _entries[own] with { Time = now.Timestamp() };
        }
        else if (written.Count > 0) _entries.Add(new Entry(options.FieldManager, "Update", type.ApiVersion, subresource, now.Timestamp(), written));
        MergeAncient();
    }

    private void MergeAncient()
    {
        while (_entries.Where(entry => entry.Operation is "Update").OrderBy(entry => entry.Time, StringComparer.Ordinal).ToArray() is { Length: > MaxUpdateManagers } updates)
        {
            foreach (var old in updates[..2]) _entries.Remove(old);
            updates[0].Fields.UnionWith(updates[1].Fields);
            _entries.Insert(0, updates[0] with { Manager = "ancient-changes", Subresource = "" });
        }
    }
}
