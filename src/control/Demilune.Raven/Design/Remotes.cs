using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;

namespace Demilune.Raven.Design;

/// <summary>The other side of a rule in Neutron's words: at most one of the three is set, none means anybody.</summary>
/// <param name="IsV6">Neutron's rules are of one family each.</param>
internal readonly record struct Remote(bool IsV6, Prefix? Prefix, string? Group, string? Domain = null)
{
    public string Ethertype => IsV6 ? "IPv6" : "IPv4";

    public bool IsAnybody => Prefix is null && Group is null && Domain is null;

    public bool Covers(Remote other) =>
        IsV6 == other.IsV6 &&
        (IsAnybody || this == other || (Prefix is { } mine && other.Prefix is { } theirs && mine.Contains(theirs)));
}

/// <summary>An address group that somebody speaks of: pods by description, or what of a block is outside of the cluster.</summary>
internal readonly record struct GroupUse(string Key, PeerSelector? Selector, Prefix? Outside);

/// <summary>Finds the words for the peers of one policy or pod, and collects the address groups that they need.</summary>
/// <param name="addresses">Of a selector's members.</param>
internal sealed class Remotes(Func<PeerSelector, IEnumerable<Prefix>> addresses, RavenOptions options)
{
    private readonly HashSet<GroupUse> _uses = [];

    /// <summary>Those that were spoken of so far.</summary>
    public IReadOnlyCollection<GroupUse> Uses => _uses;

    /// <param name="useGroups">False: this Neutron cannot; each address gets a rule of its own.</param>
    public IEnumerable<Remote> Of(Peers peers, bool useGroups) => peers switch
    {
        Peers.Block block => [new Remote(block.Prefix.IsV6, block.Prefix, null)],
        Peers.Selected selected when useGroups => Group(new GroupUse(Key.Peers(selected.Selector), selected.Selector, null), false, true),
        Peers.Selected selected => addresses(selected.Selector).Select(address => new Remote(address.IsV6, address, null)),
        Peers.Domain domain => Named(domain),
        _ => [new Remote(false, null, null), new Remote(true, null, null)],
    };

    /// <summary>Of these peers, those that are not pods of this cluster.</summary>
    public IEnumerable<Remote> Outside(Peers peers, bool useGroups)
    {
        // Whether a name is one of the cluster's own nobody knows before it is looked up; flows to pods are judged where they arrive as well.
        if (peers is Peers.Domain named)
            foreach (var remote in Named(named)) yield return remote;
        IEnumerable<Prefix> blocks = peers switch
        {
            Peers.Block block => [block.Prefix],
            Peers.Anybody => [new Prefix(false, 0, 0), new Prefix(true, 0, 0)],
            _ => [],
        };
        foreach (var block in blocks)
        {
            var outside = PrefixSet.Subtract(block, options.PodPrefixes);
            if (outside is [var whole] && whole == block) yield return new Remote(block.IsV6, block, null);
            else if (outside.Length > 0 && useGroups)
                foreach (var remote in Group(new GroupUse(Key.Outside(block.ToString()), null, block), block.IsV6)) yield return remote;
            else
                foreach (var prefix in outside) yield return new Remote(block.IsV6, prefix, null);
        }
    }

    private static IEnumerable<Remote> Named(Peers.Domain domain) => [new(false, null, null, domain.Pattern.Text), new(true, null, null, domain.Pattern.Text)];

    private IEnumerable<Remote> Group(GroupUse use, params bool[] families)
    {
        _uses.Add(use);
        return families.Select(isV6 => new Remote(isV6, null, Key.Reference(use.Key)));
    }
}
