using Demilune.Contracts.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Resources;
using FlowClassifier = Demilune.Neutron.FlowClassifier;
using Port = Demilune.Neutron.Port;
using PortChain = Demilune.Neutron.PortChain;
using Router = Demilune.Neutron.Router;

namespace Demilune.Sdn.Topology;

/// <summary>The part of the network that a node must realise: (network, node, what the orchestrator adds) → NodeState. Pure.</summary>
/// <remarks>Everything is in order of id, so that the same network always gives an equal state and no news is sent that is none.</remarks>
internal static class NodeTopology
{
    public static NodeState Compose(NetworkState state, string node, NodeSupplement supplement, Translation translation)
    {
        var all = state.Referrers<Port>(Ports.NodeReference(node)).OrderBy(port => port.Id, StringComparer.Ordinal).ToList();
        var gateways = Gateways.Of(state, all).ToList();
        var ports = all.Where(port => !Gateways.IsGateway(port)).ToList();
        var groups = ports.SelectMany(port => port.SecurityGroups ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(id => SecurityRules.Of(state, id, translation)).ToList();
        var classifiers = ports.SelectMany(port => state.Referrers<FlowClassifier>(port.Id)).DistinctBy(classifier => classifier.Id)
            .Select(classifier => (Classifier: classifier, Chain: state.Referrers<PortChain>(classifier.Id).FirstOrDefault()))
            // Without a chain a classifier steers nothing.
            .Where(entry => entry.Chain is not null).OrderBy(entry => entry.Classifier.Id, StringComparer.Ordinal).ToList();
        var chains = classifiers.Select(entry => entry.Chain!).Concat(Chains.WithPairsOf(state, ports)).DistinctBy(chain => chain.Id)
            .OrderBy(chain => chain.Id, StringComparer.Ordinal);

        var apart = ports.Select(port => state.Find<Network>(port.NetworkId)).OfType<Network>().DistinctBy(network => network.Id)
            .Where(network => Domains.IsApart(state, network)).Select(network => network.Id).ToHashSet(StringComparer.Ordinal);
        var routers = ports.Where(Placement.IsTunnelled).SelectMany(port => (Router?[])[Domains.RouterOf(state, port, 4), Domains.RouterOf(state, port, 6)]).OfType<Router>()
            .Concat(gateways.Select(gateway => gateway.Router)).DistinctBy(router => router.Id).OrderBy(router => router.Id, StringComparer.Ordinal).ToList();

        var composed = new NodeState
        {
            Ports =
            {
                ports.Select(port => PortOf(state, port, supplement.Tunnels?.Mtu ?? int.MaxValue, apart))
                    .Concat(gateways.Select(gateway => Gateways.Inner(state, gateway.Router, gateway.Port, supplement.Tunnels?.Mtu ?? int.MaxValue)))
                    .OrderBy(port => port.Id, StringComparer.Ordinal),
            },
            Routers = { routers.Select(router => RouterOf(state, router, node, supplement)) },
            SecurityGroups = { groups },
            Classifiers = { classifiers.Select(entry => Chains.ClassifierOf(entry.Classifier, entry.Chain!)) },
            Chains = { chains.Select(chain => Chains.ChainOf(state, chain, node, supplement.Firewalls)) },
            Firewalls = { supplement.Firewalls },
            SecurityPolicies = { supplement.SecurityPolicies },
        };
        var sets = composed.SecurityGroups.SelectMany(group => group.Rules).Select(rule => rule.RemoteAddressSet)
            .Concat(composed.Classifiers.SelectMany(classifier => (string[])[classifier.SourceAddressSet, classifier.DestinationAddressSet]))
            .Where(id => id.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        composed.Routing = RoutedFlows.Of(state, node);
        composed.AddressSets.AddRange(sets.Select(id => AddressSets.Of(state, id, translation)));
        if (supplement.Tunnels is { } tunnels) Tunnels.Add(composed, node, tunnels, translation.PlacementOf(state));
        composed.Identities.AddRange(Peers.Of(composed, supplement.Pods, routers.ToDictionary(router => router.Id, router => Domains.NetworksOf(state, router))));
        return composed;
    }

    private static Contracts.Nodes.Port PortOf(NetworkState state, Port port, int mostMtu, HashSet<string> apart)
    {
        var network = state.Find<Network>(port.NetworkId)
            ?? throw new InvalidOperationException($"Port {port.Id} is on network {port.NetworkId}, which does not exist.");
        var (podNamespace, podName) = PodNames.Of(port);
        return new()
        {
            Id = port.Id,
            Name = port.Name ?? "",
            Kind = port.DeviceOwner switch
            {
                DeviceOwners.FirewallIn => Contracts.Nodes.Port.Types.Kind.FirewallIn,
                DeviceOwners.FirewallOut => Contracts.Nodes.Port.Types.Kind.FirewallOut,
                _ => Contracts.Nodes.Port.Types.Kind.Pod,
            },
            DeviceId = port.DeviceId ?? "",
            PodNamespace = podNamespace,
            PodName = podName,
            Network = (uint)Resources.ProviderNetworks.NumberOf(network),
            Mac = port.MacAddress ?? "",
            Addresses = { (port.FixedIps ?? []).Select(ip => ip.IpAddress) },
            SecurityGroupIds = { port.SecurityGroups ?? [] },
            PortSecurity = port.PortSecurityEnabled ?? true,
            Mtu = (uint)Math.Min(network.Mtu ?? 1_500, mostMtu),
            AdminStateUp = (port.AdminStateUp ?? true) && (network.AdminStateUp ?? true),
            IngressLimit = LimitOf(state, port, network, "ingress"),
            EgressLimit = LimitOf(state, port, network, "egress"),
            Binding = Bindings.Of(state, port),
            RouterIpv4 = DomainOf(state, port, 4),
            RouterIpv6 = DomainOf(state, port, 6),
            Apart = apart.Contains(network.Id),
        };
    }

    private static Contracts.Nodes.Router RouterOf(NetworkState state, Router router, string node, NodeSupplement supplement)
    {
        var gateway = Gateways.PortOf(state, router);
        var isHere = gateway?.HostId == node;
        // Another node's is reached through a tunnel.
        var isReached = isHere || (gateway?.HostId is { } host && supplement.Tunnels is { } tunnels && tunnels.Nodes.ContainsKey(host));
        var described = Domains.Describe(state, router, isReached ? gateway : null, supplement.ServiceNetworks);
        if (isHere) described.Gateway = Gateways.Describe(state, router, gateway!);
        return described;
    }

    /// <summary>0: none. What another switch carries, that one routes; and a firewall's two are in no network.</summary>
    private static uint DomainOf(NetworkState state, Port port, int ipVersion) =>
        Placement.IsTunnelled(port) ? (uint)(Domains.RouterOf(state, port, ipVersion)?.Number ?? 0) : 0;

    /// <summary>A port's own QoS policy counts; one that has none has its network's.</summary>
    private static Contracts.Nodes.Bandwidth? LimitOf(NetworkState state, Port port, Network network, string direction) =>
        (port.QosPolicyId ?? network.QosPolicyId) is { } policy
        && QosRules.Of(state, policy).FirstOrDefault(rule => rule.Type == QosRuleTypes.BandwidthLimit && rule.Direction == direction) is { } limit
            ? new() { KilobitsPerSecond = (ulong)(limit.MaxKbps ?? 0), BurstKilobits = (ulong)(limit.MaxBurstKbps ?? 0) }
            : null;
}
