using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Resources;
using Demilune.Local.Storage;

namespace Demilune.Local.Controllers;

/// <summary>Records Events about objects, as <c>kubectl describe</c> shows them.</summary>
internal static class Events
{
    private static readonly ResourceType Type = BuiltinResources.All.First(type => type is { Group: "", Kind: "Event" });

    /// <param name="kind">Normal or Warning.</param>
    public static void Record(ObjectWriter writer, StoredObject about, string kind, string reason, string message, string component)
    {
        var now = writer.Now;
        var ns = about.Name.Namespace.Length is 0 ? "default" : about.Name.Namespace;
        var recorded = new JsonObject
        {
            ["metadata"] = new JsonObject { ["generateName"] = about.Name.Name + "." },
            ["involvedObject"] = new JsonObject
            {
                ["apiVersion"] = about.Root.Text("apiVersion"), ["kind"] = about.Root.Text("kind"), ["name"] = about.Name.Name, ["namespace"] = about.Name.Namespace, ["uid"] = about.Uid,
                ["resourceVersion"] = about.Root.Text("metadata", "resourceVersion"),
            },
            ["reason"] = reason, ["message"] = message, ["type"] = kind, ["count"] = 1, ["firstTimestamp"] = now.Timestamp(), ["lastTimestamp"] = now.Timestamp(),
            ["source"] = new JsonObject { ["component"] = component }, ["reportingComponent"] = component, ["reportingInstance"] = "",
        };
        try
        {
            writer.Create(Type, ns, recorded, new WriteOptions { FieldManager = component });
        }
        catch (StatusException e) when (e.Code is 403 or 404)
        {
            // The namespace is going: nobody will read this.
        }
    }
}
