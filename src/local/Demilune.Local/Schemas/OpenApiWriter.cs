using System.Text.Json.Nodes;
using Demilune.Local.Resources;

namespace Demilune.Local.Schemas;

/// <summary>Writes schemas as OpenAPI, and the few operations that clients look for.</summary>
/// <param name="references">Where components are: <c>#/components/schemas/</c> in v3, <c>#/definitions/</c> in v2.</param>
internal sealed class OpenApiWriter(string references)
{
    public JsonObject Components { get; } = [];

    public void AddKind(ResourceType type, JsonObject paths)
    {
        var component = type.Schema.Component ?? $"{string.Join('.', type.Group.Split('.').Reverse())}.{type.Version}.{type.Kind}";
        if (!Components.ContainsKey(component))
        {
            Components[component] = new JsonObject();
            var body = Body(type.Schema);
            Components[component] = body;
        }
        if (Components[component] is JsonObject schema) schema["x-kubernetes-group-version-kind"] = new JsonArray(GroupVersionKind(type));
        var prefix = type.Group.Length is 0 ? $"/api/{type.Version}" : $"/apis/{type.Group}/{type.Version}";
        var path = $"{prefix}{(type.Namespaced ? "/namespaces/{namespace}" : "")}/{type.Plural}";
        paths[path] = new JsonObject { ["post"] = Operation(type, "post", component) };
        if (!type.IsReview) paths[path + "/{name}"] = new JsonObject
        {
            ["get"] = Operation(type, "get", component), ["put"] = Operation(type, "put", component), ["patch"] = Operation(type, "patch", component), ["delete"] = Operation(type, "delete", component),
        };
    }

    private JsonObject Operation(ResourceType type, string verb, string component)
    {
        // kubectl asks of these whether the server validates fields and runs dry by itself; if not it would do that with schemas of its own.
        string[] names = verb is "get" ? ["pretty"] : verb is "delete" ? ["dryRun", "gracePeriodSeconds", "propagationPolicy"] : ["dryRun", "fieldManager", "fieldValidation"];
        var content = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = references + component } } };
        return new JsonObject
        {
            ["operationId"] = $"{verb}{type.Version}{type.Kind}", ["x-kubernetes-action"] = verb, ["x-kubernetes-group-version-kind"] = GroupVersionKind(type),
            ["parameters"] = new JsonArray([.. names.Select(name => new JsonObject { ["name"] = name, ["in"] = "query", ["schema"] = new JsonObject { ["type"] = "string", ["uniqueItems"] = true } })]),
            ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK", ["content"] = content } },
        };
    }

    private static JsonObject GroupVersionKind(ResourceType type) => new() { ["group"] = type.Group, ["kind"] = type.Kind, ["version"] = type.Version };

    /// <summary>A reference for what has a name, the schema itself for what has none.</summary>
    private JsonObject Write(Schema schema)
    {
        if (schema.Component is not { } component) return Body(schema);
        if (!Components.ContainsKey(component))
        {
            Components[component] = new JsonObject();       // before its body: types may contain themselves
            Components[component] = Body(schema);
        }
        // A reference stands alone in OpenAPI 3.0; description and defaults go around it, as Kubernetes writes them.
        var reference = new JsonObject { ["$ref"] = references + component };
        if (schema.Description is not { } description) return reference;
        return new JsonObject { ["allOf"] = new JsonArray(reference), ["description"] = description };
    }

    private JsonObject Body(Schema schema)
    {
        var body = new JsonObject();
        if (schema.Description is { } description) body["description"] = description;
        if (schema.Type is not null) body["type"] = schema.Type;
        else if (schema.IntOrString && schema.Component is null) body["x-kubernetes-int-or-string"] = true;
        else if (schema.IntOrString) body["oneOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, new JsonObject { ["type"] = "number" });
        if (schema.Format is not null) body["format"] = schema.Format;
        if (schema.Properties.Count > 0)
        {
            var properties = new JsonObject();
            foreach (var (name, property) in schema.Properties) properties[name] = Write(property);
            body["properties"] = properties;
        }
        if (schema.AdditionalProperties is { } values) body["additionalProperties"] = Write(values);
        if (schema.Items is { } items) body["items"] = Write(items);
        if (schema.Required.Count > 0) body["required"] = Strings(schema.Required);
        if (schema.Default is { } value) body["default"] = value.DeepClone();
        if (schema.Nullable) body["nullable"] = true;
        if (schema.PreserveUnknownFields) body["x-kubernetes-preserve-unknown-fields"] = true;
        if (schema.ListType is not null) body["x-kubernetes-list-type"] = schema.ListType;
        if (schema.ListMapKeys.Count > 0) body["x-kubernetes-list-map-keys"] = Strings(schema.ListMapKeys);
        if (schema.MapType is not null) body["x-kubernetes-map-type"] = schema.MapType;
        if (schema.PatchMergeKey is not null) body["x-kubernetes-patch-merge-key"] = schema.PatchMergeKey;
        if (schema.PatchStrategy is not null) body["x-kubernetes-patch-strategy"] = schema.PatchStrategy;
        if (schema.Constraints is { } c) Write(c, body);
        return body;
    }

    private void Write(Constraints c, JsonObject body)
    {
        if (c.Enum is not null) body["enum"] = c.Enum.DeepClone();
        if (c.Pattern is not null) body["pattern"] = c.Pattern;
        foreach (var (name, value) in ((string, double?)[])[("minimum", c.Minimum), ("maximum", c.Maximum), ("multipleOf", c.MultipleOf)])
            if (value is { } number) body[name] = number;
        foreach (var (name, value) in ((string, long?)[])[("minLength", c.MinLength), ("maxLength", c.MaxLength), ("minItems", c.MinItems), ("maxItems", c.MaxItems), ("minProperties", c.MinProperties), ("maxProperties", c.MaxProperties)])
            if (value is { } number) body[name] = number;
        foreach (var (name, value) in ((string, bool)[])[("exclusiveMinimum", c.ExclusiveMinimum), ("exclusiveMaximum", c.ExclusiveMaximum), ("uniqueItems", c.UniqueItems)])
            if (value) body[name] = true;
        foreach (var (name, branches) in ((string, IReadOnlyList<Schema>)[])[("allOf", c.AllOf), ("anyOf", c.AnyOf), ("oneOf", c.OneOf)])
            if (branches.Count > 0) body[name] = new JsonArray([.. branches.Select(Write)]);
        if (c.Not is not null) body["not"] = Write(c.Not);
    }

    private static JsonArray Strings(IEnumerable<string> items) => new([.. items.Select(item => (JsonNode)item)]);
}
