using System.Text.Json.Nodes;
using Demilune.Local.Resources;

namespace Demilune.Local.Api;

/// <summary>What the server has: /api, /apis and the documents below them, and the aggregated form that kubectl prefers.</summary>
internal static class Discovery
{
    private static readonly string[] ObjectVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    private static readonly string[] StatusVerbs = ["get", "patch", "update"];

    public static JsonObject Version() => new()
    {
        ["major"] = "1", ["minor"] = "32", ["gitVersion"] = "v1.32.0+demilune", ["gitCommit"] = "", ["gitTreeState"] = "clean",
        ["buildDate"] = "1970-01-01T00:00:00Z", ["goVersion"] = "", ["compiler"] = ".NET " + Environment.Version, ["platform"] = "linux/amd64",
    };

    /// <summary>APIGroupDiscoveryList of the core group (/api) or of all others (/apis).</summary>
    public static JsonObject Aggregated(CatalogSnapshot catalog, bool core, string version)
    {
        var groups = new JsonArray();
        foreach (var group in catalog.Groups.Where(group => group.Name.Length is 0 == core))
        {
            var versions = new JsonArray();
            foreach (var name in group.Versions)
                versions.Add(new JsonObject
                {
                    ["version"] = name, ["freshness"] = "Current",
                    ["resources"] = new JsonArray([.. catalog.Types.Where(type => type.Group == group.Name && type.Version == name).Select(AggregatedResource)]),
                });
            var metadata = new JsonObject { ["creationTimestamp"] = null };
            if (!core) metadata["name"] = group.Name;
            groups.Add(new JsonObject { ["metadata"] = metadata, ["versions"] = versions });
        }
        return new() { ["kind"] = "APIGroupDiscoveryList", ["apiVersion"] = "apidiscovery.k8s.io/" + version, ["metadata"] = new JsonObject(), ["items"] = groups };
    }

    public static JsonObject CoreVersions(string server) => new()
    {
        ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = server }),
    };

    public static JsonObject Groups(CatalogSnapshot catalog) => new()
    {
        ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = new JsonArray([.. catalog.Groups.Where(group => group.Name.Length > 0).Select(Group)]),
    };

    public static JsonObject? Group(CatalogSnapshot catalog, string name)
    {
        if (catalog.Groups.FirstOrDefault(group => group.Name == name && name.Length > 0) is not { } found) return null;
        var group = Group(found);
        group["kind"] = "APIGroup";
        group["apiVersion"] = "v1";
        return group;
    }

    public static JsonObject? Resources(CatalogSnapshot catalog, string group, string version)
    {
        var types = catalog.Types.Where(type => type.Group == group && type.Version == version).ToArray();
        if (types.Length is 0) return null;
        var resources = new JsonArray();
        foreach (var type in types)
        {
            var resource = new JsonObject { ["name"] = type.Plural, ["singularName"] = type.Singular, ["namespaced"] = type.Namespaced, ["kind"] = type.Kind, ["verbs"] = Strings(Verbs(type)) };
            if (type.ShortNames.Count > 0) resource["shortNames"] = Strings(type.ShortNames);
            if (type.Categories.Count > 0) resource["categories"] = Strings(type.Categories);
            resources.Add(resource);
            foreach (var sub in Subresources(type))
            {
                var entry = new JsonObject { ["name"] = $"{type.Plural}/{sub.Name}", ["singularName"] = "", ["namespaced"] = type.Namespaced, ["kind"] = sub.Kind, ["verbs"] = Strings(sub.Verbs) };
                if (sub.Version.Length > 0) { entry["group"] = sub.Group; entry["version"] = sub.Version; }
                resources.Add(entry);
            }
        }
        return new() { ["kind"] = "APIResourceList", ["apiVersion"] = "v1", ["groupVersion"] = types[0].ApiVersion, ["resources"] = resources };
    }

    public static IReadOnlyList<string> Verbs(ResourceType type) => type.IsReview ? ["create"] : ObjectVerbs;

    private static JsonObject Group(ApiGroup group)
    {
        JsonObject Version(string version) => new() { ["groupVersion"] = $"{group.Name}/{version}", ["version"] = version };
        return new() { ["name"] = group.Name, ["versions"] = new JsonArray([.. group.Versions.Select(Version)]), ["preferredVersion"] = Version(group.Versions[0]) };
    }

    private static JsonObject AggregatedResource(ResourceType type)
    {
        var resource = new JsonObject
        {
            ["resource"] = type.Plural, ["responseKind"] = Kind(type.Group, type.Version, type.Kind), ["scope"] = type.Namespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = type.Singular, ["verbs"] = Strings(Verbs(type)),
        };
        if (type.ShortNames.Count > 0) resource["shortNames"] = Strings(type.ShortNames);
        if (type.Categories.Count > 0) resource["categories"] = Strings(type.Categories);
        var subresources = Subresources(type).Select(sub => (JsonNode)new JsonObject
        {
            ["subresource"] = sub.Name, ["verbs"] = Strings(sub.Verbs),
            ["responseKind"] = sub.Version.Length > 0 ? Kind(sub.Group, sub.Version, sub.Kind) : Kind(type.Group, type.Version, sub.Kind),
        }).ToArray();
        if (subresources.Length > 0) resource["subresources"] = new JsonArray(subresources);
        return resource;
    }

    private static IEnumerable<SubresourceType> Subresources(ResourceType type) =>
        type.HasStatus ? type.Subresources.Append(new SubresourceType("status", type.Kind, "", "", StatusVerbs)) : type.Subresources;

    private static JsonObject Kind(string group, string version, string kind) => new() { ["group"] = group, ["version"] = version, ["kind"] = kind };

    private static JsonArray Strings(IEnumerable<string> items) => new([.. items.Select(item => (JsonNode)item)]);
}
