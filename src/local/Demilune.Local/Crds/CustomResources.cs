using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Resources;
using Demilune.Local.Schemas;
using Demilune.Local.Storage;
using Demilune.Local.Tables;
using k8s.Models;

namespace Demilune.Local.Crds;

/// <summary>From CustomResourceDefinitions to the resource types they define, and to what their status says.</summary>
internal static class CustomResources
{
    /// <summary>One type per served version of a definition.</summary>
    public static IEnumerable<ResourceType> Types(StoredObject definition)
    {
        var spec = definition.ToNode()["spec"]!.AsObject();
        var group = spec.Text("group")!;
        var stored = spec.Items("versions").First(version => version.IsTrue("storage")).Text("name")!;
        foreach (var version in spec.Items("versions").OfType<JsonObject>())
        {
            if (!version.IsTrue("served")) continue;
            var schema = new SchemaReader(new Causes()).Read(version.At("schema", "openAPIV3Schema")!.AsObject(), "");
            yield return new ResourceType(group, version.Text("name")!, spec.Text("names", "kind")!, spec.Text("names", "plural")!, spec.Text("scope") is "Namespaced")
            {
                Singular = spec.Text("names", "singular")!, ListKind = spec.Text("names", "listKind")!,
                ShortNames = SchemaReader.Strings(spec.At("names", "shortNames")), Categories = SchemaReader.Strings(spec.At("names", "categories")),
                HasStatus = version.At("subresources", "status") is not null, HasGeneration = true, IsCustom = true,
                Schema = WithObjectFields(schema), StoredApiVersion = $"{group}/{stored}", Columns = Columns(version),
                SelectableFields = [.. version.Items("selectableFields").Select(field => field.Text("jsonPath")?.TrimStart('.')).OfType<string>()],
            };
        }
    }

    /// <summary>The schema of a custom resource does not repeat what all objects have.</summary>
    private static Schema WithObjectFields(Schema own)
    {
        var properties = new Dictionary<string, Schema>(own.Properties, StringComparer.Ordinal)
        {
            ["apiVersion"] = new() { Type = "string", Description = "APIVersion defines the versioned schema of this representation of an object." },
            ["kind"] = new() { Type = "string", Description = "Kind is a string value representing the REST resource this object represents." },
            ["metadata"] = ModelSchemas.For(typeof(V1ObjectMeta)),
        };
        return new Schema
        {
            Type = "object", Description = own.Description, Properties = properties, AdditionalProperties = own.AdditionalProperties, Required = own.Required,
            PreserveUnknownFields = own.PreserveUnknownFields, Default = own.Default, MapType = own.MapType, Constraints = own.Constraints,
        };
    }

    private static Column[] Columns(JsonObject version)
    {
        var given = version.Items("additionalPrinterColumns").OfType<JsonObject>().ToArray();
        if (given.Length is 0) return [Column.Age];
        return [.. given.Select(column =>
        {
            _ = FieldPath.TryParse(column.Text("jsonPath")!, out var path, out _);      // CrdRules let no other path in
            var type = column.Text("type")!;
            return new Column(column.Text("name")!, type, (o, now) => Cell(path, type, o, now), (int)(column.Number("priority") ?? 0), column.Text("format") ?? "", column.Text("description") ?? "");
        })];
    }

    private static JsonNode? Cell(FieldPath path, string type, JsonElement o, DateTimeOffset now)
    {
        var found = path.Select(o).ToArray();
        if (found.Length is 0 || (found.Length is 1 && found[0].ValueKind is JsonValueKind.Null)) return null;
        if (type is "date")
            return DateTimeOffset.TryParse(found[0].ToString(), System.Globalization.CultureInfo.InvariantCulture, out var at) ? Column.Duration(now - at) : "<invalid>";
        if (type is "integer" && found[0].ValueKind is JsonValueKind.Number && found[0].TryGetInt64(out var whole)) return whole;
        if (type is "number" && found[0].ValueKind is JsonValueKind.Number) return found[0].GetDouble();
        if (type is "boolean" && found[0].ValueKind is JsonValueKind.True or JsonValueKind.False) return found[0].GetBoolean();
        return found.Length is 1 ? found[0].ToString() : string.Join(",", found.Select(f => f.ToString()));
    }

    /// <summary>The status of a definition: names accepted unless another definition of the group has them, established from then on.</summary>
    public static JsonObject Status(StoredObject definition, Snapshot cluster, DateTimeOffset now)
    {
        var root = definition.ToNode();
        var spec = root["spec"]!.AsObject();
        var taken = TakenNames(definition, spec.Text("group")!, cluster);
        var names = spec["names"]!.AsObject();
        var conflict = new[] { names.Text("plural"), names.Text("singular"), names.Text("kind"), names.Text("listKind") }
            .Concat(SchemaReader.Strings(names["shortNames"])).OfType<string>().FirstOrDefault(taken.Contains);
        var status = root["status"]?.DeepClone() as JsonObject ?? [];
        var conditions = status["conditions"] as JsonArray ?? [];
        status["conditions"] = conditions;
        SetCondition(conditions, "NamesAccepted", conflict is null, conflict is null ? "NoConflicts" : "Conflict", conflict is null ? "no conflicts found" : $"\"{conflict}\" is already in use", now);
        if (conflict is null)
        {
            status["acceptedNames"] = names.DeepClone();
            SetCondition(conditions, "Established", true, "InitialNamesAccepted", "the initial names have been accepted", now);
        }
        else if (!conditions.Any(c => c.Text("type") is "Established"))
            SetCondition(conditions, "Established", false, "NotAccepted", "not all names are accepted", now);
        var storage = spec.Items("versions").First(version => version.IsTrue("storage")).Text("name");
        var storedVersions = status["storedVersions"] as JsonArray ?? [];
        if (!storedVersions.Any(v => v.Text() == storage)) storedVersions.Add(storage);
        status["storedVersions"] = storedVersions.DeepClone();
        return status;
    }

    public static bool IsEstablished(JsonElement definition) =>
        definition.Items("status", "conditions").Any(c => c.Text("type") is "Established" && c.Text("status") is "True");

    private static HashSet<string> TakenNames(StoredObject definition, string group, Snapshot cluster)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var other in cluster.All("customresourcedefinitions.apiextensions.k8s.io").Values)
        {
            if (other.Name == definition.Name || other.Root.Text("spec", "group") != group || other.Root.At("status", "acceptedNames") is not { } names) continue;
            foreach (var field in (string[])["plural", "singular", "kind", "listKind"])
                if (names.Text(field) is { } name) taken.Add(name);
            foreach (var shortName in names.Items("shortNames")) taken.Add(shortName.ToString());
        }
        return taken;
    }

    private static void SetCondition(JsonArray conditions, string type, bool holds, string reason, string message, DateTimeOffset now)
    {
        var status = holds ? "True" : "False";
        var existing = conditions.OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == type);
        if (existing is not null && existing.Text("status") == status && existing.Text("reason") == reason && existing.Text("message") == message) return;
        var next = new JsonObject { ["type"] = type, ["status"] = status, ["lastTransitionTime"] = now.Timestamp(), ["reason"] = reason, ["message"] = message };
        if (existing is null) conditions.Add(next);
        else conditions[conditions.IndexOf(existing)] = next;
    }
}
