using System.Net;
using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Resources;
using Demilune.Local.Storage;

namespace Demilune.Local.Controllers;

/// <summary>What every cluster has from its first second: the system namespaces and the service of the API itself.</summary>
internal static class SystemObjects
{
    private static readonly WriteOptions Write = new() { FieldManager = "kube-apiserver" };

    public static void Ensure(ObjectWriter writer, CatalogSnapshot catalog, IPEndPoint endpoint)
    {
        var namespaces = catalog.FindKind("", "Namespace")!;
        foreach (var name in (string[])["default", "kube-system", "kube-public", "kube-node-lease"])
            if (writer.Store.Current.Find(namespaces.Storage, "", name) is null)
                writer.Create(namespaces, "", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, Write);

        var service = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "kubernetes", ["labels"] = new JsonObject { ["component"] = "apiserver", ["provider"] = "kubernetes" } },
            ["spec"] = new JsonObject
            {
                ["clusterIP"] = LocalCluster.ServiceAddress.ToString(),
                ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = 443, ["targetPort"] = endpoint.Port, ["protocol"] = "TCP" }),
            },
        };
        var endpoints = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "kubernetes" },
            ["subsets"] = new JsonArray(new JsonObject
            {
                ["addresses"] = new JsonArray(new JsonObject { ["ip"] = endpoint.Address.ToString() }),
                ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = endpoint.Port, ["protocol"] = "TCP" }),
            }),
        };
        foreach (var (kind, desired) in ((string, JsonObject)[])[("Service", service), ("Endpoints", endpoints)])
        {
            var type = catalog.FindKind("", kind)!;
            var name = new ObjectName("default", "kubernetes");
            if (writer.Store.Current.Find(type.Storage, name) is null) writer.Create(type, name.Namespace, desired, Write);
            else writer.Update(type, name, current => Patches.MergePatch.Apply(current, desired)!.AsObject(), Write);
        }
    }
}
