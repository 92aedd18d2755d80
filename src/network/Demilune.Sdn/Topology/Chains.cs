using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Firewall = Demilune.Contracts.Nodes.Firewall;
using FlowClassifier = Demilune.Neutron.FlowClassifier;
using Port = Demilune.Neutron.Port;
using PortChain = Demilune.Neutron.PortChain;
using PortPair = Demilune.Neutron.PortPair;

namespace Demilune.Sdn.Topology;

/// <summary>Service chains in the datapath's words.</summary>
internal static class Chains
{
    /// <summary>The chains that go through a firewall with one of these ports.</summary>
    public static IEnumerable<PortChain> WithPairsOf(NetworkState state, IEnumerable<Port> ports) =>
        ports.Where(port => port.DeviceOwner is DeviceOwners.FirewallIn or DeviceOwners.FirewallOut)
            .SelectMany(port => state.Referrers<PortPair>(port.Id))
            .SelectMany(pair => state.Referrers<PortPairGroup>(pair.Id))
            .SelectMany(group => state.Referrers<PortChain>(group.Id));

    public static Contracts.Nodes.PortChain ChainOf(NetworkState state, PortChain chain, string node, IReadOnlyList<Firewall> firewalls)
    {
        // The datapath knows one hop. Of a chain of several it is told no instance, so each policy's onFailure applies: through
        // half of the firewalls that were asked for is not protected.
        var group = chain.PortPairGroups is [var only] ? state.Find<PortPairGroup>(only) : null;
        var pairs = (group?.PortPairs ?? []).Select(state.Find<PortPair>).OfType<PortPair>()
            .Where(pair => IsOn(state, pair.Ingress, node) && IsOn(state, pair.Egress, node))
            .OrderBy(pair => pair.Id, StringComparer.Ordinal).ToList();
        return new()
        {
            Id = chain.Id,
            Firewall = firewalls.FirstOrDefault(firewall => pairs.Exists(pair => pair.Id == firewall.PortPairId))?.Name ?? chain.Name ?? "",
            PortPairs = { pairs.Select(pair => new Contracts.Nodes.PortPair { Id = pair.Id, Ingress = pair.Ingress, Egress = pair.Egress }) },
        };
    }

    public static Contracts.Nodes.FlowClassifier ClassifierOf(FlowClassifier classifier, PortChain chain)
    {
        var ipv6 = classifier.Ethertype == "IPv6";
        if (!IpProtocol.TryParse(classifier.Protocol, out var protocol))
            throw new InvalidOperationException($"Flow classifier {classifier.Id} has protocol '{classifier.Protocol}'.");
        return new()
        {
            Id = classifier.Id,
            ChainId = chain.Id,
            LogicalSourcePort = classifier.LogicalSourcePort ?? "",
            LogicalDestinationPort = classifier.LogicalDestinationPort ?? "",
            Ethertype = ipv6 ? 6u : 4u,
            Protocol = (uint)IpProtocol.In(ipv6, protocol),
            SourcePortMin = (uint)(classifier.SourcePortRangeMin ?? 0),
            SourcePortMax = (uint)(classifier.SourcePortRangeMax ?? classifier.SourcePortRangeMin ?? 0),
            DestinationPortMin = (uint)(classifier.DestinationPortRangeMin ?? 0),
            DestinationPortMax = (uint)(classifier.DestinationPortRangeMax ?? classifier.DestinationPortRangeMin ?? 0),
            SourcePrefix = Normalized(classifier.SourceIpPrefix),
            DestinationPrefix = Normalized(classifier.DestinationIpPrefix),
            SourceAddressSet = classifier.SourceAddressGroupId ?? "",
            DestinationAddressSet = classifier.DestinationAddressGroupId ?? "",
            DestinationDomainName = classifier.DestinationDomainName ?? "",
            PolicyTag = (uint)(classifier.L7Parameters?.SecurityPolicyTag ?? 0),
            Shadow = classifier.L7Parameters?.SecurityPolicyShadow ?? false,
        };
    }

    private static bool IsOn(NetworkState state, string? portId, string node) => state.Find<Port>(portId)?.HostId == node;

    /// <summary>The API keeps host bits as they were sent; the datapath must not see them.</summary>
    private static string Normalized(string? prefix) => Cidr.TryParse(prefix ?? "", out var cidr) ? cidr.Normalized : "";
}
