using System.Collections.Frozen;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Events.Eve;

/// <summary>Who is behind an address, at one moment. Replaced whole, never edited.</summary>
public sealed class Identities(FrozenDictionary<(int Network, IpAddress Address), Identity> byAddress)
{
    /// <summary>Nobody is known.</summary>
    public static Identities Empty { get; } = new(FrozenDictionary<(int, IpAddress), Identity>.Empty);

    /// <summary>Null: nobody we know of.</summary>
    public Identity? Find(int network, IpAddress address) => byAddress.GetValueOrDefault((network, address));
}

/// <summary>A pod, as events name it.</summary>
public sealed record Identity(string Namespace, string Pod, IReadOnlyDictionary<string, string> Labels);
