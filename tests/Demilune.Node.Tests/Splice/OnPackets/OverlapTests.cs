using System.Net;
using Demilune.Contracts.Nodes;
using static Demilune.Node.Tests.Splice.OnPackets.Lab;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>Two networks with the same prefix, and pods of the same addresses in both.</summary>
public sealed class OverlapTests
{
    private const uint First = 1, Second = 3;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Everybody_reaches_his_own_networks_namesake(bool isTunnelled)
    {
        using Underlay underlay = new();
        var here = underlay.AddNode();
        var there = isTunnelled ? underlay.AddNode() : here;
        var (client, server) = Pair(here, there, First);
        var (otherClient, otherServer) = Pair(here, there, Second);
        underlay.Apply();
        foreach (var (from, to) in new[] { (client, server), (otherClient, otherServer) })
            foreach (var family in new[] { 0, 1 })
            {
                Assert.True(from.Netns.Ping(to.Address(family)));
                using var listener = to.Netns.Listen(to.Address(family));
                using var connection = from.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience);
                Assert.NotNull(connection);
                using var accepted = listener.Accept();
                Assert.True(Traffic.Carries(connection, accepted, 200_000));
                Assert.True(Traffic.Carries(accepted, connection, 200_000));
                using var one = from.Netns.Udp(from.Address(family));
                using var other = to.Netns.Udp(to.Address(family));
                Assert.True(Traffic.UdpArrives(one, other));
                Assert.True(Traffic.UdpArrives(other, one));
            }
    }

    [Theory]
    [InlineData(false, First)]
    [InlineData(false, Second)]
    [InlineData(true, First)]
    [InlineData(true, Second)]
    public void Who_has_no_namesake_in_his_network_reaches_nobody(bool isTunnelled, uint network)
    {
        using Underlay underlay = new();
        var here = underlay.AddNode();
        var there = isTunnelled ? underlay.AddNode() : here;
        var (client, server) = Pair(here, there, First);
        var (otherClient, otherServer) = Pair(here, there, Second);
        var (lonely, gone, left) = network == First ? (client, server, otherServer) : (otherClient, otherServer, server);
        there.Remove(gone);
        underlay.Apply();
        foreach (var family in new[] { 0, 1 })
        {
            using var heard = left.Netns.Udp(left.Address(family), 53);
            using var from = lonely.Netns.Udp(lonely.Address(family));
            Assert.False(Traffic.UdpArrives(from, heard, Traffic.Silence));
            using var listener = left.Netns.Listen(left.Address(family), 80);
            Assert.True(lonely.Netns.CannotConnect(listener.LocalEndPoint!));
        }
    }

    [Fact]
    public void Each_has_a_router_of_its_own()
    {
        using Underlay underlay = new();
        var (here, there) = (underlay.AddNode(), underlay.AddNode());
        foreach (var (network, number) in new[] { (First, 65535u), (Second, 65534u) })
        {
            Router router = new() { Id = $"router{number}", Number = number, Prefixes = { "10.9.0.0/24", "10.8.0.0/24" } };
            foreach (var lab in underlay.Nodes)
            {
                lab.State.Routers.Add(router);
                (lab.Router, lab.Apart) = (router, network == Second);
            }
            here.Network = network;
            var client = Open(here, here.AddPod("10.9.0.1"));
            there.Network = network + 1;
            var server = Open(there, there.AddPod("10.8.0.2"));
            underlay.Apply();
            Assert.True(client.Netns.Ping(server.Address()));
            using var listener = server.Netns.Listen(server.Address());
            Assert.True(client.Netns.CanConnect(listener.LocalEndPoint!));
        }
    }

    private static (LabPod Client, LabPod Server) Pair(Lab here, Lab there, uint network)
    {
        foreach (var lab in new[] { here, there }) (lab.Network, lab.Apart) = (network, network == Second);
        return (Open(here, here.AddPod("10.9.0.1", "fd09::1")), Open(there, there.AddPod("10.9.0.2", "fd09::2")));
    }

    private static LabPod Open(Lab lab, LabPod pod)
    {
        lab.Free(pod);
        lab.Group(pod, In(4), In(6));
        return pod;
    }
}
