using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Sdn.Addressing;

namespace Demilune.Sdn.Api;

/// <summary>Neutron's validators, with its reasons. Each takes any JSON.</summary>
internal static class Checks
{
    public static Check Any { get; } = (ref _) => null;

    public static Check Bool { get; } = (ref value) =>
    {
        bool? read = value?.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number or JsonValueKind.String => value.ToString().ToLowerInvariant() switch
            {
                "true" or "1" or "t" or "on" or "y" or "yes" => true,
                "false" or "0" or "f" or "off" or "n" or "no" => false,
                _ => null,
            },
            _ => null,
        };
        if (read is null) return new($"'{Python(value)}' cannot be converted to boolean", Conversion: true);
        value = JsonValue.Create(read.Value);
        return null;
    };

    public static Check Uuid { get; } = (ref value) => IsUuid(value) ? null : $"{Quote(value)} is not a valid UUID";

    public static Check UuidList { get; } = ListOf((ref value) => IsUuid(value) ? null : $"{Quote(value)} is not a valid UUID");

    /// <summary>An address, made canonical.</summary>
    public static Check IpAddress { get; } = (ref value) =>
    {
        if (TextOf(value) is not { } text || !Address.TryParse(text, out var address)) return $"{Quote(value)} is not a valid IP address";
        value = JsonValue.Create(address.ToString());
        return null;
    };

    /// <summary>A prefix, kept as it was sent.</summary>
    public static Check Prefix { get; } = (ref value) =>
        TextOf(value) is { } text && Cidr.TryParse(text, out _) ? null
        : TextOf(value) is { } alone && Address.TryParse(alone, out var address)
            ? $"{Quote(value)} isn't a recognized IP subnet cidr, '{address}/{address.Bits}' is recommended"
            : $"{Quote(value)} is not a valid IP subnet";

    /// <summary>A prefix without host bits.</summary>
    public static Check StrictPrefix { get; } = (ref value) =>
        Prefix(ref value) ?? (Cidr.Parse(TextOf(value)!) is { HasHostBits: true } cidr
            ? $"{Quote(value)} isn't a recognized IP subnet cidr, '{cidr.Normalized}' is recommended" : null);

    /// <summary>A unicast MAC address, made canonical.</summary>
    public static Check Mac { get; } = (ref value) =>
    {
        if (TextOf(value) is not { } text || !MacAddress.TryNormalize(text, out var mac)) return $"{Quote(value)} is not a valid MAC address";
        value = JsonValue.Create(mac);
        return null;
    };

    public static Check IpVersion { get; } = (ref value) =>
        Int(int.MinValue, int.MaxValue)(ref value) ?? (value!.GetValue<int>() is 4 or 6 ? null : $"{value} is not in valid_values");

    public static Check Object { get; } = (ref value) => value is JsonObject ? null : $"{Quote(value)} is not a dictionary";

    public static Check Text(int maxLength) => (ref value) =>
        TextOf(value) is not { } text ? $"{Quote(value)} is not a valid string"
        : text.Length > maxLength ? $"{Quote(value)} exceeds maximum length of {maxLength}"
        : null;

    /// <summary>Not only blanks.</summary>
    public static Check SomeText(int maxLength) => (ref value) =>
        Text(maxLength)(ref value) ?? (string.IsNullOrWhiteSpace(TextOf(value)) ? $"{Quote(value)} Blank strings are not permitted" : null);

    public static Check TextOrNull(int maxLength) => OrNull(Text(maxLength));

    public static Check OrNull(Check check) => (ref value) => value is null ? null : check(ref value);

    public static Check OneOf(params string[] allowed) => (ref value) =>
        TextOf(value) is { } text && allowed.Contains(text, StringComparer.Ordinal) ? null
        : $"{Python(value)} is not in valid_values";

    /// <summary>A number, or its digits in a string as many clients send.</summary>
    public static Check Int(int min, int max) => (ref value) =>
    {
        if (!TryInt(value, out var number)) return new($"'{Python(value)}' is not an integer", Conversion: true);
        if (number < min) return $"'{number}' is too small - must be at least '{min}'";
        if (number > max) return $"'{number}' is too large - must be no larger than '{max}'";
        value = JsonValue.Create((int)number);
        return null;
    };

    /// <summary>Each element by the same check; no element twice.</summary>
    /// <param name="element">Judges one.</param>
    /// <param name="max">Bounds memory and time.</param>
    /// <param name="distinct">An element twice is wrong.</param>
    public static Check ListOf(Check element, int max = 10_000, bool distinct = true) => (ref value) =>
    {
        if (value is not JsonArray list) return $"{Quote(value)} is not a list";
        if (list.Count > max) return $"a list of {list.Count} is too long - must have no more than {max} items";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            var item = list[i];
            if (element(ref item) is { } reason) return reason;
            if (!ReferenceEquals(item, list[i])) list[i] = item;
            if (distinct && !seen.Add(item?.ToJsonString() ?? "null")) return $"Duplicate items in the list: {Quote(item)}";
        }
        return null;
    };

    /// <summary>An object with these members and no others.</summary>
    public static Check Members(params (string Name, Check Check)[] members) => (ref value) =>
    {
        if (value is not JsonObject given) return $"{Quote(value)} is not a dictionary";
        foreach (var (name, member) in given.ToList())
        {
            var known = Array.Find(members, candidate => candidate.Name == name);
            if (known.Check is null) return $"Unexpected keys supplied: {name}";
            var item = member;
            if (known.Check(ref item) is { } reason) return reason;
            if (!ReferenceEquals(item, member)) given[name] = item;
        }
        return null;
    };

    /// <summary>An object with exactly these members.</summary>
    public static Check AllMembers(params (string Name, Check Check)[] members) => (ref value) =>
        value is JsonObject given && (given.Count != members.Length || Array.Exists(members, member => !given.ContainsKey(member.Name)))
            ? "Validation of dictionary's keys failed. "
                + $"Expected keys: {{{string.Join(", ", members.Select(member => $"'{member.Name}'"))}}} Provided keys: {{{string.Join(", ", given.Select(member => $"'{member.Key}'"))}}}"
            : Members(members)(ref value);

    public static string? TextOf(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    /// <summary>As Python would print it: that is what Neutron's messages show. Cut, so that an answer is never larger than its request.</summary>
    public static string Quote(JsonNode? value)
    {
        return $"'{Python(value)}'";
    }

    /// <summary>Without quotes around a text.</summary>
    public static string Python(JsonNode? value)
    {
        var text = value switch
        {
            null => "None",
            JsonArray items => $"[{string.Join(", ", items.Take(20).Select(Inner))}]",
            JsonObject members => $"{{{string.Join(", ", members.Take(20).Select(member => $"'{member.Key}': {Inner(member.Value)}"))}}}",
            _ => value.GetValueKind() switch { JsonValueKind.True => "True", JsonValueKind.False => "False", _ => value.ToString() },
        };
        return text.Length <= 300 ? text : string.Concat(text.AsSpan(0, 300), "…");

        static string Inner(JsonNode? item) => TextOf(item) is { } plain ? $"'{plain}'" : Python(item);
    }

    private static bool IsUuid(JsonNode? value) => TextOf(value) is { } text && Guid.TryParseExact(text, "D", out _);

    private static bool TryInt(JsonNode? value, out long number)
    {
        number = 0;
        return value?.GetValueKind() is JsonValueKind.Number or JsonValueKind.String
            && long.TryParse(value.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }
}
