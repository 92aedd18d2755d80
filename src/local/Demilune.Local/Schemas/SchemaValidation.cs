using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Demilune.Local.Api;

namespace Demilune.Local.Schemas;

/// <summary>Checks a value against a schema.</summary>
internal static class SchemaValidation
{
    /// <summary>Compiled patterns kept; CRDs of one cluster have tens.</summary>
    private const int MaxPatterns = 2_000;

    private static readonly ConcurrentDictionary<string, Regex?> Patterns = new(StringComparer.Ordinal);

    public static void Validate(JsonNode? value, Schema schema, string path, Causes causes)
    {
        if (value is null)
        {
            if (!schema.Nullable && schema.Type is not null) causes.TypeInvalid(path, null, $"{path} in body must be of type {schema.Type}: \"null\"");
            return;
        }
        if (!HasType(value, schema))
        {
            causes.TypeInvalid(path, value, $"{path} in body must be of type {(schema.IntOrString ? "integer or string" : schema.Type)}: \"{TypeOf(value)}\"");
            return;
        }
        if (schema.Constraints is { } constraints) Check(value, constraints, path, causes);
        if (schema.Format is not null) CheckFormat(value, schema.Format, path, causes);
        if (value is JsonObject map)
        {
            foreach (var name in schema.Required)
                if (!map.ContainsKey(name)) causes.Required(Join(path, name));
            foreach (var (name, child) in map)
                if (schema.Field(name) is { } field) Validate(child, field, Join(path, name), causes);
        }
        else if (value is JsonArray list)
        {
            if (schema.Items is { } items)
                for (var i = 0; i < list.Count; i++) Validate(list[i], items, $"{path}[{i}]", causes);
            CheckUnique(list, schema, path, causes);
        }
    }

    /// <summary>A pattern as users write it, found anywhere in the value; linear in its length whatever they wrote.</summary>
    public static Regex? CompilePattern(string pattern)
    {
        if (Patterns.TryGetValue(pattern, out var known)) return known;
        Regex? compiled;
        try
        {
            compiled = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            compiled = null;    // reported by SchemaReader when the CRD is written
        }
        if (Patterns.Count < MaxPatterns) Patterns.TryAdd(pattern, compiled);
        return compiled;
    }

    private static bool HasType(JsonNode value, Schema schema)
    {
        if (schema.IntOrString) return value.GetValueKind() is JsonValueKind.String || (value is JsonValue whole && value.GetValueKind() is JsonValueKind.Number && whole.TryGetInteger(out _))
            || (value.GetValueKind() is JsonValueKind.Number && schema.Component is not null);
        return schema.Type switch
        {
            null => true,
            "object" => value is JsonObject,
            "array" => value is JsonArray,
            "string" => value.GetValueKind() is JsonValueKind.String,
            "boolean" => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.GetValueKind() is JsonValueKind.Number && ((JsonValue)value).TryGetInteger(out _),
            "number" => value.GetValueKind() is JsonValueKind.Number,
            _ => false,
        };
    }

    private static string TypeOf(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => ((JsonValue)value).TryGetInteger(out _) ? "integer" : "number",
        _ => "null",
    };

    private static void Check(JsonNode value, Constraints c, string path, Causes causes)
    {
        if (c.Enum is { } allowed && !allowed.Any(option => JsonNode.DeepEquals(option, value)))
            causes.NotSupported(path, value, allowed.Select(option => option is JsonValue v && v.TryGetValue(out string? text) ? text : JsonText.Text(option)));
        switch (value)
        {
            case JsonObject map:
                if (map.Count < c.MinProperties) causes.Invalid(path, value, $"{path} in body should have at least {c.MinProperties} properties");
                if (map.Count > c.MaxProperties) causes.TooMany(path, map.Count, c.MaxProperties.Value);
                break;
            case JsonArray list:
                if (list.Count < c.MinItems) causes.Invalid(path, list.Count, $"{path} in body should have at least {c.MinItems} items");
                if (list.Count > c.MaxItems) causes.TooMany(path, list.Count, c.MaxItems.Value);
                break;
            case JsonValue text when text.TryGetValue(out string? s):
                // OpenAPI counts characters; surrogate pairs are one.
                var length = s.EnumerateRunes().Count();
                if (length < c.MinLength) causes.Invalid(path, value, $"{path} in body should be at least {c.MinLength} chars long");
                if (length > c.MaxLength) causes.TooLong(path, c.MaxLength.Value);
                if (c.Pattern is not null && CompilePattern(c.Pattern) is { } pattern && !pattern.IsMatch(s))
                    causes.Invalid(path, value, $"{path} in body should match '{c.Pattern}'");
                break;
            case JsonValue number when number.GetValueKind() is JsonValueKind.Number:
                CheckNumber(number, c, path, causes);
                break;
        }
        foreach (var branch in c.AllOf) Validate(value, branch, path, causes);
        if (c.AnyOf.Count > 0 && !c.AnyOf.Any(branch => IsValid(value, branch))) causes.Invalid(path, "", $"{path} in body must validate at least one schema (anyOf)");
        if (c.OneOf.Count > 0 && c.OneOf.Count(branch => IsValid(value, branch)) is var matching && matching is not 1)
            causes.Invalid(path, "", $"{path} in body must validate one and only one schema (oneOf). Found {(matching is 0 ? "none" : matching)} valid alternatives");
        if (c.Not is { } not && IsValid(value, not)) causes.Invalid(path, "", $"{path} in body must not validate the schema (not)");
    }

    private static void CheckNumber(JsonValue number, Constraints c, string path, Causes causes)
    {
        var real = number.TryGetInteger(out var whole) ? whole : number.GetValue<double>();
        if (real < c.Minimum || (c.ExclusiveMinimum && real == c.Minimum))
            causes.Invalid(path, number, $"{path} in body should be greater than {(c.ExclusiveMinimum ? "" : "or equal to ")}{c.Minimum}");
        if (real > c.Maximum || (c.ExclusiveMaximum && real == c.Maximum))
            causes.Invalid(path, number, $"{path} in body should be less than {(c.ExclusiveMaximum ? "" : "or equal to ")}{c.Maximum}");
        if (c.MultipleOf is > 0 and var step && Math.Abs(Math.IEEERemainder(real, step)) > 1e-9) causes.Invalid(path, number, $"{path} in body should be a multiple of {step}");
    }

    private static void CheckFormat(JsonNode value, string format, string path, Causes causes)
    {
        if (value is not JsonValue scalar) return;
        if (format is "int32" && scalar.GetValueKind() is JsonValueKind.Number && scalar.TryGetInteger(out var number) && number is < int.MinValue or > int.MaxValue)
            causes.Invalid(path, value, $"{path} in body must be of type int32");
        if (!scalar.TryGetValue(out string? text)) return;
        var fits = format switch
        {
            "date-time" => DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out _),
            "byte" => System.Buffers.Text.Base64.IsValid(text),
            "uuid" => Guid.TryParse(text, out _),
            "ipv4" => System.Net.IPAddress.TryParse(text, out var v4) && v4.AddressFamily is System.Net.Sockets.AddressFamily.InterNetwork,
            "ipv6" => System.Net.IPAddress.TryParse(text, out var v6) && v6.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6,
            "cidr" => System.Net.IPNetwork.TryParse(text, out _),
            "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", out _),
            _ => true,      // unknown formats are ignored, as OpenAPI says
        };
        if (!fits) causes.Invalid(path, value, $"{path} in body must be of type {format}: \"{text}\"");
    }

    private static void CheckUnique(JsonArray list, Schema schema, string path, Causes causes)
    {
        if (schema.ListType is not ("set" or "map") && schema.Constraints?.UniqueItems is not true) return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            var key = schema.ListType is "map" && list[i] is JsonObject item
                ? string.Join('\n', schema.ListMapKeys.Select(name => JsonText.Text(item[name] ?? schema.Items?.Field(name)?.Default)))
                : JsonText.Text(list[i]);
            if (!seen.Add(key)) causes.Duplicate($"{path}[{i}]", list[i]);
        }
    }

    private static bool IsValid(JsonNode? value, Schema schema)
    {
        var causes = new Causes();
        Validate(value, schema, "", causes);
        return !causes.Any;
    }

    private static string Join(string path, string name) => path.Length is 0 ? name : $"{path}.{name}";
}
