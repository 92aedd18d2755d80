using Demilune.Sdn.Resources;

namespace Demilune.Sdn.Api;

/// <summary>Which collection a path means.</summary>
/// <param name="Collection">What is asked for.</param>
/// <param name="ParentId">Of what lives below another object: that object; null when asked by its alias.</param>
/// <param name="Rest">What follows: an id, a verb, tags.</param>
internal sealed record Route(Collection Collection, string? ParentId, string[] Rest)
{
    public static Route? Find(string[] parts)
    {
        if (parts is ["qos", var alias, _, ..] && alias.StartsWith("alias_", StringComparison.Ordinal))
            return QosRules.Aliases.FirstOrDefault(rules => rules.Name == alias) is { } rules ? new(rules, null, parts[2..]) : null;
        for (var depth = 1; depth <= Math.Min(2, parts.Length); depth++)
        {
            if (Collections.At(string.Join('/', parts[..depth])) is not { } collection) continue;
            var rest = parts[depth..];
            return rest is [var parent, var child, ..] && Collections.Below(collection.Kind, child) is { } below
                ? new(below, parent, rest[2..])
                : new(collection, null, rest);
        }
        return null;
    }
}
