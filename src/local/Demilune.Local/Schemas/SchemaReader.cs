using System.Text.Json.Nodes;
using Demilune.Local.Api;

namespace Demilune.Local.Schemas;

/// <summary>Reads spec.versions[].schema.openAPIV3Schema of a CRD, and says where it is not structural.</summary>
internal sealed class SchemaReader(Causes causes)
{
    /// <summary>Nodes of one schema; the largest CRDs in use (pod templates inlined) have about 8000.</summary>
    public const int MaxNodes = 50_000;

    private static readonly HashSet<string> Types = ["object", "array", "string", "integer", "number", "boolean"];
    private int _nodes;

    public Schema Read(JsonObject source, string path) => Read(source, path, structural: true);

    /// <param name="structural">False inside allOf, anyOf, oneOf and not: they constrain, they do not shape.</param>
    private Schema Read(JsonObject source, string path, bool structural)
    {
        if (++_nodes == MaxNodes) causes.TooMany(path, _nodes, MaxNodes);
        if (_nodes >= MaxNodes) return Schema.Anything;

        var type = source.Text("type");
        var intOrString = source.IsTrue("x-kubernetes-int-or-string");
        var preserve = source.IsTrue("x-kubernetes-preserve-unknown-fields");
        if (type is not null && !Types.Contains(type)) causes.NotSupported(path + ".type", type, Types.Order(StringComparer.Ordinal));
        if (structural && string.IsNullOrEmpty(type) && !intOrString && !preserve) causes.Required(path + ".type", "must not be empty for specified object fields");
        if (source["$ref"] is not null) causes.Forbidden(path + ".$ref", "$ref is not supported");

        var properties = new Dictionary<string, Schema>(StringComparer.Ordinal);
        if (source["properties"] is JsonObject map)
            foreach (var (name, value) in map)
                if (value is JsonObject child) properties[name] = Read(child, $"{path}.properties[{name}]", structural);
                else causes.TypeInvalid($"{path}.properties[{name}]", value, "must be a schema");

        Schema? values = source["additionalProperties"] switch
        {
            JsonObject child => Read(child, path + ".additionalProperties", structural),
            JsonValue flag when flag.TryGetValue(out bool yes) && yes => Schema.Anything,
            _ => null,
        };
        if (structural && values is not null && properties.Count > 0)
            causes.Forbidden(path + ".additionalProperties", "additionalProperties and properties are mutual exclusive");

        Schema? items = null;
        if (source["items"] is JsonObject item) items = Read(item, path + ".items", structural);
        else if (structural && type is "array") causes.Required(path + ".items", "must be specified");

        var listType = source.Text("x-kubernetes-list-type");
        var keys = Strings(source["x-kubernetes-list-map-keys"]);
        if (listType is not (null or "atomic" or "set" or "map")) causes.NotSupported(path + ".x-kubernetes-list-type", listType, ["atomic", "map", "set"]);
        if (listType is "map" && keys.Count is 0) causes.Required(path + ".x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map");
        if (source["x-kubernetes-validations"] is JsonArray { Count: > 0 })
            causes.Forbidden(path + ".x-kubernetes-validations", "CEL rules are not supported by the local cluster; remove them, or use a full Kubernetes");

        return new Schema
        {
            Type = type is "" ? null : type, Format = source.Text("format"), Description = source.Text("description"),
            Properties = properties, AdditionalProperties = values, Items = items, Required = Strings(source["required"]),
            Nullable = source.IsTrue("nullable"), PreserveUnknownFields = preserve, IntOrString = intOrString,
            EmbeddedResource = source.IsTrue("x-kubernetes-embedded-resource"), Default = source["default"]?.DeepClone(),
            ListType = listType, ListMapKeys = keys, MapType = source.Text("x-kubernetes-map-type"), Constraints = ReadConstraints(source, path),
        };
    }

    private Constraints? ReadConstraints(JsonObject source, string path)
    {
        if (source.Text("pattern") is { } pattern && SchemaValidation.CompilePattern(pattern) is null)
            causes.Invalid(path + ".pattern", pattern, "must be a regular expression that works without backtracking (RE2 syntax)");
        var read = new Constraints
        {
            Enum = source["enum"] is JsonArray { Count: > 0 } values ? values.DeepClone().AsArray() : null, Pattern = source.Text("pattern"),
            Minimum = Real(source["minimum"]), Maximum = Real(source["maximum"]), MultipleOf = Real(source["multipleOf"]),
            ExclusiveMinimum = source.IsTrue("exclusiveMinimum"), ExclusiveMaximum = source.IsTrue("exclusiveMaximum"),
            MinLength = source.Number("minLength"), MaxLength = source.Number("maxLength"), MinItems = source.Number("minItems"), MaxItems = source.Number("maxItems"),
            MinProperties = source.Number("minProperties"), MaxProperties = source.Number("maxProperties"), UniqueItems = source.IsTrue("uniqueItems"),
            AllOf = Branches(source, "allOf", path), AnyOf = Branches(source, "anyOf", path), OneOf = Branches(source, "oneOf", path),
            Not = source["not"] is JsonObject not ? Read(not, path + ".not", structural: false) : null,
        };
        return read == Nothing ? null : read;
    }

    private static readonly Constraints Nothing = new();

    private IReadOnlyList<Schema> Branches(JsonObject source, string name, string path)
    {
        if (source[name] is not JsonArray { Count: > 0 } list) return Nothing.AllOf;
        return [.. list.OfType<JsonObject>().Select((branch, i) => Read(branch, $"{path}.{name}[{i}]", structural: false))];
    }

    internal static IReadOnlyList<string> Strings(JsonNode? node) => node is JsonArray list ? [.. list.Select(item => item.Text()).OfType<string>()] : [];

    private static double? Real(JsonNode? node) =>
        node is JsonValue value && (value.TryGetValue(out double real) || (value.TryGetInteger(out var whole) && (real = whole) == whole)) ? real : null;
}
