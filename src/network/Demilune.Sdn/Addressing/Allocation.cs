using Demilune.Neutron;
using Demilune.Sdn.Resources;

namespace Demilune.Sdn.Addressing;

/// <summary>Which address of a subnet is given out next.</summary>
internal static class Allocation
{
    /// <summary>
    /// The first free address after the one given out last, round and round: an address rests as long as possible
    /// before somebody else gets it, so that what others still believe of it (connections, caches) has died out.
    /// </summary>
    /// <returns>Null: none is free.</returns>
    public static Address? Next(NetworkState state, Subnet subnet)
    {
        foreach (var (first, end) in After([.. Subnets.PoolsOf(subnet)], state.LastGiven(subnet.Id)))
            for (var candidate = first; ; candidate = candidate with { Value = candidate.Value + 1 })
            {
                if (state.Holder(Ports.AddressKey(subnet.Id, candidate.ToString())) is null) return candidate;
                if (candidate == end) break;
            }
        return null;
    }

    /// <summary>The pools cut at <paramref name="last"/>: what follows it comes first.</summary>
    private static List<(Address First, Address End)> After(List<(Address First, Address Last)> pools, Address? last)
    {
        if (last is not { } cut) return pools;
        var following = new List<(Address, Address)>();
        var preceding = new List<(Address, Address)>();
        foreach (var (first, end) in pools)
        {
            if (end <= cut) preceding.Add((first, end));
            else if (first > cut) following.Add((first, end));
            else
            {
                preceding.Add((first, cut));
                following.Add((cut with { Value = cut.Value + 1 }, end));
            }
        }
        return [.. following, .. preceding];
    }
}
