using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Crds;
using Demilune.Local.Resources;
using Demilune.Local.Storage;

namespace Demilune.Local.Controllers;

/// <summary>Accepts definitions, offers their kinds, and takes the objects away before a definition goes.</summary>
internal sealed class CrdController(ObjectStore store, ObjectWriter writer, Catalog catalog, TimeProvider time, ILogger<CrdController> log) : ControllerLoop(store, time, log)
{
    private const string Definitions = "customresourcedefinitions.apiextensions.k8s.io";
    private static readonly WriteOptions StatusWrite = new() { FieldManager = "kube-apiserver", Subresource = "status" };
    private IReadOnlyList<(string, long)> _offered = [];

    protected override IReadOnlySet<string> Watched { get; } = new HashSet<string> { Definitions };

    // While a definition waits for its objects to go, their going is news as well.
    protected override bool Concerns(Change change) => base.Concerns(change) || (change.Kind is ChangeKind.Deleted && Store.Current.Find(Definitions, "", change.Object.Resource)?.IsTerminating is true);

    protected override TimeSpan? Reconcile(Snapshot cluster)
    {
        var type = catalog.Current.FindKind("apiextensions.k8s.io", "CustomResourceDefinition")!;
        foreach (var definition in cluster.All(Definitions).Values)
        {
            var status = CustomResources.Status(definition, Store.Current, Now);
            if (!JsonNode.DeepEquals(status, definition.ToNode()["status"]))
                writer.Update(type, definition.Name, current => { current["status"] = status.DeepClone(); return current; }, StatusWrite);
        }
        Offer();
        foreach (var definition in Store.Current.All(Definitions).Values.Where(definition => definition.IsTerminating)) CleanUp(definition, type);
        return null;
    }

    /// <summary>Makes the catalog agree with the definitions that are established.</summary>
    public void Offer()
    {
        var established = Store.Current.All(Definitions).Values.Where(definition => CustomResources.IsEstablished(definition.Root)).ToArray();
        // Status writes change revisions but not what is offered: kinds follow the generation.
        var next = established.Select(definition => (definition.Uid, definition.Root.Number("metadata", "generation") ?? 0)).ToArray();
        if (next.SequenceEqual(_offered)) return;
        catalog.ReplaceCustom(established.SelectMany(CustomResources.Types));
        _offered = next;
    }

    private void CleanUp(StoredObject definition, ResourceType type)
    {
        if (!definition.Root.Items("metadata", "finalizers").Any(f => f.GetString() is CrdRules.CleanupFinalizer)) return;
        var kind = catalog.Current.Types.FirstOrDefault(t => t.IsCustom && t.GroupResource == definition.Name.Name);
        foreach (var stored in Store.Current.All(definition.Name.Name).Values)
            if (kind is not null && !stored.IsTerminating) writer.Delete(kind, stored.Name, new DeletionOptions { Uid = stored.Uid });
        if (Store.Current.All(definition.Name.Name).Count > 0) return;
        writer.Update(type, definition.Name, current =>
        {
            var finalizers = current.At("metadata", "finalizers") as JsonArray ?? [];
            current.Child("metadata")["finalizers"] = new JsonArray([.. finalizers.Where(f => f.Text() is not CrdRules.CleanupFinalizer).Select(f => f?.DeepClone())]);
            return current;
        }, new WriteOptions { FieldManager = "kube-apiserver" });
    }
}
