using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Resources;
using Demilune.Local.Storage;

namespace Demilune.Local.Controllers;

/// <summary>Deletes what lost its last owner, and carries out foreground and orphaning deletions.</summary>
internal sealed class GarbageCollector(ObjectStore store, ObjectWriter writer, Catalog catalog, TimeProvider time, ILogger<GarbageCollector> log) : ControllerLoop(store, time, log)
{
    private static readonly WriteOptions Write = new() { FieldManager = "kube-controller-manager" };

    protected override IReadOnlySet<string> Watched { get; } = new HashSet<string>();

    protected override bool Concerns(Change change) =>
        change.Kind is ChangeKind.Deleted || change.Object.IsTerminating || (change.Object.Root.At("metadata", "ownerReferences") is not null && change.Kind is ChangeKind.Added);

    protected override TimeSpan? Reconcile(Snapshot cluster)
    {
        var all = cluster.Resources.Values.SelectMany(objects => objects.Values).ToArray();
        var byUid = all.ToDictionary(stored => stored.Uid, StringComparer.Ordinal);
        var dependents = new Dictionary<string, List<StoredObject>>(StringComparer.Ordinal);
        foreach (var stored in all)
            foreach (var uid in stored.Root.Items("metadata", "ownerReferences").Select(owner => owner.Text("uid") ?? ""))
                (dependents.TryGetValue(uid, out var list) ? list : dependents[uid] = []).Add(stored);

        foreach (var stored in dependents.Values.SelectMany(list => list).Distinct()) Try(() => CollectIfOrphan(stored, byUid));
        foreach (var owner in all.Where(stored => stored.IsTerminating))
            foreach (var finalizer in owner.Root.Items("metadata", "finalizers").Select(f => f.GetString()).ToArray())
            {
                var owned = dependents.GetValueOrDefault(owner.Uid, []);
                if (finalizer is "orphan") Try(() => Orphan(owner, owned));
                else if (finalizer is "foregroundDeletion") Try(() => DeleteInForeground(owner, owned));
            }
        return null;
    }

    /// <summary>An owner counts when an object with its UID exists where the dependent can see it.</summary>
    private void CollectIfOrphan(StoredObject stored, Dictionary<string, StoredObject> byUid)
    {
        if (stored.IsTerminating || catalog.Current.FindStorage(stored.Resource) is not { } type) return;
        var owners = stored.Root.Items("metadata", "ownerReferences").ToArray();
        var gone = owners.Where(owner => !byUid.TryGetValue(owner.Text("uid") ?? "", out var found) || (found.Name.Namespace.Length > 0 && found.Name.Namespace != stored.Name.Namespace)).Select(owner => owner.Text("uid")).ToHashSet(StringComparer.Ordinal);
        if (gone.Count is 0) return;
        if (gone.Count == owners.Select(owner => owner.Text("uid")).Distinct().Count())
            writer.Delete(type, stored.Name, new DeletionOptions { Uid = stored.Uid, PropagationPolicy = "Background" });
        else RemoveOwners(type, stored, gone);
    }

    private void Orphan(StoredObject owner, List<StoredObject> owned)
    {
        foreach (var dependent in owned)
            if (catalog.Current.FindStorage(dependent.Resource) is { } type) RemoveOwners(type, dependent, [owner.Uid]);
        RemoveFinalizer(owner, "orphan");
    }

    private void DeleteInForeground(StoredObject owner, List<StoredObject> owned)
    {
        foreach (var dependent in owned.Where(dependent => !dependent.IsTerminating))
            if (catalog.Current.FindStorage(dependent.Resource) is { } type) writer.Delete(type, dependent.Name, new DeletionOptions { Uid = dependent.Uid, PropagationPolicy = "Foreground" });
        var blocking = owned.Any(dependent => Store.Current.Find(dependent.Resource, dependent.Name) is { } still && still.Uid == dependent.Uid
            && dependent.Root.Items("metadata", "ownerReferences").Any(reference => reference.Text("uid") == owner.Uid && reference.IsTrue("blockOwnerDeletion")));
        if (!blocking) RemoveFinalizer(owner, "foregroundDeletion");
    }

    private void RemoveOwners(ResourceType type, StoredObject stored, HashSet<string?> uids) => writer.Update(type, stored.Name, current =>
    {
        var kept = current.Items("metadata", "ownerReferences").Where(owner => !uids.Contains(owner.Text("uid"))).Select(owner => owner?.DeepClone()).ToArray();
        if (kept.Length > 0) current.Child("metadata")["ownerReferences"] = new JsonArray(kept);
        else current.Child("metadata").Remove("ownerReferences");
        return current;
    }, Write);

    private void RemoveFinalizer(StoredObject stored, string finalizer)
    {
        if (catalog.Current.FindStorage(stored.Resource) is not { } type) return;
        writer.Update(type, stored.Name, current =>
        {
            current.Child("metadata")["finalizers"] = new JsonArray([.. current.Items("metadata", "finalizers").Where(f => f.Text() != finalizer).Select(f => f?.DeepClone())]);
            return current;
        }, Write);
    }

    private static void Try(Action step)
    {
        try
        {
            step();
        }
        catch (StatusException e) when (e.Code is 403 or 404 or 409)
        {
            // It changed under us; the change wakes this loop again.
        }
    }
}
