using System.Collections.Immutable;

namespace Demilune.Local.Storage;

/// <summary>Everything that existed at one revision. Revisions share the trees that did not change between them.</summary>
internal sealed record Snapshot(long Revision, ImmutableDictionary<string, ImmutableSortedDictionary<ObjectName, StoredObject>> Resources)
{
    public static Snapshot Empty { get; } =
        new(1, ImmutableDictionary.Create<string, ImmutableSortedDictionary<ObjectName, StoredObject>>(StringComparer.Ordinal));

    public ImmutableSortedDictionary<ObjectName, StoredObject> All(string resource) =>
        Resources.GetValueOrDefault(resource, ImmutableSortedDictionary<ObjectName, StoredObject>.Empty);

    public StoredObject? Find(string resource, ObjectName name) => All(resource).GetValueOrDefault(name);

    public StoredObject? Find(string resource, string @namespace, string name) => Find(resource, new ObjectName(@namespace, name));

    public IEnumerable<StoredObject> In(string resource, string? @namespace)
    {
        var all = All(resource);
        return @namespace is null ? all.Values : all.Values.Where(stored => stored.Name.Namespace == @namespace);
    }

    public Snapshot With(Change change)
    {
        var (resource, name) = (change.Object.Resource, change.Object.Name);
        var all = All(resource);
        all = change.Kind is ChangeKind.Deleted ? all.Remove(name) : all.SetItem(name, change.Object);
        return new(change.Object.Revision, Resources.SetItem(resource, all));
    }
}
