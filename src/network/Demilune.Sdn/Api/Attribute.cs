// Neutron's own word; System.Attribute is of no use in this room.
global using Attribute = Demilune.Sdn.Api.Attribute;
using System.Text.Json.Nodes;

namespace Demilune.Sdn.Api;

/// <summary>Judges an attribute's value, and may replace it by its canonical form ("true" → true).</summary>
/// <returns>Null if it is good, else the reason in Neutron's words, without a full stop.</returns>
internal delegate string? Check(ref JsonNode? value);

/// <summary>An attribute of a resource: who may say it, when, and what.</summary>
internal sealed record Attribute(string Name, Check Check)
{
    /// <summary>May be given in a POST.</summary>
    public bool Post { get; init; } = true;

    /// <summary>May be given in a PUT.</summary>
    public bool Put { get; init; } = true;

    /// <summary>Must be given in a POST.</summary>
    public bool Required { get; init; }

    /// <summary>Value if a POST does not give it.</summary>
    public Func<JsonNode?> Default { get; init; } = () => null;

    /// <summary>Only an administrator may give it a value other than its default.</summary>
    public bool AdminSets { get; init; }

    /// <summary>Only an administrator is shown it.</summary>
    public bool AdminSees { get; init; }

    /// <summary>Set by the server only.</summary>
    public static Attribute ReadOnly(string name) => new(name, (ref JsonNode? _) => null) { Post = false, Put = false };

    /// <summary>Set when created, then fixed.</summary>
    public static Attribute Once(string name, Check check) => new(name, check) { Put = false };

    public static Attribute RequiredOnce(string name, Check check) => new(name, check) { Put = false, Required = true };
}
