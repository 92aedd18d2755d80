using Demilune.Contracts.Nodes;

namespace Demilune.Sdn.Tests.Topology;

/// <summary>Routers' ways outside: who has them, and what nodes are told of them.</summary>
public sealed class GatewaysTests
{
    private static readonly NodeTunnels Tunnels = new(4789, 1450, new Dictionary<string, IReadOnlyList<string>> { ["n1"] = ["192.0.2.1"], ["n2"] = ["192.0.2.2"] });

    [Fact]
    public void The_node_that_has_a_gateway_is_told_what_it_is()
    {
        using var world = Outside();
        world.Network.SetGatewayNode("n1", true);
        var state = world.Network.Compose("n1", NodeSupplement.Empty with { ServiceNetworks = ["10.96.0.0/12"] });
        var router = Assert.Single(state.Routers);
        Assert.Equal(["0.0.0.0/0 10.9.0.1", "10.96.0.0/12 "], router.Routes.Select(route => $"{route.Prefix} {route.NextHop}"));
        Assert.True(router.Gateway.Translates);
        Assert.Equal(("203.0.113.9/24", "203.0.113.1"), (Assert.Single(router.Gateway.Addresses).Address, router.Gateway.Addresses[0].Gateway));
        Assert.Equal("203.0.113.20 " + AddressOf(world, "web"), router.Gateway.Floating.Select(one => $"{one.Outside} {one.Inside}").Single());
        var inner = state.Ports.Single(port => port.Id == router.Gateway.PortId);
        Assert.Equal((65_535u, false, true), (inner.Network, inner.PortSecurity, inner.Apart));
        Assert.Equal(["10.9.0.1", "fd09::"], inner.Addresses);
        Assert.Equal("n1", world.Get("ports/" + inner.Id)["binding:host_id"]!.GetValue<string>());
    }

    [Fact]
    public void The_others_reach_it_through_tunnels_or_not_at_all()
    {
        using var world = Outside(tunnels: true);
        world.Network.SetGatewayNode("n2", true);
        var alone = Assert.Single(world.Network.Compose("n1", NodeSupplement.Empty).Routers);
        Assert.Empty(alone.Routes);
        var state = world.Network.Compose("n1", NodeSupplement.Empty with { Tunnels = Tunnels });
        var router = Assert.Single(state.Routers);
        Assert.Null(router.Gateway);
        Assert.Equal(["0.0.0.0/0 10.9.0.1"], router.Routes.Select(route => $"{route.Prefix} {route.NextHop}"));
        var there = state.RemoteNodes.Single(node => node.Network == 65_535);
        Assert.Contains("10.9.0.1/32", state.AddressSets.Single(set => set.Id == there.AddressSet).Prefixes);
        // The outside is no network of pods.
        Assert.DoesNotContain(state.Overlay.Prefixes, prefix => prefix.Prefix.StartsWith("203.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_gateway_stays_where_it_is_until_its_node_says_that_it_cannot()
    {
        using var world = Outside();
        Assert.Equal("", Host(world));
        world.Network.SetGatewayNode("n2", true);
        Assert.Equal("n2", Host(world));
        world.Network.SetGatewayNode("n1", true);
        Assert.Equal("n2", Host(world));
        world.Network.SetGatewayNode("n2", false);
        Assert.Equal("n1", Host(world));
        world.Network.SetGatewayNode("n1", false);
        Assert.Equal("", Host(world));
        Assert.Empty(Assert.Single(world.Network.Compose("n1", NodeSupplement.Empty).Routers).Routes);
        world.Network.SetGatewayNode("n2", true);
        Assert.Equal("n2", Host(world));
    }

    [Fact]
    public void Each_router_gets_the_node_with_the_fewest()
    {
        using var world = Outside();
        world.Network.SetGatewayNode("n1", true);
        world.Network.SetGatewayNode("n2", true);
        world.Make("r2", "routers", """{"router":{"external_gateway_info":{"network_id":"$ext"}}}""");
        Assert.Equal(["n1", "n2"], world.Get("ports?device_owner=network:router_gateway").AsArray().Select(port => port!["binding:host_id"]!.GetValue<string>()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_floating_address_is_active_while_its_node_translates_it()
    {
        using var world = Outside();
        world.Network.SetGatewayNode("n1", true);
        HashSet<string> ids = [world["floating"]];
        Assert.Equal("DOWN", Status());
        world.Network.SetFloatingStatus("n2", ids);
        Assert.Equal("DOWN", Status());
        world.Network.SetFloatingStatus("n1", ids);
        Assert.Equal("ACTIVE", Status());
        world.Network.SetFloatingStatus("n1", new HashSet<string>());
        Assert.Equal("DOWN", Status());
        world.Network.SetFloatingStatus("n1", ids);
        Assert.Equal(200, world.Send("PUT", "floatingips/$floating", """{"floatingip":{"port_id":null}}""").Status);
        Assert.Equal("DOWN", Status());
        Assert.Empty(Assert.Single(world.Network.Compose("n1", NodeSupplement.Empty).Routers).Gateway.Floating);

        string Status() => world.Get("floatingips/$floating")["status"]!.GetValue<string>();
    }

    [Fact]
    public void A_route_whose_next_hop_is_outside_leads_through_the_gateway()
    {
        using var world = Outside();
        world.Network.SetGatewayNode("n1", true);
        Assert.Equal(200, world.Send("PUT", "routers/$r", """{"router":{"routes":[{"destination":"198.51.100.0/24","nexthop":"203.0.113.77"},{"destination":"192.0.2.0/24","nexthop":"10.9.0.77"}]}}""").Status);
        var router = Assert.Single(world.Network.Compose("n1", NodeSupplement.Empty).Routers);
        Assert.Equal(["0.0.0.0/0 10.9.0.1", "192.0.2.0/24 10.9.0.77", "198.51.100.0/24 10.9.0.1"], router.Routes.Select(route => $"{route.Prefix} {route.NextHop}"));
        Assert.Equal("198.51.100.0/24 203.0.113.77", router.Gateway.Routes.Select(route => $"{route.Prefix} {route.NextHop}").Single());
    }

    private static string Host(World world) => world.Get("ports?device_owner=network:router_gateway").AsArray().Single()!["binding:host_id"]!.GetValue<string>();

    private static string AddressOf(World world, string port) => world.Get("ports/$" + port)["fixed_ips"]![0]!["ip_address"]!.GetValue<string>();

    /// <summary>The standard network behind a router whose gateway is 203.0.113.9, where 203.0.113.20 is web.</summary>
    private static World Outside(bool tunnels = false)
    {
        var world = World.Standard(tunnels);
        world.Make("ext", "networks", """{"network":{"name":"ext","router:external":true}}""");
        world.Make("ext4", "subnets", """{"subnet":{"network_id":"$ext","ip_version":4,"cidr":"203.0.113.0/24"}}""");
        world.Make("r", "routers", """{"router":{"name":"r","external_gateway_info":{"network_id":"$ext","external_fixed_ips":[{"ip_address":"203.0.113.9"}]}}}""");
        foreach (var subnet in new[] { "v4", "v6" }) Assert.Equal(200, world.Send("PUT", "routers/$r/add_router_interface", $$"""{"subnet_id":"${{subnet}}"}""").Status);
        world.Make("floating", "floatingips", """{"floatingip":{"floating_network_id":"$ext","floating_ip_address":"203.0.113.20","port_id":"$web"}}""");
        return world;
    }
}
