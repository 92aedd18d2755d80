using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;

namespace Demilune.Raven.Design;

/// <summary>The other side of a rule in Neutron's words: at most one of the two is set, neither means anybody.</summary>
/// <param name="IsV6">Neutron's rules are of one family each.</param>
internal readonly record struct Remote(bool IsV6, Prefix? Prefix, string? Group)
{
    public string Ethertype => IsV6 ? "IPv6" : "IPv4";

    public bool IsAnybody => Prefix is null && Group is null;

    public bool Covers(Remote other) =>
        IsV6 == other.IsV6 &&
        (IsAnybody || this == other || (Prefix is { } mine && other.Prefix is { } theirs && mine.Contains(theirs)));
}

/// <summary>Finds the words for peers, and collects the address groups that they need.</summary>
internal sealed class Remotes(ClusterIntent intent, IReadOnlyDictionary<string, ImmutableArray<Prefix>> addressesByPod, RavenOptions options)
{
    private readonly Dictionary<string, AddressGroup> _groups = [];
    private readonly Dictionary<PeerSelector, ImmutableArray<Prefix>> _addresses = [];

    /// <summary>Those that were spoken of so far.</summary>
    public IReadOnlyDictionary<string, AddressGroup> Groups => _groups;

    /// <param name="useGroups">False: this Neutron cannot; each address gets a rule of its own.</param>
    public IEnumerable<Remote> Of(Peers peers, bool useGroups) => peers switch
    {
        Peers.Block block => [new Remote(block.Prefix.IsV6, block.Prefix, null)],
        Peers.Selected selected => Selected(selected.Selector, useGroups),
        _ => [new Remote(false, null, null), new Remote(true, null, null)],
    };

    /// <summary>Of these peers, those that are not pods of this cluster.</summary>
    public IEnumerable<Remote> Outside(Peers peers, bool useGroups)
    {
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
            else if (outside.Length > 0 && useGroups) yield return Group(Key.Outside(block.ToString()), $"outside, of {block}", outside, block.IsV6);
            else
                foreach (var prefix in outside) yield return new Remote(block.IsV6, prefix, null);
        }
    }

    private IEnumerable<Remote> Selected(PeerSelector selector, bool useGroups)
    {
        if (!_addresses.TryGetValue(selector, out var addresses))
            _addresses[selector] = addresses =
            [
                .. intent.Members[selector].SelectMany(pod => addressesByPod.GetValueOrDefault(pod.Uid, [])).Distinct().Order(),
            ];
        if (!useGroups)
        {
            foreach (var address in addresses) yield return new Remote(address.IsV6, address, null);
            yield break;
        }
        yield return Group(Key.Peers(selector), selector.Key, addresses, isV6: false);
        yield return Group(Key.Peers(selector), selector.Key, addresses, isV6: true);
    }

    private Remote Group(string key, string name, ImmutableArray<Prefix> addresses, bool isV6)
    {
        _groups.TryAdd(key, new AddressGroup
        {
            Name = name.Length > 255 ? name[..255] : name,
            Description = Key.Mark(options.ClusterName, key),
            Addresses = [.. addresses.Select(address => address.ToString())],
        });
        return new Remote(isV6, null, Key.Reference(key));
    }
}
