using System.Net;
using Demilune.Contracts.Nodes;
using Demilune.Node.Datapath;
using Demilune.Node.Splice.Maps;
using static Demilune.Node.Tests.Splice.OnPackets.Lab;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>Pods of several networks, which a router joins or not.</summary>
public sealed class RouterTests
{
    private static Router Router => new() { Id = "router", Number = 65535, Prefixes = { "10.9.0.0/24", "fd09::/64", "10.8.0.0/24", "fd08::/64" } };

    [Fact]
    public void Pods_of_two_networks_reach_each_other_by_their_router()
    {
        using Lab lab = new();
        var (client, server) = Join(lab, lab);
        lab.Apply();
        AssertTalk(client, server);
    }

    [Fact]
    public void On_two_nodes_they_do_so_through_the_tunnels()
    {
        using Underlay underlay = new();
        underlay.Prefixes.AddRange([new() { Prefix = "10.8.0.0/24", Network = 2 }, new() { Prefix = "fd08::/64", Network = 2 }]);
        var (client, server) = Join(underlay.AddNode(), underlay.AddNode());
        underlay.Apply();
        AssertTalk(client, server);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_router_they_do_not(bool isTunnelled)
    {
        using var underlay = isTunnelled ? new Underlay() : null;
        using var alone = isTunnelled ? null : new Lab();
        underlay?.Prefixes.AddRange([new() { Prefix = "10.8.0.0/24", Network = 2 }, new() { Prefix = "fd08::/64", Network = 2 }]);
        var (here, there) = underlay is null ? (alone!, alone!) : (underlay.AddNode(), underlay.AddNode());
        var (client, server) = Join(here, there, joined: false);
        if (underlay is null) here.Apply();
        else underlay.Apply();
        foreach (var family in new[] { 0, 1 })
        {
            var before = Read(here, Counter.DropNoRoute);
            Assert.False(client.Netns.Ping(server.Address(family), Traffic.Silence));
            Assert.Equal(before + 1, Read(here, Counter.DropNoRoute));
            using var socket = server.Netns.Udp(server.Address(family), 53);
            using var from = client.Netns.Udp(client.Address(family));
            Assert.False(Traffic.UdpArrives(from, socket, Traffic.Silence));
        }
    }

    [Fact]
    public void A_router_that_is_taken_away_parts_them_again()
    {
        using Lab lab = new();
        var (client, server) = Join(lab, lab);
        lab.Apply();
        using var socket = server.Netns.Udp(server.Address(), 53);
        using var from = client.Netns.Udp(client.Address());
        Assert.True(Traffic.UdpArrives(from, socket));
        foreach (var port in lab.State.Ports) port.RouterIpv4 = port.RouterIpv6 = 0;
        lab.State.Routers.Clear();
        lab.Apply();
        Assert.False(Traffic.UdpArrives(from, socket, Traffic.Silence));
    }

    [Fact]
    public void Each_end_enforces_what_is_its_own_across_a_router()
    {
        using Lab lab = new();
        var (client, server) = Join(lab, lab);
        server.Port.SecurityGroupIds.Clear();
        lab.State.AddressSets.Add(new AddressSet { Id = "peers", Prefixes = { "10.9.0.1/32" } });
        lab.Group(server, In(4, 17, 53, 53, set: "peers"));
        lab.Apply();
        using var open = server.Netns.Udp(server.Address(), 53);
        using var closed = server.Netns.Udp(server.Address(), 54);
        using var from = client.Netns.Udp(client.Address());
        Assert.True(Traffic.UdpArrives(from, open));
        var denied = Read(lab, Counter.DropIngress);
        Assert.False(Traffic.UdpArrives(from, closed, Traffic.Silence));
        Assert.Equal(denied + 1, Read(lab, Counter.DropIngress));
    }

    [Fact]
    public void A_firewall_sees_what_a_router_carries()
    {
        using Lab lab = new();
        var (client, server) = Join(lab, lab);
        (lab.Network, lab.Router) = (1, null);
        using LabFirewall firewall = new(lab, 1000);
        lab.State.SecurityPolicies.Add(new SecurityPolicy { Name = "web", Tag = 7 });
        lab.State.Chains.Add(new PortChain { Id = "chain", Firewall = "default", PortPairs = { firewall.Pair } });
        lab.State.Classifiers.Add(new FlowClassifier { Id = "c", ChainId = "chain", LogicalDestinationPort = server.Port.Id, Ethertype = 4, PolicyTag = 7 });
        lab.Apply();
        firewall.WaitAlive(lab);
        using var listener = server.Netns.Listen(server.Address(), 80);
        using var connection = client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = listener.Accept();
        Assert.True(Traffic.Carries(connection, accepted, 200_000));
        Assert.True(Traffic.Carries(accepted, connection, 200_000));
        Assert.Equal(1ul, lab.Datapath.ReadFirewalls().Single().FlowsSpliced);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_router_is_a_hop(int family)
    {
        using Lab lab = new();
        var (client, server) = Join(lab, lab);
        lab.Apply();
        using var to = server.Netns.Udp(server.Address(family), 53);
        using var from = client.Netns.Udp(client.Address(family));
        from.Ttl = 2;
        Assert.True(Traffic.UdpArrives(from, to));
        from.Ttl = 1;
        var before = Read(lab, Counter.DropHops);
        Assert.False(Traffic.UdpArrives(from, to, Traffic.Silence));
        Assert.Equal(before + 1, Read(lab, Counter.DropHops));
    }

    [Theory]
    [InlineData(0, "192.0.2.0/24", "192.0.2.1")]
    [InlineData(1, "2001:db8::/64", "2001:db8::1")]
    public void A_route_of_a_router_leads_to_its_next_hop(int family, string prefix, string beyond)
    {
        using Underlay underlay = new();
        underlay.Prefixes.AddRange([new() { Prefix = "10.8.0.0/24", Network = 2 }, new() { Prefix = "fd08::/64", Network = 2 }]);
        var (client, server) = Join(underlay.AddNode(), underlay.AddNode());
        server.Port.PortSecurity = false;       // it speaks for others
        foreach (var node in underlay.Nodes) node.State.Routers[0].Routes.Add(new Route { Prefix = prefix, NextHop = server.Port.Addresses[family] });
        underlay.Apply();
        server.Netns.Run(() =>
        {
            using Demilune.Linux.Netlink.RouteNetlink netlink = new();
            netlink.AddAddress(netlink.FindLink("eth0")!.Index, IPAddress.Parse(beyond), family == 0 ? 32 : 128);
        });
        Assert.True(client.Netns.Ping(IPAddress.Parse(beyond)));
        using var listener = server.Netns.Listen(IPAddress.Parse(beyond));
        Assert.True(client.Netns.CanConnect(listener.LocalEndPoint!));
    }

    [Fact]
    public void The_hosts_probes_are_answered_by_pods_behind_a_router()
    {
        using Lab lab = new();
        var (_, server) = Join(lab, lab);
        lab.State.Routers[0].Routes.Add(new Route { Prefix = "0.0.0.0/0", NextHop = "10.9.0.254" });
        lab.Apply();
        using var listener = server.Netns.Listen(server.Address(), 80);
        Assert.True(lab.Host.CanConnect(listener.LocalEndPoint!));
    }

    /// <summary>A client in network 1 here, a server in network 2 there, who may all they like.</summary>
    private static (LabPod Client, LabPod Server) Join(Lab here, Lab there, bool joined = true)
    {
        if (joined)
            foreach (var lab in new[] { here, there }.Distinct())
            {
                lab.Router = Router;
                lab.State.Routers.Add(Router);
            }
        here.Network = 1;
        var client = here.Free(here.AddPod("10.9.0.1", "fd09::1"));
        here.Group(client, In(4), In(6));
        there.Network = 2;
        var server = there.Free(there.AddPod("10.8.0.2", "fd08::2"));
        there.Group(server, In(4), In(6));
        return (client, server);
    }

    private static void AssertTalk(LabPod client, LabPod server)
    {
        foreach (var family in new[] { 0, 1 })
        {
            Assert.True(client.Netns.Ping(server.Address(family)));
            Assert.True(server.Netns.Ping(client.Address(family)));
            using var listener = server.Netns.Listen(server.Address(family));
            using var connection = client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience);
            Assert.NotNull(connection);
            using var accepted = listener.Accept();
            Assert.Equal(client.Address(family), ((IPEndPoint)accepted.RemoteEndPoint!).Address);
            Assert.True(Traffic.Carries(connection, accepted, 1 << 20, TimeSpan.FromSeconds(20)));
            Assert.True(Traffic.Carries(accepted, connection, 1 << 20, TimeSpan.FromSeconds(20)));
            using var from = client.Netns.Udp(client.Address(family));
            using var to = server.Netns.Udp(server.Address(family));
            Assert.True(Traffic.UdpArrives(from, to));
            Assert.True(Traffic.UdpArrives(to, from));
            Assert.True(Traffic.UdpArrives(from, to, length: 9000));
        }
    }

    private static ulong Read(Lab lab, Counter counter) => ((SpliceDatapath)lab.Datapath).Read(counter);
}
