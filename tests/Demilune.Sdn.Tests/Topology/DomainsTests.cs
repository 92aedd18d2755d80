using Demilune.Contracts.Nodes;

namespace Demilune.Sdn.Tests.Topology;

/// <summary>What nodes are told of routers, and of networks with the same addresses.</summary>
public sealed class DomainsTests
{
    [Fact]
    public void Ports_of_the_subnets_that_a_router_joins_are_behind_it()
    {
        using var world = Joined();
        var state = world.Network.Compose("n1", NodeSupplement.Empty);
        var router = Assert.Single(state.Routers);
        Assert.Equal((world["r"], 65_535u), (router.Id, router.Number));
        Assert.Equal(["10.8.0.0/24", "10.9.0.0/24", "fd09::/64"], router.Prefixes);
        Assert.Equal((65_535u, 65_535u), Routers(state, world["web"]));
        Assert.Equal((65_535u, 0u), Routers(world.Network.Compose("n2", NodeSupplement.Empty), world["far"]));
        // A firewall's two interfaces are in no network.
        Assert.Equal((0u, 0u), Routers(state, world["in"]));
        Assert.Equal("shop/far", world.Network.FindPod(65_535, AddressOf(world, "far")));
        Assert.Null(world.Network.FindPod(65_534, AddressOf(world, "far")));
    }

    [Fact]
    public void A_router_that_is_down_or_not_the_gateway_leads_nowhere()
    {
        using var world = Joined();
        Assert.Equal(200, world.Send("PUT", "routers/$r", """{"router":{"admin_state_up":false}}""").Status);
        Assert.Empty(world.Network.Compose("n1", NodeSupplement.Empty).Routers);
        Assert.Equal(200, world.Send("PUT", "routers/$r", """{"router":{"admin_state_up":true}}""").Status);
        Assert.Equal(200, world.Send("PUT", "routers/$r/remove_router_interface", """{"subnet_id":"$v4"}""").Status);
        world.Make("hop", "ports", """{"port":{"network_id":"$net","fixed_ips":[{"subnet_id":"$v4","ip_address":"10.9.0.77"}]}}""");
        Assert.Equal(200, world.Send("PUT", "routers/$r/add_router_interface", """{"port_id":"$hop"}""").Status);
        Assert.Equal((0u, 65_535u), Routers(world.Network.Compose("n1", NodeSupplement.Empty), world["web"]));
    }

    [Fact]
    public void With_tunnels_a_domain_has_its_pods_wherever_they_are()
    {
        using var world = Joined(tunnels: true);
        NodeTunnels tunnels = new(4789, 1450, new Dictionary<string, IReadOnlyList<string>> { ["n1"] = ["192.0.2.1"], ["n2"] = ["192.0.2.2"] });
        var state = world.Network.Compose("n1", NodeSupplement.Empty with { Tunnels = tunnels });
        var there = state.RemoteNodes.Single(node => node.Network == 65_535);
        Assert.Equal([AddressOf(world, "client") + "/32", AddressOf(world, "client", 1) + "/128", AddressOf(world, "far") + "/32"],
            state.AddressSets.Single(set => set.Id == there.AddressSet).Prefixes.OrderByDescending(prefix => prefix.StartsWith("10.9", StringComparison.Ordinal)).ThenByDescending(prefix => prefix.StartsWith("fd09", StringComparison.Ordinal)));
        // Who has no pod behind it need not know.
        world.Make("alone", "networks", """{"network":{}}""");
        world.Make("alone4", "subnets", """{"subnet":{"network_id":"$alone","ip_version":4,"cidr":"10.7.0.0/24"}}""");
        world.Make("lonely", "ports", """{"port":{"network_id":"$alone","binding:host_id":"n3","device_owner":"demilune:pod"}}""");
        Assert.DoesNotContain(65_535u, world.Network.Compose("n3", NodeSupplement.Empty with
        {
            Tunnels = tunnels with { Nodes = new Dictionary<string, IReadOnlyList<string>>(tunnels.Nodes) { ["n3"] = ["192.0.2.3"] } },
        }).RemoteNodes.Select(node => node.Network));
    }

    [Fact]
    public void Of_networks_with_the_same_addresses_the_hosts_know_the_first()
    {
        using var world = World.Standard(tunnels: true);
        world.Make("same4", "subnets", """{"subnet":{"network_id":"$other-net","ip_version":4,"cidr":"10.9.0.0/16"}}""");
        world.Make("namesake", "ports", """{"port":{"network_id":"$other-net","binding:host_id":"n1","device_owner":"demilune:pod"}}""");
        NodeTunnels tunnels = new(4789, 1450, new Dictionary<string, IReadOnlyList<string>> { ["n1"] = ["192.0.2.1"], ["n2"] = ["192.0.2.2"] });
        var state = world.Network.Compose("n1", NodeSupplement.Empty with { Tunnels = tunnels });
        Assert.True(state.Ports.Single(port => port.Id == world["namesake"]).Apart);
        Assert.False(state.Ports.Single(port => port.Id == world["web"]).Apart);
        Assert.Equal(["10.9.0.0/24 1", "fd09::/64 1"], state.Overlay.Prefixes.Select(prefix => $"{prefix.Prefix} {prefix.Network}"));
        Assert.Contains(2u, world.Network.Compose("n2", NodeSupplement.Empty with { Tunnels = tunnels }).RemoteNodes.Select(node => node.Network));
    }

    [Fact]
    public void A_router_is_active_while_its_nodes_say_so()
    {
        using var world = Joined();
        Assert.Equal("DOWN", Status());
        world.Network.SetRouterStatus("n1", [(world["r"], true)]);
        Assert.Equal("ACTIVE", Status());
        world.Network.SetRouterStatus("n2", [(world["r"], false)]);
        Assert.Equal("DOWN", Status());
        world.Network.SetRouterStatus("n2", [(world["r"], true), (world["absent"], true)]);
        Assert.Equal("ACTIVE", Status());
        world.Network.SetRouterStatus("n1", []);
        world.Network.SetRouterStatus("n2", []);
        Assert.Equal("DOWN", Status());

        string Status() => world.Get("routers/$r")["status"]!.GetValue<string>();
    }

    [Fact]
    public void Alerts_name_pods_by_their_addresses_in_the_domain_too()
    {
        using var world = Joined();
        var supplement = new NodeSupplement([new() { PodUid = "fw", PortPairId = world["pp"], Name = "default" }], [], new(
        [
            new() { Network = 1, PodNamespace = "shop", PodName = "web", Addresses = { AddressOf(world, "web"), AddressOf(world, "web", 1) } },
            new() { Network = 2, PodNamespace = "shop", PodName = "far", Addresses = { AddressOf(world, "far") } },
        ]));
        world.Make("fc2", "sfc/flow_classifiers", """{"flow_classifier":{"logical_destination_port":"$web","protocol":"udp","l7_parameters":{"security_policy_tag":7},"source_ip_prefix":"10.8.0.0/24"}}""");
        Assert.Equal(200, world.Send("PUT", "sfc/port_chains/$chain", """{"port_chain":{"flow_classifiers":["$fc","$fc2"]}}""").Status);
        Assert.Equal(["far 2", "far 65535", "web 1", "web 65535"], world.Network.Compose("n1", supplement).Identities.Select(pod => $"{pod.PodName} {pod.Network}").Order(StringComparer.Ordinal));
    }

    /// <summary>The standard network and another one, with a pod on n2, and a router that joins them.</summary>
    private static World Joined(bool tunnels = false)
    {
        var world = World.Standard(tunnels);
        world.Make("other4", "subnets", """{"subnet":{"network_id":"$other-net","ip_version":4,"cidr":"10.8.0.0/24"}}""");
        world.Make("far", "ports", """{"port":{"network_id":"$other-net","name":"shop/far","device_id":"far","device_owner":"demilune:pod","binding:host_id":"n2"}}""");
        world.Make("r", "routers", """{"router":{"name":"r"}}""");
        foreach (var subnet in new[] { "v4", "v6", "other4" })
        {
            var answer = world.Send("PUT", "routers/$r/add_router_interface", $$"""{"subnet_id":"${{subnet}}"}""");
            Assert.True(answer.Status == 200, $"{subnet}: {answer.Body}");
        }
        return world;
    }

    private static (uint, uint) Routers(NodeState state, string port) => state.Ports.Where(one => one.Id == port).Select(one => (one.RouterIpv4, one.RouterIpv6)).Single();

    private static string AddressOf(World world, string port, int index = 0) => world.Get("ports/$" + port)["fixed_ips"]![index]!["ip_address"]!.GetValue<string>();
}
