using Demilune.Rules.Headers;

namespace Demilune.Rules.State;

/// <summary><c>suppress</c>: matches between these are not told.</summary>
/// <param name="Track">Whose address is looked at. Null: none, every match.</param>
public sealed record Suppression(ThresholdTrack? Track, AddressSet Addresses)
{
    public bool Covers(UInt128 source, UInt128 destination) => Track switch
    {
        ThresholdTrack.BySource => Addresses.Contains(source),
        ThresholdTrack.ByDestination => Addresses.Contains(destination),
        ThresholdTrack.ByBoth => Addresses.Contains(source) || Addresses.Contains(destination),
        _ => true,
    };
}
