using Demilune.Contracts.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Resources;
using Network = Demilune.Neutron.Network;
using Port = Demilune.Neutron.Port;
using Router = Demilune.Neutron.Router;

namespace Demilune.Sdn.Topology;

/// <summary>Routers as nodes know them: the subnets for which one is the gateway make up its domain, which is numbered like a network. Pure.</summary>
internal static class Domains
{
    /// <summary>The router by which ports of a subnet leave their network: who has the subnet's gateway address. Null: none, or it is down.</summary>
    public static Router? RouterOf(NetworkState state, Subnet? subnet) =>
        subnet?.GatewayIp is { } gateway
        && state.Find<Port>(state.Holder(Ports.AddressKey(subnet.Id, gateway))) is { DeviceOwner: Routers.InterfaceOwner } port
        && state.Find<Router>(port.DeviceId) is { AdminStateUp: not false, Number: not null } router ? router : null;

    /// <summary>The router that a port's addresses of one version are behind; null: none.</summary>
    public static Router? RouterOf(NetworkState state, Port port, int ipVersion) => (port.FixedIps ?? [])
        .Select(ip => state.Find<Subnet>(ip.SubnetId)).Where(subnet => subnet?.IpVersion == ipVersion)
        .Select(subnet => RouterOf(state, subnet)).FirstOrDefault(router => router is not null);

    /// <summary>The subnets of a router's domain.</summary>
    public static IEnumerable<Subnet> SubnetsOf(NetworkState state, Router router) => Routers.PortsOf(state, router.Id, Routers.InterfaceOwner)
        .SelectMany(port => port.FixedIps ?? []).Select(ip => state.Find<Subnet>(ip.SubnetId)).OfType<Subnet>()
        .DistinctBy(subnet => subnet.Id).Where(subnet => RouterOf(state, subnet)?.Id == router.Id);

    /// <summary>Numbers of the networks that it joins.</summary>
    public static IReadOnlySet<uint> NetworksOf(NetworkState state, Router router) => SubnetsOf(state, router)
        .Select(subnet => state.Find<Network>(subnet.NetworkId)).OfType<Network>().Select(network => (uint)ProviderNetworks.NumberOf(network)).ToHashSet();

    /// <param name="gateway">By which the node's pods leave; null: they do not.</param>
    /// <param name="services">Where Services have their addresses.</param>
    public static Contracts.Nodes.Router Describe(NetworkState state, Router router, Port? gateway, IEnumerable<string> services)
    {
        List<Route> outer = gateway is null ? [] : [.. Gateways.OuterRoutes(state, router, gateway)];
        var routes = (router.Routes ?? []).Select(route => new Route { Prefix = route.Destination, NextHop = route.Nexthop }).Where(route => !outer.Contains(route)).ToList();
        // What the router was told itself goes before the way outside.
        if (gateway is not null) routes.AddRange(Gateways.RoutesTo(state, router, gateway, services).Where(route => !routes.Exists(own => own.Prefix == route.Prefix)).ToList());
        return new()
        {
            Id = router.Id,
            Number = (uint)router.Number!.Value,
            Prefixes = { SubnetsOf(state, router).Select(subnet => subnet.Cidr!).Order(StringComparer.Ordinal) },
            Routes = { routes.OrderBy(route => route.Prefix, StringComparer.Ordinal).ThenBy(route => route.NextHop, StringComparer.Ordinal) },
        };
    }

    /// <summary>
    /// Some of its addresses are also those of a network with a smaller number. A host's stack has one routing table: there they are that network's, and it has no
    /// part in this one.
    /// </summary>
    public static bool IsApart(NetworkState state, Network network)
    {
        var own = state.Referrers<Subnet>(network.Id).Select(Subnets.PrefixOf).ToList();
        return own.Count > 0 && state.All<Subnet>().Any(other => other.NetworkId != network.Id
            && state.Find<Network>(other.NetworkId) is { } theirs && ProviderNetworks.NumberOf(theirs) < ProviderNetworks.NumberOf(network)
            && own.Exists(prefix => prefix.Overlaps(Subnets.PrefixOf(other))));
    }
}
