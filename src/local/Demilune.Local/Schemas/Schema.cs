using System.Text.Json.Nodes;

namespace Demilune.Local.Schemas;

/// <summary>What is known of a value: OpenAPI v3 as Kubernetes uses it ("structural schema") with its x-kubernetes extensions.</summary>
/// <remarks>Immutable once built. Built-in kinds have recursive types (JSONSchemaProps), so properties and items come on demand.</remarks>
internal sealed class Schema
{
    private Lazy<IReadOnlyDictionary<string, Schema>>? _properties;
    private Lazy<Schema?>? _items, _values;
    private Func<string?>? _description;

    /// <summary>object, array, string, integer, number, boolean; null: anything.</summary>
    public string? Type { get; init; }

    public string? Format { get; init; }

    public string? Description { get => _description?.Invoke(); init => _description = () => value; }

    public Func<string?> LazyDescription { init => _description = value; }

    /// <summary>Name of the component this is a reference to in OpenAPI documents; null: written in place.</summary>
    public string? Component { get; init; }

    public IReadOnlyDictionary<string, Schema> Properties
    {
        get => _properties?.Value ?? NoProperties;
        init => _properties = new(value);
    }

    public Func<IReadOnlyDictionary<string, Schema>> LazyProperties { init => _properties = new(value); }

    /// <summary>Schema of the values of a map; null for an object with fixed properties.</summary>
    public Schema? AdditionalProperties { get => _values?.Value; init => _values = new(value); }

    public Func<Schema?> LazyAdditionalProperties { init => _values = new(value); }

    public Schema? Items { get => _items?.Value; init => _items = new(value); }

    public Func<Schema?> LazyItems { init => _items = new(value); }

    public IReadOnlyList<string> Required { get; init; } = [];

    public bool Nullable { get; init; }

    public bool PreserveUnknownFields { get; init; }

    public bool IntOrString { get; init; }

    /// <summary>The value is an object of its own with apiVersion, kind and metadata.</summary>
    public bool EmbeddedResource { get; init; }

    public JsonNode? Default { get; init; }

    /// <summary>atomic (default), set or map: how server-side apply merges the list.</summary>
    public string? ListType { get; init; }

    public IReadOnlyList<string> ListMapKeys { get; init; } = [];

    /// <summary>granular (default) or atomic.</summary>
    public string? MapType { get; init; }

    /// <summary>Key of a strategic merge patch; only built-in kinds have them.</summary>
    public string? PatchMergeKey { get; init; }

    /// <summary>merge, retainKeys, or null: replace.</summary>
    public string? PatchStrategy { get; init; }

    /// <summary>Constraints on the value; null: none.</summary>
    public Constraints? Constraints { get; init; }

    public bool IsList => Type is "array";

    /// <summary>A map or structure whose fields are owned one by one.</summary>
    public bool IsGranularObject => Type is "object" && MapType is not "atomic";

    /// <summary>The schema of a field; null when the schema does not know it.</summary>
    public Schema? Field(string name) => Properties.TryGetValue(name, out var property) ? property : AdditionalProperties;

    public static Schema Anything { get; } = new() { PreserveUnknownFields = true };

    /// <summary>Anything in it, but an object: a kind without a schema.</summary>
    public static Schema AnyObject { get; } = new() { Type = "object", PreserveUnknownFields = true };

    private static readonly Dictionary<string, Schema> NoProperties = [];
}

/// <summary>Value validations of OpenAPI v3.</summary>
internal sealed record Constraints
{
    public JsonArray? Enum { get; init; }
    public string? Pattern { get; init; }
    public double? Minimum { get; init; }
    public double? Maximum { get; init; }
    public bool ExclusiveMinimum { get; init; }
    public bool ExclusiveMaximum { get; init; }
    public double? MultipleOf { get; init; }
    public long? MinLength { get; init; }
    public long? MaxLength { get; init; }
    public long? MinItems { get; init; }
    public long? MaxItems { get; init; }
    public bool UniqueItems { get; init; }
    public long? MinProperties { get; init; }
    public long? MaxProperties { get; init; }
    public IReadOnlyList<Schema> AllOf { get; init; } = [];
    public IReadOnlyList<Schema> AnyOf { get; init; } = [];
    public IReadOnlyList<Schema> OneOf { get; init; } = [];
    public Schema? Not { get; init; }
}
