using Demilune.Contracts.Nodes;

namespace Demilune.Sdn.Tests.Topology;

public sealed class NodeTopologyTests
{
    private static readonly string[] Both = ["10.9.0.", "fd09::"];

    [Fact]
    public void A_node_is_told_of_its_own_ports_and_of_nothing_else()
    {
        using var world = World.Standard();
        var state = world.Network.Compose("n1", NodeSupplement.Empty);
        Assert.Equal(new[] { world["in"], world["out"], world["web"] }.Order(StringComparer.Ordinal), state.Ports.Select(port => port.Id));
        var web = state.Ports.Single(port => port.Id == world["web"]);
        Assert.Equal(("shop", "web", Port.Types.Kind.Pod, 1u, true), (web.PodNamespace, web.PodName, web.Kind, web.Network, web.PortSecurity));
        Assert.Equal(2, web.Addresses.Count);
        var inside = state.Ports.Single(port => port.Id == world["in"]);
        Assert.Equal((Port.Types.Kind.FirewallIn, "sys", "fw", false), (inside.Kind, inside.PodNamespace, inside.PodName, inside.PortSecurity));
        Assert.Empty(world.Network.Compose("n3", NodeSupplement.Empty).Ports);
    }

    [Fact]
    public void A_chain_is_there_with_its_instances_of_this_node_and_with_the_classifiers_of_its_ports()
    {
        using var world = World.Standard();
        var here = world.Network.Compose("n1", NodeSupplement.Empty);
        Assert.Equal((world["pp"], world["in"], world["out"]), here.Chains.Single().PortPairs.Select(pair => (pair.Id, pair.Ingress, pair.Egress)).Single());
        Assert.Equal((world["chain"], world["web"], 4u, 6u, 80u, "10.9.0.0/24"), here.Classifiers
            .Select(fc => (fc.ChainId, fc.LogicalDestinationPort, fc.Ethertype, fc.Protocol, fc.DestinationPortMax, fc.SourcePrefix)).Single());
        var there = world.Network.Compose("n2", NodeSupplement.Empty);
        Assert.Empty(there.Chains);
        Assert.Empty(there.Classifiers);
    }

    [Fact]
    public void A_chain_whose_instances_are_elsewhere_is_there_without_any()
    {
        using var world = World.Standard();
        world.Make("fc2", "sfc/flow_classifiers", """{"flow_classifier":{"logical_source_port":"$client","protocol":"udp","l7_parameters":{"security_policy_tag":7},"destination_address_group_id":"$ag"}}""");
        Assert.Equal(200, world.Send("PUT", "sfc/port_chains/$chain", """{"port_chain":{"flow_classifiers":["$fc","$fc2"]}}""").Status);
        var state = world.Network.Compose("n2", NodeSupplement.Empty);
        Assert.Empty(state.Chains.Single().PortPairs);
        Assert.Equal((7u, world["ag"]), (state.Classifiers.Single().PolicyTag, state.Classifiers.Single().DestinationAddressSet));
        Assert.Equal(["10.1.0.0/16", "10.2.0.1/32"], state.AddressSets.Single(set => set.Id == world["ag"]).Prefixes);
    }

    [Fact]
    public void A_port_has_the_limits_of_its_QoS_policy_or_else_of_its_networks()
    {
        using var world = World.Standard();
        world.Make("own", "qos/policies", """{"policy":{"name":"own"}}""");
        world.Make("all", "qos/policies", """{"policy":{"name":"all"}}""");
        Assert.Equal(201, world.Send("POST", "qos/policies/$own/bandwidth_limit_rules", """{"bandwidth_limit_rule":{"max_kbps":8000,"max_burst_kbps":800,"direction":"ingress"}}""").Status);
        Assert.Equal(201, world.Send("POST", "qos/policies/$all/bandwidth_limit_rules", """{"bandwidth_limit_rule":{"max_kbps":500}}""").Status);
        Assert.Null(Web().IngressLimit);
        Assert.Equal(200, world.Send("PUT", "networks/$net", """{"network":{"qos_policy_id":"$all"}}""").Status);
        Assert.Equal((null, new Bandwidth { KilobitsPerSecond = 500 }), (Web().IngressLimit, Web().EgressLimit));
        Assert.Equal(200, world.Send("PUT", "ports/$web", """{"port":{"qos_policy_id":"$own"}}""").Status);
        Assert.Equal((new Bandwidth { KilobitsPerSecond = 8_000, BurstKilobits = 800 }, null), (Web().IngressLimit, Web().EgressLimit));
        Assert.Equal(200, world.Send("PUT", "ports/$web", """{"port":{"qos_policy_id":null}}""").Status);
        Assert.Null(Web().IngressLimit);

        Port Web() => world.Network.Compose("n1", NodeSupplement.Empty).Ports.Single(port => port.Id == world["web"]);
    }

    [Fact]
    public void Domain_names_come_to_the_node_as_they_are_kept()
    {
        using var world = World.Standard();
        world.Make("named", "security-group-rules", """{"security_group_rule":{"security_group_id":"$sg-used","direction":"egress","remote_domain_name":"*.Example.COM."}}""");
        world.Make("fc2", "sfc/flow_classifiers", """{"flow_classifier":{"logical_source_port":"$web","l7_parameters":{"security_policy_tag":7},"destination_domain_name":"api.example.com"}}""");
        Assert.Equal(200, world.Send("PUT", "sfc/port_chains/$chain", """{"port_chain":{"flow_classifiers":["$fc","$fc2"]}}""").Status);
        var state = world.Network.Compose("n1", NodeSupplement.Empty);
        Assert.Equal("*.example.com", state.SecurityGroups.SelectMany(group => group.Rules).Single(rule => rule.Id == world["named"]).RemoteDomainName);
        Assert.Equal("api.example.com", state.Classifiers.Single(classifier => classifier.Id == world["fc2"]).DestinationDomainName);
    }

    [Fact]
    public void A_classifier_without_a_chain_steers_nothing()
    {
        using var world = World.Standard();
        world.Send("DELETE", "sfc/port_chains/$chain");
        Assert.Empty(world.Network.Compose("n1", NodeSupplement.Empty).Classifiers);
    }

    [Fact]
    public void Half_of_a_chain_of_two_hops_is_not_used()
    {
        using var world = World.Standard();
        Assert.Equal(200, world.Send("PUT", "sfc/port_chains/$chain", """{"port_chain":{"port_pair_groups":["$ppg","$ppg2"]}}""").Status);
        Assert.Empty(world.Network.Compose("n1", NodeSupplement.Empty).Chains.Single().PortPairs);
    }

    [Fact]
    public void A_remote_group_is_the_addresses_of_its_members_wherever_they_are()
    {
        using var world = World.Standard();
        world.Make("r", "security-group-rules", """{"security_group_rule":{"security_group_id":"$sg-used","direction":"ingress","ethertype":"IPv6","remote_group_id":"$sg-used"}}""");
        var state = world.Network.Compose("n1", NodeSupplement.Empty);
        var rule = state.SecurityGroups.Single().Rules.Single(rule => rule.Id == world["r"]);
        Assert.Equal((SecurityGroupRule.Types.Direction.Ingress, 6u, world["sg-used"]), (rule.Direction, rule.Ethertype, rule.RemoteAddressSet));
        var members = state.AddressSets.Single(set => set.Id == world["sg-used"]).Prefixes;
        Assert.Equal(4, members.Count);
        Assert.All(members, member => Assert.Contains(Both, start => member.StartsWith(start, StringComparison.Ordinal)));
        Assert.Equal(2, members.Count(member => member.EndsWith("/32", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{"protocol":"icmp","port_range_min":8}""", "1 8 8")]
    [InlineData("""{"protocol":"icmp","port_range_min":3,"port_range_max":4}""", null)]
    [InlineData("""{"protocol":"icmp","port_range_min":0}""", null)]
    [InlineData("""{"protocol":"icmp","ethertype":"IPv6"}""", "58 0 0")]
    [InlineData("""{"protocol":"17","port_range_min":53,"port_range_max":54}""", "17 53 54")]
    public void A_rule_never_becomes_wider_than_it_is(string attributes, string? expected)
    {
        using var world = World.Standard();
        world.Make("r", "security-group-rules", $$"""{"security_group_rule":{"security_group_id":"$sg-used","direction":"ingress",{{attributes[1..]}}}""");
        var rule = world.Network.Compose("n1", NodeSupplement.Empty).SecurityGroups.Single().Rules.SingleOrDefault(rule => rule.Id == world["r"]);
        Assert.Equal(expected, rule is null ? null : $"{rule.Protocol} {rule.PortMin} {rule.PortMax}");
    }

    [Fact]
    public void With_tunnels_a_node_is_told_where_every_other_pod_is()
    {
        using var world = World.Standard(tunnels: true);
        NodeTunnels tunnels = new(4789, 1450, new Dictionary<string, IReadOnlyList<string>> { ["n1"] = ["192.0.2.1", "2001:db8::1"], ["n2"] = ["192.0.2.2"], ["n3"] = [] });
        var state = world.Network.Compose("n1", NodeSupplement.Empty with { Tunnels = tunnels });
        Assert.Equal(["192.0.2.1", "2001:db8::1"], state.Overlay.Addresses);
        Assert.Equal(["10.9.0.0/24 1", "fd09::/64 1"], state.Overlay.Prefixes.Select(prefix => $"{prefix.Prefix} {prefix.Network}"));
        var other = state.RemoteNodes.Single();
        Assert.Equal(("n2", 1u, "192.0.2.2"), (other.Name, other.Network, other.Addresses.Single()));
        var client = world.Get("ports/$client")["fixed_ips"]!.AsArray().Select(ip => ip!["ip_address"]!.GetValue<string>());
        Assert.Equal(client.Select(ip => ip + (ip.Contains(':', StringComparison.Ordinal) ? "/128" : "/32")).Order(StringComparer.Ordinal), state.AddressSets.Single(set => set.Id == other.AddressSet).Prefixes);
        // What goes into a tunnel has to fit into it.
        Assert.All(state.Ports, port => Assert.Equal(1450u, port.Mtu));
        // A node without an address has no tunnel, and one that Kubernetes does not know has none either.
        Assert.Null(world.Network.Compose("n3", NodeSupplement.Empty with { Tunnels = tunnels }).Overlay);
        Assert.Null(world.Network.Compose("n9", NodeSupplement.Empty with { Tunnels = tunnels }).Overlay);
        Assert.Null(world.Network.Compose("n1", NodeSupplement.Empty).Overlay);
    }

    [Fact]
    public void The_same_network_gives_an_equal_state()
    {
        using var world = World.Standard();
        var before = world.Network.Compose("n1", NodeSupplement.Empty);
        world.Make("elsewhere", "ports", """{"port":{"network_id":"$net","binding:host_id":"n9"}}""");
        Assert.Equal(before, world.Network.Compose("n1", NodeSupplement.Empty));
    }

    [Fact]
    public void An_address_is_a_pods_on_its_own_network_only()
    {
        using var world = World.Standard();
        var address = world.Get("ports/$web")["fixed_ips"]![0]!["ip_address"]!.GetValue<string>();
        Assert.Equal("shop/web", world.Network.FindPod(1, address));
        Assert.Null(world.Network.FindPod(2, address));
        Assert.Null(world.Network.FindPod(1, "10.9.0.250"));
        Assert.Null(world.Network.FindPod(1, "nonsense"));
    }
}
