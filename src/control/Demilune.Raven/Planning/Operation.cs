using System.Collections.Immutable;
using Demilune.Neutron;

namespace Demilune.Raven.Planning;

/// <summary>One request to the network. Members of <see cref="Resource"/>s may be references ("@KEY") to what a former operation makes.</summary>
/// <param name="Key">What it is about.</param>
internal abstract record Operation(string Key)
{
    /// <summary>Keys of what has to exist or be up to date first; if one of them failed, this is left for later.</summary>
    public ImmutableArray<string> After { get; init; } = [];

    /// <summary>Key of the thing in the design: of a rule, that of its group.</summary>
    public string Subject => Key.StartsWith(RuleOf, StringComparison.Ordinal) ? Key[RuleOf.Length..] : Key;

    /// <summary>Before a group's key: the key of its rules, whose failure must not hold up what waits for the group.</summary>
    public const string RuleOf = "rule of ";

    /// <summary>True: makes the thing what it should be. False: takes something away, and nothing waits for it.</summary>
    public abstract bool Builds { get; }
}

/// <summary>Makes one.</summary>
internal sealed record Create(string Key, Resource Resource) : Operation(Key)
{
    public override bool Builds => true;

    public override string ToString() => $"create {Resource.GetType().Name} {Key}";
}

/// <summary>Changes what is not null in <paramref name="Changes"/>.</summary>
/// <param name="Widening">It only adds; what it takes away comes in a later update.</param>
internal sealed record Update(string Key, string Id, Resource Changes, bool Widening = true) : Operation(Key)
{
    public override bool Builds => Widening;

    public override string ToString() => $"{(Widening ? "update" : "trim")} {Changes.GetType().Name} {Key}";
}

/// <summary>Deletes one.</summary>
internal sealed record Delete(string Key, Type Kind, string Id) : Operation(Key)
{
    /// <summary>Id of the security group, or of the QoS policy, that a rule belongs to.</summary>
    public string? Group { get; init; }

    /// <summary>Of a QoS policy's rule: its path depends on it.</summary>
    public string? RuleType { get; init; }

    public override bool Builds => false;

    public override string ToString() => $"delete {Kind.Name} {Key}";
}

/// <summary>Adds members to an address group.</summary>
internal sealed record AddAddresses(string Key, string Id, ImmutableArray<string> Addresses) : Operation(Key)
{
    public override bool Builds => true;

    public override string ToString() => $"add {string.Join(',', Addresses)} to {Key}";
}

/// <summary>Removes members from an address group.</summary>
internal sealed record RemoveAddresses(string Key, string Id, ImmutableArray<string> Addresses) : Operation(Key)
{
    public override bool Builds => false;

    public override string ToString() => $"remove {string.Join(',', Addresses)} from {Key}";
}
