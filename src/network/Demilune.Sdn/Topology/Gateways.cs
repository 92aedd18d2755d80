using Demilune.Contracts.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Resources;
using Network = Demilune.Neutron.Network;
using Port = Demilune.Neutron.Port;
using Router = Demilune.Neutron.Router;

namespace Demilune.Sdn.Topology;

/// <summary>Routers' ways outside, as nodes know them: one node has a router's gateway, as a port in its domain; to all others it is a next hop. Pure.</summary>
internal static class Gateways
{
    /// <summary>The port by which a router is outside; null: it has none, or no node has it.</summary>
    public static Port? PortOf(NetworkState state, Router router) =>
        router is not { AdminStateUp: not false, Number: not null } ? null
        : Routers.PortsOf(state, router.Id, Routers.GatewayOwner).FirstOrDefault(port => port.HostId is { Length: > 0 });

    /// <summary>The gateways that a node has.</summary>
    public static IEnumerable<(Port Port, Router Router)> Of(NetworkState state, IEnumerable<Port> ports)
    {
        foreach (var port in ports.Where(IsGateway))
            if (state.Find<Router>(port.DeviceId) is { } router && PortOf(state, router)?.Id == port.Id) yield return (port, router);
    }

    public static bool IsGateway(Port port) => port.DeviceOwner == Routers.GatewayOwner;

    /// <summary>The router's own addresses in its domain, at which the gateway is the next hop.</summary>
    public static IReadOnlyList<string> InnerAddresses(NetworkState state, Router router) =>
        [.. Domains.SubnetsOf(state, router).Select(subnet => subnet.GatewayIp!).Order(StringComparer.Ordinal)];

    /// <summary>What leaves the domain by the gateway, and what its default route must not take away from the pods' own networks.</summary>
    /// <param name="services">Where Services have their addresses: the nodes translate them.</param>
    public static IEnumerable<Route> RoutesTo(NetworkState state, Router router, Port gateway, IEnumerable<string> services)
    {
        var inner = InnerAddresses(state, router);
        var routes = SubnetsOf(state, gateway).Select(subnet => subnet.IpVersion == 6 ? "::/0" : "0.0.0.0/0")
            .Concat(OuterRoutes(state, router, gateway).Select(route => route.Prefix)).Distinct(StringComparer.Ordinal)
            .Select(prefix => new Route { Prefix = prefix, NextHop = inner.FirstOrDefault(address => IsIpv6(address) == IsIpv6(prefix)) ?? "" })
            .Where(route => route.NextHop.Length > 0).ToList();
        return routes.Count == 0 ? routes : [.. routes, .. services.Select(prefix => new Route { Prefix = prefix })];
    }

    /// <summary>Those whose next hop is outside.</summary>
    public static IEnumerable<Route> OuterRoutes(NetworkState state, Router router, Port gateway)
    {
        var outside = SubnetsOf(state, gateway).Select(Subnets.PrefixOf).ToList();
        return (router.Routes ?? []).Where(route => Address.TryParse(route.Nexthop, out var hop) && outside.Exists(prefix => prefix.Contains(hop)))
            .Select(route => new Route { Prefix = route.Destination, NextHop = route.Nexthop });
    }

    /// <summary>For the node that has it.</summary>
    public static Gateway Describe(NetworkState state, Router router, Port gateway) => new()
    {
        PortId = gateway.Id,
        Addresses = { (gateway.FixedIps ?? []).Select(ip => Bindings.OnLinkOf(gateway, ip, state.Find<Subnet>(ip.SubnetId))) },
        Translates = router.ExternalGatewayInfo?.EnableSnat ?? true,
        Floating =
        {
            state.Referrers<FloatingIp>(router.Id).Where(floating => floating is { RouterId: not null, FixedIpAddress: not null, FloatingIpAddress: not null })
                .OrderBy(floating => floating.Id, StringComparer.Ordinal)
                .Select(floating => new FloatingAddress { Id = floating.Id, Outside = floating.FloatingIpAddress, Inside = floating.FixedIpAddress }),
        },
        Routes = { OuterRoutes(state, router, gateway).OrderBy(route => route.Prefix, StringComparer.Ordinal).ThenBy(route => route.NextHop, StringComparer.Ordinal) },
    };

    /// <summary>Its end in the domain. It speaks for the whole world, so it has no port security; pods' own rules say what of that they take.</summary>
    public static Contracts.Nodes.Port Inner(NetworkState state, Router router, Port gateway, int mostMtu) => new()
    {
        Id = gateway.Id,
        Name = $"gateway of {router.Name}",
        DeviceId = router.Id,
        Network = (uint)router.Number!.Value,
        Mac = gateway.MacAddress ?? "",
        Addresses = { InnerAddresses(state, router) },
        Mtu = (uint)Domains.SubnetsOf(state, router).Select(subnet => state.Find<Network>(subnet.NetworkId)?.Mtu ?? 1_500).Append(mostMtu).Append(1_500).Min(),
        AdminStateUp = true,
        Apart = true,
    };

    private static IEnumerable<Subnet> SubnetsOf(NetworkState state, Port gateway) =>
        (gateway.FixedIps ?? []).Select(ip => state.Find<Subnet>(ip.SubnetId)).OfType<Subnet>();

    private static bool IsIpv6(string address) => address.Contains(':', StringComparison.Ordinal);
}
