using System.Globalization;
using Demilune.Contracts.Nodes;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Splice.Compile;

/// <summary>Destination ports (or ICMP types) of one protocol; protocol 0: of any.</summary>
internal readonly record struct PortRange(byte Protocol, ushort Min, ushort Max)
{
    private const byte Icmp = 1, IcmpV6 = 58;

    /// <summary>As the contract says it: 0–0 is any; a lower bound alone is one port.</summary>
    public static PortRange From(uint family, uint protocol, uint min, uint max) => new(
        (byte)(protocol == Icmp && family == 6 ? IcmpV6 : protocol),      // Neutron lets "icmp" mean ICMPv6 for IPv6
        (ushort)min, (ushort)(min == 0 && max == 0 ? ushort.MaxValue : Math.Max(min, max)));

    /// <summary>The same set of packets in the fewest ranges, in one order.</summary>
    public static List<PortRange> Merge(IEnumerable<PortRange> ranges)
    {
        List<PortRange> merged = [];
        foreach (var next in ranges.OrderBy(range => range.Protocol).ThenBy(range => range.Min))
        {
            // Any protocol sorts first: what it covers needs no further word.
            if (merged.Any(wide => wide.Protocol == 0 && wide.Min <= next.Min && wide.Max >= next.Max)) continue;
            if (merged is [.., var last] && last.Protocol == next.Protocol && next.Min <= last.Max + 1)
                merged[^1] = last with { Max = Math.Max(last.Max, next.Max) };
            else merged.Add(next);
        }
        return merged;
    }
}

/// <summary>One thing that a port's security groups allow, or, in a tier, deny or pass on.</summary>
/// <param name="Remote">A name that the remote side must have; null: anybody.</param>
/// <param name="Rank">When it is asked, and what it says; <c>default</c>: after all tiers, it allows.</param>
internal readonly record struct Rule(byte Direction, byte Family, PortRange Ports, string? Remote, Rank Rank = default) : IAboutPeers
{
    /// <summary>What its number is made of. Written by hand: it is asked for more often than anything else of a state.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Direction} {Family} {Ports.Protocol} {Ports.Min}-{Ports.Max} {Rank.Tier} {Rank.Order} {(byte)Rank.Action} {Remote}");
}

/// <summary>One flow classifier as seen from the port it sits at.</summary>
internal readonly record struct Classifier(
    byte Direction, byte Family, PortRange Ports, ushort SourceMin, ushort SourceMax, string? Remote, string ChainId, Judge Judge, string Id) : IAboutPeers;
