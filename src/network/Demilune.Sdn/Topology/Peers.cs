using Demilune.Contracts.Nodes;
using Demilune.Sdn.Addressing;
using PodIdentity = Demilune.Contracts.Nodes.Identity;

namespace Demilune.Sdn.Topology;

/// <summary>Whom an alert on a node may have to name: who can be an end of a flow that its firewalls judge. Pure.</summary>
internal static class Peers
{
    /// <param name="joined">By router: numbers of the networks that it joins.</param>
    /// <returns>Nobody where no firewall is; the node's own pods and those that its classifiers speak of; everybody where one speaks of anybody.</returns>
    public static IEnumerable<PodIdentity> Of(NodeState composed, PodDirectory directory, IReadOnlyDictionary<string, IReadOnlySet<uint>> joined)
    {
        if (composed.Firewalls.Count == 0) return [];
        var peers = InOwnNetworks(composed, directory, joined.Values.SelectMany(networks => networks));
        return composed.Routers.Count == 0 ? peers : [.. peers, .. composed.Routers.SelectMany(router => InDomain(router, joined[router.Id], peers))];
    }

    /// <summary>Those who have addresses in a router's domain: with them, by its number.</summary>
    private static IEnumerable<PodIdentity> InDomain(Router router, IReadOnlySet<uint> networks, IEnumerable<PodIdentity> peers)
    {
        List<Cidr> prefixes = [.. router.Prefixes.Select(text => Cidr.TryParse(text, out var prefix) ? prefix : default)];
        foreach (var peer in peers.Where(peer => networks.Contains(peer.Network)))
        {
            List<string> inside = [.. peer.Addresses.Where(text => Address.TryParse(text, out var address) && prefixes.Exists(prefix => prefix.Address.IsV6 == address.IsV6 && prefix.Contains(address)))];
            if (inside.Count == 0) continue;
            var there = peer.Clone();
            there.Network = router.Number;
            there.Addresses.Clear();
            there.Addresses.AddRange(inside);
            yield return there;
        }
    }

    private static IReadOnlyCollection<PodIdentity> InOwnNetworks(NodeState composed, PodDirectory directory, IEnumerable<uint> joined)
    {
        var sets = composed.AddressSets.ToDictionary(set => set.Id, set => set.Prefixes, StringComparer.Ordinal);
        HashSet<PodIdentity> peers = new(ReferenceEqualityComparer.Instance);
        foreach (var port in composed.Ports)
            foreach (var address in port.Addresses) Add(port.Network, address);
        foreach (var network in composed.Ports.Select(port => port.Network).Concat(joined).Distinct())
            foreach (var classifier in composed.Classifiers)
            {
                var (prefix, set) = classifier.LogicalDestinationPort.Length > 0
                    ? (classifier.SourcePrefix, classifier.SourceAddressSet) : (classifier.DestinationPrefix, classifier.DestinationAddressSet);
                if (prefix.Length + set.Length + classifier.DestinationDomainName.Length == 0) return directory.All;
                foreach (var text in prefix.Length > 0 ? [prefix] : sets.GetValueOrDefault(set) ?? [])
                    if (!Cidr.TryParse(text, out var cidr)) continue;
                    else if (cidr.Length == cidr.Address.Bits) Add(network, cidr.Address.ToString());
                    else peers.UnionWith(directory.All.Where(identity => identity.Network == network && identity.Addresses.Any(address =>
                        Address.TryParse(address, out var own) && own.IsV6 == cidr.Address.IsV6 && cidr.Contains(own))));
            }
        return peers;

        void Add(uint network, string address)
        {
            if (directory.Find(network, address) is { } identity) peers.Add(identity);
        }
    }
}
