using System.Diagnostics;
using System.Net;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Netlink;
using Demilune.Node.Datapath;
using static Demilune.Node.Tests.Splice.OnPackets.Lab;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>Between pods and what lies beyond the node, and between several firewalls.</summary>
public sealed class WorldTests : IDisposable
{
    private readonly Lab _lab = new();
    private readonly LabPod _pod;
    private readonly SecurityPolicy _policy = new() { Name = "web", Tag = 9 };
    private readonly PortChain _chain = new() { Id = "chain", Firewall = "default" };

    public WorldTests()
    {
        _pod = _lab.AddPod("10.9.0.1", "fd09::1");
        _lab.State.SecurityPolicies.Add(_policy);
        _lab.State.Chains.Add(_chain);
    }

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pod_reaches_the_world_as_its_egress_rules_allow(bool spliced)
    {
        using var world = new World(_lab);
        using var firewall = spliced ? AddFirewall() : null;
        if (spliced) _lab.State.Classifiers.Add(new FlowClassifier { Id = "out", ChainId = "chain", LogicalSourcePort = _pod.Port.Id, Ethertype = 4, PolicyTag = 9 });
        _lab.Group(_pod, Out(4, 6, 80, 80, prefix: "203.0.113.0/24"));
        _lab.Apply();
        firewall?.WaitAlive(_lab);
        using var allowed = world.Pod.Netns.Listen(world.Address, 80);
        using var denied = world.Pod.Netns.Listen(world.Address, 81);

        Assert.True(_pod.Netns.CannotConnect(denied.LocalEndPoint!));
        using var connection = _pod.Netns.TryConnect(allowed.LocalEndPoint!, Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = allowed.Accept();
        Assert.True(Traffic.Carries(connection, accepted, 100_000));
        Assert.True(Traffic.Carries(accepted, connection, 100_000));
        if (firewall is null) return;
        var reading = _lab.Datapath.ReadFirewalls().Single();
        Assert.True(reading is { FlowsSpliced: 1, FramesFromOut: > 0, FramesFromIn: > 0 });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_world_reaches_a_pod_as_its_ingress_rules_allow(bool spliced)
    {
        using var world = new World(_lab);
        using var firewall = spliced ? AddFirewall() : null;
        if (spliced) _lab.State.Classifiers.Add(new FlowClassifier { Id = "in", ChainId = "chain", LogicalDestinationPort = _pod.Port.Id, Ethertype = 4, PolicyTag = 9 });
        _lab.Group(_pod, In(4, 6, 80, 80, prefix: "203.0.113.0/24"));
        _lab.Apply();
        firewall?.WaitAlive(_lab);
        using var allowed = _pod.Netns.Listen(_pod.Address(), 80);
        using var denied = _pod.Netns.Listen(_pod.Address(), 81);

        Assert.True(world.Pod.Netns.CannotConnect(denied.LocalEndPoint!));
        using var connection = world.Pod.Netns.TryConnect(allowed.LocalEndPoint!, Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = allowed.Accept();
        Assert.True(Traffic.Carries(connection, accepted, 100_000));
        Assert.True(Traffic.Carries(accepted, connection, 100_000));
        if (firewall is not null) Assert.True(_lab.Datapath.ReadFirewalls().Single() is { FlowsSpliced: 1, FramesFromOut: > 0, FramesFromIn: > 0 });
        // Its probes stay the node's own business, firewall or not.
        Assert.True(_lab.Host.CanConnect(denied.LocalEndPoint!));
    }

    [Fact]
    public void Nobody_outside_may_use_a_pods_address()
    {
        using var world = new World(_lab);
        _lab.AddPod("203.0.113.77");        // a local pod that happens to have an address of the world's
        _lab.Group(_pod, In(4));
        _lab.Apply();
        using var server = _pod.Netns.Udp(_pod.Address(), 53);
        using var honest = world.Pod.Netns.Udp(world.Address);
        Assert.True(Traffic.UdpArrives(honest, server));
        world.AddAddress("203.0.113.77");
        using var liar = world.Pod.Netns.Udp(IPAddress.Parse("203.0.113.77"));
        Assert.False(Traffic.UdpArrives(liar, server, Traffic.Silence));
    }

    [Fact]
    public void Several_firewalls_share_the_flows_and_each_flow_stays_with_one()
    {
        using var first = AddFirewall();
        using var second = AddFirewall();
        _lab.State.Classifiers.Add(new FlowClassifier { Id = "in", ChainId = "chain", LogicalDestinationPort = _pod.Port.Id, Ethertype = 4, PolicyTag = 9 });
        _lab.Group(_pod, In(4));
        var client = _lab.Free(_lab.AddPod("10.9.0.2"));
        _lab.Apply();
        first.WaitAlive(_lab);
        second.WaitAlive(_lab);
        using var server = _pod.Netns.Udp(_pod.Address(), 53);
        for (var i = 0; i < 40; i++)
        {
            using var socket = client.Netns.Udp(client.Address(), 40_000 + i);     // never one's port twice: that would be no new flow
            Assert.True(Traffic.UdpArrives(socket, server));
            Assert.True(Traffic.UdpArrives(server, socket));
            Assert.True(Traffic.UdpArrives(socket, server));
        }
        var readings = _lab.Datapath.ReadFirewalls();
        Assert.Equal(40ul, readings.Aggregate(0ul, (sum, one) => sum + one.FlowsSpliced));
        Assert.All(readings, one => Assert.True(one.FlowsSpliced >= 5 && one.FramesToIn == 2 * one.FlowsSpliced && one.FramesToOut == one.FlowsSpliced));

        first.Silent = true;
        Thread.Sleep(1300);
        for (var i = 0; i < 10; i++)
        {
            using var socket = client.Netns.Udp(client.Address(), 41_000 + i);
            Assert.True(Traffic.UdpArrives(socket, server));
        }
    }

    [Fact]
    public void The_decision_to_open_falls_at_the_deadline()
    {
        using var firewall = AddFirewall(deadlineMs: 300);
        _policy.OnFailure = SecurityPolicy.Types.OnFailure.Open;
        _lab.State.Classifiers.Add(new FlowClassifier { Id = "in", ChainId = "chain", LogicalDestinationPort = _pod.Port.Id, Ethertype = 4, PolicyTag = 9 });
        _lab.Group(_pod, In(4));
        var client = _lab.Free(_lab.AddPod("10.9.0.2"));
        _lab.Apply();
        firewall.WaitAlive(_lab);
        using var server = _pod.Netns.Udp(_pod.Address(), 53);
        using var socket = client.Netns.Udp(client.Address());
        Assert.True(Traffic.UdpArrives(socket, server));

        firewall.Silent = true;
        var watch = Stopwatch.StartNew();
        while (!Traffic.UdpArrives(socket, server, TimeSpan.FromMilliseconds(1))) Assert.True(watch.Elapsed < Traffic.Patience);
        // The last heartbeat may be one period old, and a loaded machine may wake us late; earlier than the deadline it must not be.
        TestContext.Current.TestOutputHelper?.WriteLine($"open after {watch.Elapsed.TotalMilliseconds:f1} ms of 300");
        Assert.True(watch.Elapsed.TotalMilliseconds >= 300 - 5 * LabFirewall.HeartbeatMs);
    }

    private LabFirewall AddFirewall(uint deadlineMs = 1000)
    {
        LabFirewall firewall = new(_lab, deadlineMs);
        _chain.PortPairs.Add(firewall.Pair);
        return firewall;
    }
}
