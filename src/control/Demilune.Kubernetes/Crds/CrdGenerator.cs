using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;

namespace Demilune.Kubernetes.Crds;

/// <summary>CustomResourceDefinitions made from the C# types, so that schema and code cannot disagree.</summary>
public static class CrdGenerator
{
    /// <summary>Every kind of ours.</summary>
    public static IReadOnlyList<Type> Kinds { get; } = [typeof(SecurityPolicy), typeof(InspectionPolicy), typeof(Firewall), typeof(SecurityManager), typeof(PodPort)];

    /// <summary>Kinds of the Kubernetes project, which a cluster may have from there, in a newer form than we know.</summary>
    public static IReadOnlyList<Type> ForeignKinds { get; } = [typeof(ClusterNetworkPolicy)];

    /// <summary>The definition as the API server takes it.</summary>
    /// <exception cref="ArgumentException">The type lacks <see cref="CustomResourceAttribute"/>.</exception>
    public static JsonObject Definition(Type kind)
    {
        var resource = kind.GetCustomAttribute<CustomResourceAttribute>()
            ?? throw new ArgumentException($"{kind.Name} is no custom resource", nameof(kind));
        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = Metadata(resource),
            ["spec"] = new JsonObject
            {
                ["group"] = resource.Group,
                ["scope"] = resource.Namespaced ? "Namespaced" : "Cluster",
                ["names"] = new JsonObject
                {
                    ["plural"] = resource.Plural,
                    ["singular"] = Lower(resource.Kind),
                    ["kind"] = resource.Kind,
                    ["listKind"] = resource.Kind + "List",
                    // A short name equal to the singular one would be refused as a conflict of a resource with itself.
                    ["shortNames"] = Strings(resource.ShortNames.Where(name => name != Lower(resource.Kind))),
                    ["categories"] = Strings(resource.Group == Group.Name ? ["demilune"] : []),
                },
                ["versions"] = new JsonArray(new JsonObject
                {
                    ["name"] = resource.Version,
                    ["served"] = true,
                    ["storage"] = true,
                    ["schema"] = new JsonObject { ["openAPIV3Schema"] = Root(kind) },
                    ["subresources"] = new JsonObject { ["status"] = new JsonObject() },
                    ["additionalPrinterColumns"] = new JsonArray(
                        [.. kind.GetCustomAttributes<PrinterColumnAttribute>().Select(column => (JsonNode)Column(column))]),
                }),
            },
        };
    }

    private static JsonObject Metadata(CustomResourceAttribute resource)
    {
        var metadata = new JsonObject { ["name"] = $"{resource.Plural}.{resource.Group}" };
        // Groups of *.k8s.io are protected: whoever defines a kind in one has to say by whose leave.
        if (resource.Group.EndsWith(".k8s.io", StringComparison.Ordinal))
            metadata["annotations"] = new JsonObject { ["api-approved.kubernetes.io"] = "unapproved, installed by Demilune where the cluster has none" };
        return metadata;
    }

    private static JsonObject Column(PrinterColumnAttribute column)
    {
        var json = new JsonObject { ["name"] = column.Name, ["type"] = column.Type, ["jsonPath"] = column.Path };
        if (column.Wide) json["priority"] = 1;
        return json;
    }

    private static JsonObject Root(Type kind)
    {
        var root = new JsonObject { ["type"] = "object" };
        Describe(root, kind);
        root["required"] = Strings(["spec"]);
        root["properties"] = new JsonObject
        {
            ["apiVersion"] = new JsonObject { ["type"] = "string" },
            ["kind"] = new JsonObject { ["type"] = "string" },
            ["metadata"] = new JsonObject { ["type"] = "object" },
            ["spec"] = Member(kind.GetProperty("Spec")!),
            ["status"] = Member(kind.GetProperty("Status")!),
        };
        return root;
    }

    private static JsonObject Member(PropertyInfo property)
    {
        var schema = Schema(property.PropertyType);
        Describe(schema, property);
        if (property.GetCustomAttribute<DefaultValueAttribute>()?.Value is { } value)
            schema["default"] = value is Enum ? value.ToString() : JsonSerializer.SerializeToNode(value, value.GetType());
        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed)
            schema["enum"] = Strings(allowed.Values.Select(one => one!.ToString()!));
        if (property.GetCustomAttribute<RegularExpressionAttribute>() is { } pattern) schema["pattern"] = pattern.Pattern;
        if (property.GetCustomAttribute<MaxLengthAttribute>() is { } most)
            schema[schema["type"]!.GetValue<string>() == "array" ? "maxItems" : "maxLength"] = most.Length;
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
            (schema["minimum"], schema["maximum"]) = ((int)range.Minimum, (int)range.Maximum);
        if (property.GetCustomAttribute<ListKeyAttribute>() is { } key)
            (schema["x-kubernetes-list-type"], schema["x-kubernetes-list-map-keys"]) = ("map", Strings([key.Member]));
        return schema;
    }

    private static JsonObject Schema(Type declared)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (type == typeof(string)) return new JsonObject { ["type"] = "string" };
        if (type == typeof(bool)) return new JsonObject { ["type"] = "boolean" };
        if (type == typeof(int)) return new JsonObject { ["type"] = "integer", ["format"] = "int32" };
        if (type == typeof(long)) return new JsonObject { ["type"] = "integer", ["format"] = "int64" };
        if (type == typeof(DateTime)) return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        if (type == typeof(IntOrString)) return new JsonObject { ["x-kubernetes-int-or-string"] = true };
        if (type == typeof(V1Condition)) return Condition();
        if (type == typeof(V1LabelSelector)) return Selector();
        if (type.IsEnum) return new JsonObject { ["type"] = "string", ["enum"] = Strings(Enum.GetNames(type)) };
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IList<>))
            return new JsonObject { ["type"] = "array", ["items"] = Schema(type.GetGenericArguments()[0]) };
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>))
            return new JsonObject { ["type"] = "object", ["additionalProperties"] = Schema(type.GetGenericArguments()[1]) };
        return Structure(type);
    }

    private static JsonObject Structure(Type type)
    {
        var schema = new JsonObject { ["type"] = "object" };
        Describe(schema, type);
        // What several kinds share comes first.
        var members = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(member => member.DeclaringType == type).ToArray();
        var required = members.Where(member => member.IsDefined(typeof(RequiredAttribute))).Select(member => Lower(member.Name, 1)).ToList();
        if (required.Count > 0) schema["required"] = Strings(required);
        if (type.IsDefined(typeof(ExactlyOneMemberAttribute)))
            schema["oneOf"] = new JsonArray([.. members.Select(member =>
                (JsonNode)new JsonObject { ["required"] = Strings([Lower(member.Name, 1)]) })]);
        var properties = new JsonObject();
        foreach (var member in members) properties[Lower(member.Name, 1)] = Member(member);
        schema["properties"] = properties;
        return schema;
    }

    /// <summary>metav1.Condition, with the limits that its own Go type has.</summary>
    private static JsonObject Condition() => new()
    {
        ["type"] = "object",
        ["required"] = Strings(["type", "status", "lastTransitionTime", "reason", "message"]),
        ["properties"] = new JsonObject
        {
            ["type"] = new JsonObject { ["type"] = "string", ["maxLength"] = 316 },
            ["status"] = new JsonObject { ["type"] = "string", ["enum"] = Strings(["True", "False", "Unknown"]) },
            ["observedGeneration"] = new JsonObject { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 0 },
            ["lastTransitionTime"] = new JsonObject { ["type"] = "string", ["format"] = "date-time" },
            ["reason"] = new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 1024 },
            ["message"] = new JsonObject { ["type"] = "string", ["maxLength"] = 32768 },
        },
    };

    private static JsonObject Selector() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["matchLabels"] = new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } },
            ["matchExpressions"] = new JsonObject
            {
                ["type"] = "array",
                ["items"] = new JsonObject
                {
                    ["type"] = "object",
                    ["required"] = Strings(["key", "operator"]),
                    ["properties"] = new JsonObject
                    {
                        ["key"] = new JsonObject { ["type"] = "string" },
                        ["operator"] = new JsonObject { ["type"] = "string", ["enum"] = Strings(["In", "NotIn", "Exists", "DoesNotExist"]) },
                        ["values"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } },
                    },
                },
            },
        },
    };

    private static void Describe(JsonObject schema, MemberInfo member)
    {
        if (member.GetCustomAttribute<DescriptionAttribute>() is { } text) schema["description"] = text.Description;
    }

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)JsonValue.Create(value))]);

#pragma warning disable CA1308      // JSON members and singular names begin in lower case; nothing is being normalised.
    private static string Lower(string name, int characters) => name[..characters].ToLowerInvariant() + name[characters..];
#pragma warning restore CA1308

    private static string Lower(string name) => Lower(name, name.Length);
}
