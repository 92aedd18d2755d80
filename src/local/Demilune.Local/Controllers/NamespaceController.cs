using System.Text.Json.Nodes;
using Demilune.Local.Access;
using Demilune.Local.Api;
using Demilune.Local.Resources;
using Demilune.Local.Storage;

namespace Demilune.Local.Controllers;

/// <summary>Gives each namespace its default service account and the authority's certificate; empties those that are to go.</summary>
internal sealed class NamespaceController(ObjectStore store, ObjectWriter writer, Catalog catalog, ClusterAuthority authority, TimeProvider time, ILogger<NamespaceController> log) : ControllerLoop(store, time, log)
{
    private static readonly WriteOptions Write = new() { FieldManager = "kube-controller-manager" };

    protected override IReadOnlySet<string> Watched { get; } = new HashSet<string> { "namespaces" };

    protected override bool Concerns(Change change) =>
        base.Concerns(change)
        || (change.Object.Name.Namespace is { Length: > 0 } ns && change.Kind is ChangeKind.Deleted && (change.Object.Resource is "serviceaccounts" or "configmaps" || Store.Current.Find("namespaces", "", ns)?.IsTerminating is true));

    protected override TimeSpan? Reconcile(Snapshot cluster)
    {
        foreach (var ns in cluster.All("namespaces").Values)
        {
            try
            {
                if (ns.IsTerminating) Empty(ns);
                else Furnish(ns.Name.Name);
            }
            catch (StatusException e) when (e.Code is 403 or 404 or 409)
            {
                // It changed under us; the change wakes this loop again.
            }
        }
        return null;
    }

    private void Furnish(string ns)
    {
        Ensure("ServiceAccount", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "default" } });
        Ensure("ConfigMap", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "kube-root-ca.crt" }, ["data"] = new JsonObject { ["ca.crt"] = authority.Root.ExportCertificatePem() } });

        void Ensure(string kind, JsonObject desired)
        {
            var type = catalog.Current.FindKind("", kind)!;
            if (Store.Current.Find(type.Storage, ns, desired.Text("metadata", "name")!) is null) writer.Create(type, ns, desired, Write);
        }
    }

    private void Empty(StoredObject ns)
    {
        var left = 0;
        foreach (var type in catalog.Current.Types.Where(type => type is { Namespaced: true, IsReview: false }).DistinctBy(type => type.Storage))
            foreach (var stored in Store.Current.In(type.Storage, ns.Name.Name).ToArray())
            {
                if (stored.IsTerminating) left++;
                else if (!writer.Delete(type, stored.Name, new DeletionOptions { Uid = stored.Uid }).Gone) left++;
            }
        if (left > 0) return;
        writer.Update(catalog.Current.FindKind("", "Namespace")!, ns.Name, current =>
        {
            current.Child("spec")["finalizers"] = new JsonArray();
            return current;
        }, new WriteOptions { FieldManager = "kube-controller-manager", Subresource = "finalize" });
    }
}
