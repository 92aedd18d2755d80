using System.Net;
using System.Net.Sockets;
using Demilune.Contracts.Nodes;
using static Demilune.Node.Tests.Splice.OnPackets.Lab;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>Security groups, on real packets.</summary>
public sealed class PolicyTests
{
    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 6)]
    public void A_connection_passes_only_where_both_ends_allow_it(int address, uint family)
    {
        using var lab = new Lab();
        var client = lab.Free(lab.AddPod("10.9.0.1", "fd09::1"));
        var server = lab.AddPod("10.9.0.2", "fd09::2");
        lab.Group(server, In(family, protocol: 6, min: 8000, max: 8010));
        lab.Apply();
        using var allowed = server.Netns.Listen(server.Address(address), 8005);
        using var above = server.Netns.Listen(server.Address(address), 8011);

        Assert.True(client.Netns.CanConnect(allowed.LocalEndPoint!));
        Assert.True(client.Netns.CannotConnect(above.LocalEndPoint!));
        Assert.True(server.Netns.TryConnect(new IPEndPoint(client.Address(address), 1), Traffic.Silence) is null);
    }

    [Fact]
    public void A_connection_that_lost_its_permission_is_not_its_other_sides_to_go_on_with_and_lives_again_when_it_is_allowed_again()
    {
        using var lab = new Lab();
        var client = lab.Free(lab.AddPod("10.9.0.1"));
        var server = lab.Free(lab.AddPod("10.9.0.2"));
        lab.Group(server, In(4));
        lab.Apply();
        using var listener = server.Netns.Listen(server.Address(), 80);
        using var asking = client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience)!;
        using var answering = listener.Accept();
        Assert.True(Traffic.Carries(asking, answering, 1000));

        // The client may open nothing any more; the server still may, to any port of the client's, so also to that of the connection.
        client.Port.SecurityGroupIds.Clear();
        lab.Group(client, In(4));
        lab.Apply();
        answering.Send(new byte[100]);
        asking.ReceiveTimeout = (int)Traffic.Silence.TotalMilliseconds * 4;      // several repetitions
        Assert.Throws<SocketException>(() => asking.Receive(new byte[100]));
        Assert.True(server.Netns.CanConnect(new IPEndPoint(client.Address(), Listening(client, out var other))));
        other.Dispose();

        lab.Free(client);
        lab.Apply();
        asking.ReceiveTimeout = 60_000;      // the repetitions have become rare
        Assert.Equal(100, asking.Receive(new byte[100]));
        Assert.True(Traffic.Carries(asking, answering, 1000));

        static int Listening(LabPod pod, out Socket listener) => ((IPEndPoint)(listener = pod.Netns.Listen(pod.Address())).LocalEndPoint!).Port;
    }

    [Fact]
    public void A_port_without_a_group_allows_nothing()
    {
        using var lab = new Lab();
        var client = lab.Free(lab.AddPod("10.9.0.1"));
        var server = lab.AddPod("10.9.0.2");
        lab.Apply();

        Assert.False(client.Netns.Ping(server.Address(), Traffic.Silence));
        Assert.True(lab.Datapath.ReadTraffic().FlowsDenied > 0);
    }

    [Fact]
    public void The_node_reaches_its_pods_whatever_the_policy()
    {
        using var lab = new Lab();
        var server = lab.AddPod("10.9.0.2", "fd09::2");
        lab.Apply();
        using var listener = server.Netns.Listen(server.Address(0));
        using var listener6 = server.Netns.Listen(server.Address(1));

        Assert.True(lab.Host.CanConnect(listener.LocalEndPoint!));
        Assert.True(lab.Host.CanConnect(listener6.LocalEndPoint!));
        Assert.True(lab.Host.Ping(server.Address(0)));
        Assert.True(lab.Host.Ping(server.Address(1)));
    }
}
