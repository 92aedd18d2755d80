using Demilune.Contracts.Nodes;
using Demilune.Sdn.Addressing;
using PodIdentity = Demilune.Contracts.Nodes.Identity;

namespace Demilune.Sdn.Topology;

/// <summary>Whom an alert on a node may have to name: who can be an end of a flow that its firewalls judge. Pure.</summary>
internal static class Peers
{
    /// <returns>Nobody where no firewall is; the node's own pods and those that its classifiers speak of; everybody where one speaks of anybody.</returns>
    public static IEnumerable<PodIdentity> Of(NodeState composed, PodDirectory directory)
    {
        if (composed.Firewalls.Count == 0) return [];
        var sets = composed.AddressSets.ToDictionary(set => set.Id, set => set.Prefixes, StringComparer.Ordinal);
        HashSet<PodIdentity> peers = new(ReferenceEqualityComparer.Instance);
        foreach (var port in composed.Ports)
            foreach (var address in port.Addresses) Add(port.Network, address);
        foreach (var network in composed.Ports.Select(port => port.Network).Distinct())
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
