// Neutron's own word; System.Attribute is of no use in this room.
global using Attribute = Demilune.Sdn.Api.Attribute;
using System.Text.Json.Nodes;

namespace Demilune.Sdn.Api;

/// <summary>Judges an attribute's value, and may replace it by its canonical form ("true" → true).</summary>
/// <returns>Null if it is good.</returns>
internal delegate Objection? Check(ref JsonNode? value);

/// <summary>What is wrong with a value, in Neutron's words, without a full stop.</summary>
/// <param name="Reason">"'x' is not a valid UUID".</param>
/// <param name="Conversion">The value is not even of the kind: Neutron says that before it looks closer, and without the attribute's name.</param>
internal sealed record Objection(string Reason, bool Conversion = false)
{
    public static implicit operator Objection?(string? reason) => reason is null ? null : new(reason);

    public Fault In(string attribute) =>
        Conversion ? Fault.InvalidInput(Reason) : Fault.BadRequest($"Invalid input for {attribute}. Reason: {Reason}.");
}

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

    /// <summary>False: said when it is made, and not kept.</summary>
    public bool Shown { get; init; } = true;

    /// <summary>Only an administrator may give it a value other than its default.</summary>
    public bool AdminSets { get; init; }

    /// <summary>Nor may anybody else give it its default value.</summary>
    public bool AdminAlways { get; init; }

    /// <summary>Only an administrator is shown it.</summary>
    public bool AdminSees { get; init; }

    /// <summary>Set by the server only.</summary>
    public static Attribute ReadOnly(string name) => new(name, (ref JsonNode? _) => null) { Post = false, Put = false };

    /// <summary>Set when created, then fixed.</summary>
    public static Attribute Once(string name, Check check) => new(name, check) { Put = false };

    public static Attribute RequiredOnce(string name, Check check) => new(name, check) { Put = false, Required = true };
}
