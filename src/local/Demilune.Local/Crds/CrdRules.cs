using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Resources;
using Demilune.Local.Schemas;
using Demilune.Local.Storage;

namespace Demilune.Local.Crds;

/// <summary>CustomResourceDefinitions: names agree, one version is stored, every schema is structural, and the status says at once what became of it.</summary>
internal sealed class CrdRules : KindRules
{
    public const string CleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

    public override void Default(JsonObject next, JsonObject? current, Snapshot cluster)
    {
        if (next["spec"] is not JsonObject spec) return;
        if (spec["names"] is JsonObject names)
        {
            names["singular"] ??= names.Text("kind")?.ToLowerInvariant();
            names["listKind"] ??= names.Text("kind") + "List";
        }
        spec["conversion"] ??= new JsonObject { ["strategy"] = "None" };
        if (current is not null) return;
        // Objects of the kind must go before the definition of what they are.
        var finalizers = next.Child("metadata")["finalizers"] as JsonArray ?? [];
        if (!finalizers.Any(f => f.Text() is CleanupFinalizer)) finalizers.Add(CleanupFinalizer);
        next.Child("metadata")["finalizers"] = finalizers.DeepClone();
        next["status"] = new JsonObject();
    }

    public override void Validate(JsonObject next, JsonObject? current, Causes causes)
    {
        if (next["spec"] is not JsonObject spec)
        {
            causes.Required("spec");
            return;
        }
        var (group, plural, kind) = (spec.Text("group") ?? "", spec.Text("names", "plural") ?? "", spec.Text("names", "kind") ?? "");
        if (group.Length is 0) causes.Required("spec.group");
        else if (Names.InvalidSubdomain(group) is { } wrongGroup || !group.Contains('.')) causes.Invalid("spec.group", group, "should be a domain with at least one dot");
        if (plural.Length is 0) causes.Required("spec.names.plural");
        else if (Names.InvalidRfc1035Label(plural) is { } wrongPlural) causes.Invalid("spec.names.plural", plural, wrongPlural);
        if (kind.Length is 0) causes.Required("spec.names.kind");
        else if (Names.InvalidRfc1035Label(kind.ToLowerInvariant()) is { } wrongKind) causes.Invalid("spec.names.kind", kind, wrongKind);
        if (next.Text("metadata", "name") != $"{plural}.{group}") causes.Invalid("metadata.name", next.Text("metadata", "name"), $"must be spec.names.plural+\".\"+spec.group");
        if (spec.Text("scope") is not ("Namespaced" or "Cluster")) causes.NotSupported("spec.scope", spec["scope"]?.DeepClone(), ["Cluster", "Namespaced"]);
        if (spec.Text("conversion", "strategy") is not "None") causes.NotSupported("spec.conversion.strategy", spec.At("conversion", "strategy")?.DeepClone(), ["None"]);
        if (group is not "" && BuiltinResources.All.Any(type => type.Group == group && type.Plural == plural)) causes.Invalid("spec.group", group, "the built-in kinds of this group stay what they are");
        if (current is not null)
        {
            if (current.Text("spec", "scope") != spec.Text("scope")) causes.Invalid("spec.scope", spec.Text("scope"), "field is immutable");
            if (current.Text("spec", "names", "kind") != kind) causes.Invalid("spec.names.kind", kind, "field is immutable");
        }
        ValidateVersions(spec, causes);
    }

    private static void ValidateVersions(JsonObject spec, Causes causes)
    {
        var versions = spec.Items("versions").OfType<JsonObject>().ToArray();
        if (versions.Length is 0) causes.Required("spec.versions");
        if (versions.Count(version => version.IsTrue("storage")) is not 1) causes.Invalid("spec.versions", versions.Length, "must have exactly one version marked as storage version");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < versions.Length; i++)
        {
            var (version, at) = (versions[i], $"spec.versions[{i}]");
            var name = version.Text("name") ?? "";
            if (Names.InvalidRfc1035Label(name) is { } wrong) causes.Invalid($"{at}.name", name, wrong);
            else if (!seen.Add(name)) causes.Duplicate($"{at}.name", name);
            if (version["served"] is null) causes.Required($"{at}.served");
            if (version["storage"] is null) causes.Required($"{at}.storage");
            if (version.At("schema", "openAPIV3Schema") is not JsonObject schema) causes.Required($"{at}.schema.openAPIV3Schema", "schemas are required");
            else
            {
                var path = $"{at}.schema.openAPIV3Schema";
                var read = new SchemaReader(causes).Read(schema, path);
                if (read.Type is not "object") causes.Invalid($"{path}.type", read.Type, "must be object at the root");
            }
            var n = 0;
            foreach (var column in version.Items("additionalPrinterColumns").OfType<JsonObject>())
            {
                var c = $"{at}.additionalPrinterColumns[{n++}]";
                if (string.IsNullOrEmpty(column.Text("name"))) causes.Required($"{c}.name");
                if (column.Text("type") is not ("integer" or "number" or "string" or "boolean" or "date"))
                    causes.NotSupported($"{c}.type", column["type"]?.DeepClone(), ["boolean", "date", "integer", "number", "string"]);
                if (!FieldPath.TryParse(column.Text("jsonPath") ?? "", out _, out var why)) causes.Invalid($"{c}.jsonPath", column["jsonPath"]?.DeepClone(), why);
            }
        }
    }
}
