using System.Net;
using System.Net.Sockets;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;
using Demilune.Node.Gateways;
using static Demilune.Node.Tests.Splice.OnPackets.Lab;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>A router's gateway, between pods and the world beyond the node's external interface.</summary>
public sealed class GatewayTests(GatewayLab fixture) : IClassFixture<GatewayLab>
{
    private static readonly IPAddress Floating = IPAddress.Parse("203.0.113.20");

    [Fact]
    public void A_pod_reaches_the_world_by_the_address_of_its_routers_gateway()
    {
        fixture.Float();
        Assert.True(fixture.Pod.Netns.Ping(fixture.World.Address));
        AssertOpens(fixture.Pod, GatewayLab.Own);
        using var to = fixture.World.Netns.Udp(fixture.World.Address);
        using var from = fixture.Pod.Netns.Udp(fixture.Pod.Address());
        from.SendTo(new byte[16], to.LocalEndPoint!);
        to.SendTo(new byte[9000], Receive(to));     // in fragments
        Assert.True(Traffic.Arrives(from));
    }

    [Fact]
    public void An_answer_that_nobody_asked_for_is_no_answer()
    {
        fixture.Float();
        using var socket = fixture.Pod.Netns.Udp(fixture.Pod.Address(), 53);
        using var from = fixture.World.Netns.Udp(fixture.World.Address);
        from.SendTo(new byte[8], new IPEndPoint(GatewayLab.Own, 53));
        Assert.False(Traffic.Arrives(socket, Traffic.Silence));
    }

    [Fact]
    public void What_a_pod_may_not_open_does_not_leave_by_the_gateway()
    {
        var guarded = fixture.Guarded;
        guarded.Port.SecurityGroupIds.Clear();
        fixture.Lab.Group(guarded, Out(4, 17, 53, 53, prefix: "203.0.113.0/24"));
        fixture.Float();
        using var open = fixture.World.Netns.Udp(fixture.World.Address, 53);
        using var closed = fixture.World.Netns.Udp(fixture.World.Address, 54);
        using var from = guarded.Netns.Udp(guarded.Address());
        Assert.True(Traffic.UdpArrives(from, open));
        Assert.False(Traffic.UdpArrives(from, closed, Traffic.Silence));
    }

    [Fact]
    public void A_floating_address_is_the_pods_in_both_directions()
    {
        fixture.Float((20, 5));
        AssertOpens(fixture.Pod, Floating);
        AssertOpens(fixture.Other, GatewayLab.Own);
        AssertAccepts(fixture.World.Netns, fixture.World.Address);
        Assert.True(fixture.World.Netns.Ping(Floating));
    }

    [Fact]
    public void Its_pods_own_rules_say_who_may_use_a_floating_address()
    {
        var guarded = fixture.Guarded;
        guarded.Port.SecurityGroupIds.Clear();
        fixture.Lab.Group(guarded, In(4, 6, 80, 80, prefix: "203.0.113.5/32"));
        fixture.Float((20, 7));
        fixture.World.AddAddress("203.0.113.6");
        using var open = guarded.Netns.Listen(guarded.Address(), 80);
        using var closed = guarded.Netns.Listen(guarded.Address(), 81);
        Assert.True(fixture.World.Netns.CanConnect(new IPEndPoint(Floating, 80)));
        Assert.True(fixture.World.Netns.CannotConnect(new IPEndPoint(Floating, 81)));
        using var stranger = fixture.World.Netns.TryConnect(new IPEndPoint(Floating, 80), Traffic.Silence, new(IPAddress.Parse("203.0.113.6"), 0));
        Assert.Null(stranger);
    }

    [Fact]
    public void A_firewall_sees_what_leaves_and_what_comes_by_a_floating_address()
    {
        var (lab, guarded) = (fixture.Lab, fixture.Guarded);
        guarded.Port.SecurityGroupIds.Clear();
        lab.Group(guarded, In(4), Out(4));
        using LabFirewall firewall = new(lab, 1000);
        lab.State.SecurityPolicies.Add(new SecurityPolicy { Name = "web", Tag = 7 });
        lab.State.Chains.Add(new PortChain { Id = "chain", Firewall = "default", PortPairs = { firewall.Pair } });
        lab.State.Classifiers.Add(new FlowClassifier { Id = "out", ChainId = "chain", LogicalSourcePort = guarded.Port.Id, Ethertype = 4, PolicyTag = 7 });
        lab.State.Classifiers.Add(new FlowClassifier { Id = "in", ChainId = "chain", LogicalDestinationPort = guarded.Port.Id, Ethertype = 4, PolicyTag = 7 });
        fixture.Float((20, 7));
        firewall.WaitAlive(lab);
        using (var outside = fixture.World.Netns.Listen(fixture.World.Address)) Assert.True(guarded.Netns.CanConnect(outside.LocalEndPoint!));
        Assert.Equal(1ul, lab.Datapath.ReadFirewalls().Single().FlowsSpliced);
        using (guarded.Netns.Listen(guarded.Address(), 80)) Assert.True(fixture.World.Netns.CanConnect(new IPEndPoint(Floating, 80)));
        Assert.Equal(2ul, lab.Datapath.ReadFirewalls().Single().FlowsSpliced);
        lab.State.Classifiers.Clear();
        lab.State.Chains.Clear();
        lab.State.SecurityPolicies.Clear();
    }

    [Fact]
    public void Pods_reach_each_other_and_themselves_by_floating_addresses()
    {
        fixture.Float((20, 5), (21, 6));
        AssertAccepts(fixture.Other.Netns, IPAddress.Parse("203.0.113.21"));
        AssertAccepts(fixture.Pod.Netns, Floating);
        fixture.Float((20, 5));
        AssertAccepts(fixture.Other.Netns, GatewayLab.Own);
    }

    [Fact]
    public void Who_loses_a_floating_address_loses_what_came_by_it()
    {
        fixture.Float((20, 5));
        using var listener = fixture.Pod.Netns.Listen(fixture.Pod.Address(), 80);
        using var connection = fixture.World.Netns.TryConnect(new IPEndPoint(Floating, 80), Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = listener.Accept();
        fixture.Float();
        Assert.False(Traffic.Carries(connection, accepted, patience: Traffic.Silence));
        Assert.True(fixture.World.Netns.CannotConnect(new IPEndPoint(Floating, 80)));
        AssertOpens(fixture.Pod, GatewayLab.Own);
    }

    [Fact]
    public void Neighbours_learn_at_once_that_a_floating_address_has_moved()
    {
        fixture.Float();
        var moving = IPAddress.Parse("203.0.113.30");
        Uplink((netlink, index) => netlink.AddAddress(index, moving, 24));
        Assert.True(fixture.World.Netns.Ping(moving));
        Uplink((netlink, index) => netlink.DeleteAddress(index, moving, 24));
        fixture.Float((30, 5));
        Assert.True(fixture.World.Netns.Ping(moving));

        void Uplink(Action<RouteNetlink, int> change) => fixture.Lab.Host.Run(() =>
        {
            using RouteNetlink netlink = new();
            change(netlink, netlink.FindLink(External)!.Index);
        });
    }

    [Fact]
    public void A_gateway_whose_outer_end_was_taken_from_it_is_whole_after_the_next_change()
    {
        fixture.Float();
        using (var netns = NetworkNamespace.Open(Path.Combine(fixture.Lab.Directory, "gateways", fixture.Gateway.PortId)))
            netns.Run(() =>
            {
                using RouteNetlink netlink = new();
                Assert.True(netlink.DeleteLink(GatewayRules.Outside));
            });
        Assert.False(fixture.Pod.Netns.Ping(fixture.World.Address, Traffic.Silence));
        fixture.Float();
        Assert.True(fixture.Pod.Netns.Ping(fixture.World.Address));
    }

    [Fact]
    public void Nobody_outside_passes_for_a_pod()
    {
        fixture.Float((20, 5));
        fixture.World.AddAddress("10.9.0.6");
        using var to = fixture.Pod.Netns.Udp(fixture.Pod.Address(), 53);
        using var from = fixture.World.Netns.Udp(IPAddress.Parse("10.9.0.6"));
        from.SendTo(new byte[8], new IPEndPoint(Floating, 53));
        Assert.False(Traffic.Arrives(to, Traffic.Silence));
    }

    [Fact]
    public void IPv6_leaves_as_it_is()
    {
        fixture.Float();
        Assert.True(fixture.Pod.Netns.Ping(GatewayLab.World6));
        using var listener = fixture.World.Netns.Listen(GatewayLab.World6);
        using var connection = fixture.Pod.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = listener.Accept();
        Assert.Equal(fixture.Pod.Address(1), ((IPEndPoint)accepted.RemoteEndPoint!).Address);
        Assert.True(fixture.World.Netns.Ping(fixture.Pod.Address(1)));
    }

    [Fact]
    public void Addresses_of_Services_stay_the_nodes()
    {
        fixture.Float();
        var service = IPAddress.Parse("10.96.0.1");
        fixture.Lab.Host.Run(() =>
        {
            using RouteNetlink netlink = new();
            netlink.AddAddress(netlink.FindLink("lo")!.Index, service, 32);
        });
        using var listener = fixture.Lab.Host.Listen(service);
        Assert.True(fixture.Pod.Netns.CanConnect(listener.LocalEndPoint!));
    }

    [Fact]
    public void Connections_outlive_a_restart_of_the_agent_and_changes_of_others()
    {
        fixture.Float();
        using var listener = fixture.World.Netns.Listen(fixture.World.Address);
        using var connection = fixture.Pod.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = listener.Accept();
        fixture.Lab.Reopen();
        fixture.Lab.Apply();
        Assert.True(Traffic.Carries(connection, accepted));
        fixture.Float((21, 6));
        Assert.True(Traffic.Carries(accepted, connection));
    }

    [Fact]
    public void Pods_of_another_node_leave_through_the_tunnel_and_a_gateway_taken_away_leaves_nothing()
    {
        using Underlay underlay = new();
        var (here, there) = (underlay.AddNode(), underlay.AddNode());
        foreach (var node in underlay.Nodes) node.State.Routers.Add(node.Router = GatewayLab.NewRouter());
        var pod = here.Free(here.AddPod("10.9.0.5"));
        here.Group(pod, In(4));
        var (outside, floating) = (IPAddress.Parse("10.77.2.254"), IPAddress.Parse("10.77.2.20"));
        var gateway = GatewayLab.AddGateway(there, there.Router!, new OnLink { Address = "10.77.2.9/24", Gateway = outside.ToString() });
        gateway.Floating.Add(new FloatingAddress { Id = "f", Outside = floating.ToString(), Inside = "10.9.0.5" });
        underlay.Apply();
        Assert.True(pod.Netns.Ping(outside));
        using var listener = underlay.Router.Listen(outside);
        using var connection = pod.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = listener.Accept();
        Assert.Equal(floating, ((IPEndPoint)accepted.RemoteEndPoint!).Address);
        Assert.True(Traffic.Carries(connection, accepted, 1 << 20, TimeSpan.FromSeconds(20)));
        Assert.True(Traffic.Carries(accepted, connection, 1 << 20, TimeSpan.FromSeconds(20)));
        using var inside = pod.Netns.Listen(pod.Address(), 80);
        Assert.True(underlay.Router.CanConnect(new IPEndPoint(floating, 80)));

        there.Reopen();     // a successor finds what is to go
        there.State.Ports.Remove(there.State.Ports.Single(port => port.Id == gateway.PortId));
        there.Router!.Gateway = null;
        underlay.Apply();
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(there.Directory, "gateways")));
        Assert.False(pod.Netns.Ping(outside, Traffic.Silence));
        there.Host.Run(() =>
        {
            using RouteNetlink netlink = new();
            Assert.Null(netlink.FindLink(GatewayNamespace.HostNameFor(gateway.PortId)));
        });
    }

    /// <summary>TCP and UDP, and the world sees that address.</summary>
    private void AssertOpens(LabPod pod, IPAddress seenAs)
    {
        var world = fixture.World;
        using var listener = world.Netns.Listen(world.Address);
        using var connection = pod.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = listener.Accept();
        Assert.Equal(seenAs, ((IPEndPoint)accepted.RemoteEndPoint!).Address);
        Assert.True(Traffic.Carries(connection, accepted, 1 << 20, TimeSpan.FromSeconds(20)));
        Assert.True(Traffic.Carries(accepted, connection, 1 << 20, TimeSpan.FromSeconds(20)));
        using var to = world.Netns.Udp(world.Address);
        using var from = pod.Netns.Udp(pod.Address());
        from.SendTo(new byte[16], to.LocalEndPoint!);
        var sender = Receive(to);
        Assert.Equal(seenAs, sender.Address);
        to.SendTo(new byte[16], sender);
        Assert.True(Traffic.Arrives(from));
    }

    /// <summary>The pod that has <see cref="Floating"/>, by that, and it sees that address.</summary>
    private void AssertAccepts(NetworkNamespace opener, IPAddress seenAs)
    {
        using var listener = fixture.Pod.Netns.Listen(fixture.Pod.Address());
        using var connection = opener.TryConnect(new IPEndPoint(Floating, ((IPEndPoint)listener.LocalEndPoint!).Port), Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = listener.Accept();
        Assert.Equal(seenAs, ((IPEndPoint)accepted.RemoteEndPoint!).Address);
        Assert.True(Traffic.Carries(connection, accepted, 200_000));
        Assert.True(Traffic.Carries(accepted, connection, 200_000));
    }

    private static IPEndPoint Receive(Socket socket)
    {
        EndPoint sender = new IPEndPoint(IPAddress.Any, 0);
        socket.ReceiveTimeout = (int)Traffic.Patience.TotalMilliseconds;
        socket.ReceiveFrom(new byte[64], ref sender);
        return (IPEndPoint)sender;
    }
}
