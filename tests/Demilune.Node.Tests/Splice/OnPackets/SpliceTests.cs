using System.Net;
using System.Net.Sockets;
using Demilune.Contracts.Frames;
using Demilune.Contracts.Nodes;
using Demilune.Node.Datapath;
using Demilune.Node.Splice.Maps;
using static Demilune.Node.Tests.Splice.OnPackets.Lab;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>Redirection into a firewall, on real packets.</summary>
public sealed class SpliceTests : IDisposable
{
    private const uint Tag = 7;
    private readonly Lab _lab = new();
    private readonly LabPod _client, _server;
    private readonly LabFirewall _firewall;
    private readonly SecurityPolicy _policy = new() { Name = "web", Tag = Tag };

    public SpliceTests()
    {
        _client = _lab.Free(_lab.AddPod("10.9.0.1", "fd09::1"));
        _server = _lab.AddPod("10.9.0.2", "fd09::2");
        _lab.Group(_server, In(4), In(6));
        _firewall = new LabFirewall(_lab, deadlineMs: 1000);
        _lab.State.SecurityPolicies.Add(_policy);
        var chain = new PortChain { Id = "chain", Firewall = "default" };
        chain.PortPairs.Add(_firewall.Pair);
        _lab.State.Chains.Add(chain);
        foreach (var family in new uint[] { 4, 6 })
            _lab.State.Classifiers.Add(new FlowClassifier
            {
                Id = $"c{family}", ChainId = "chain", LogicalDestinationPort = _server.Port.Id, Ethertype = family, PolicyTag = Tag,
                DestinationPortMin = 80, DestinationPortMax = 90,
            });
        _lab.Apply();
        _firewall.WaitAlive(_lab);
    }

    public void Dispose()
    {
        _firewall.Dispose();
        _lab.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Selected_flows_go_through_the_firewall_and_others_do_not(int address)
    {
        using var selected = _server.Netns.Listen(_server.Address(address), 80);
        using var other = _server.Netns.Listen(_server.Address(address), 91);
        Assert.True(_client.Netns.CanConnect(other.LocalEndPoint!));
        Assert.Equal(0ul, Reading.FramesToIn);

        using var connection = _client.Netns.TryConnect(selected.LocalEndPoint!, Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = selected.Accept();
        Assert.True(Traffic.Carries(connection, accepted));
        Assert.True(Traffic.Carries(accepted, connection));

        // The last acknowledgement may still be on its way through the forwarder.
        Assert.True(SpinWait.SpinUntil(() => Reading is var now && now.FramesToIn == now.FramesFromOut && now.FramesToOut == now.FramesFromIn, Traffic.Patience), $"{Reading}");
        var reading = Reading;
        Assert.Equal(1ul, reading.FlowsSpliced);
        Assert.True(reading.FramesToIn >= 3 && reading.FramesToOut >= 2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Super_frames_cross_whole(int address)
    {
        using var listener = _server.Netns.Listen(_server.Address(address), 80);
        using var connection = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience)!;
        using var accepted = listener.Accept();
        Assert.True(Traffic.Carries(connection, accepted, 8 << 20, TimeSpan.FromSeconds(20)));
        Assert.True(_firewall.LargestFrame > 30_000, $"largest frame {_firewall.LargestFrame}");
    }

    [Fact]
    public void Udp_and_icmp_are_spliced_too()
    {
        _lab.State.Classifiers.Add(new FlowClassifier { Id = "icmp", ChainId = "chain", LogicalDestinationPort = _server.Port.Id, Ethertype = 4, Protocol = 1, PolicyTag = Tag });
        _lab.Apply();
        using var server = _server.Netns.Udp(_server.Address(), 80);
        using var client = _client.Netns.Udp(_client.Address());
        Assert.True(Traffic.UdpArrives(client, server));
        Assert.True(Traffic.UdpArrives(server, client));
        Assert.True(_client.Netns.Ping(_server.Address()));
        Assert.Equal(2ul, Reading.FlowsSpliced);
        Assert.Equal(2ul, Reading.FramesFromOut);
    }

    [Fact]
    public void A_released_flow_goes_straight_and_the_next_one_on_its_ports_is_inspected_again()
    {
        _firewall.OnFrame = frame =>
        {
            if (frame.Bytes.Length > 100) frame.Answers.Add((true, LabFirewall.Verdict(frame.FlowId, frame.Epoch, FlowVerdict.Bypass), 0));
        };
        using var listener = _server.Netns.Listen(_server.Address(), 80);
        var from = new IPEndPoint(_client.Address(), 45678);
        using (var connection = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience, from)!)
        {
            using var accepted = listener.Accept();
            Assert.True(Traffic.Carries(connection, accepted, 200));
            Assert.True(WaitFor(() => { Traffic.Carries(connection, accepted, 10); return _lab.Datapath.ReadTraffic().PacketsBypassed > 0; }));
            var before = Reading.FramesToIn;
            for (var i = 0; i < 20; i++) Assert.True(Traffic.Carries(connection, accepted, 10));
            Assert.Equal(before, Reading.FramesToIn);
            accepted.LingerState = connection.LingerState = new LingerOption(true, 0);      // reset: no TIME_WAIT keeps the port
        }
        Thread.Sleep(100);
        var spliced = Reading;
        using var second = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience, from);
        Assert.NotNull(second);
        using var again = listener.Accept();
        Assert.True(Traffic.Carries(second, again, 50));
        Assert.Equal(spliced.FlowsSpliced + 1, Reading.FlowsSpliced);
        Assert.True(Reading.FramesToIn > spliced.FramesToIn + 2);
    }

    [Fact]
    public void A_condemned_flow_is_dropped_in_the_kernel_both_ways()
    {
        using var listener = _server.Netns.Listen(_server.Address(), 80);
        using var connection = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience)!;
        using var accepted = listener.Accept();
        _firewall.OnFrame = frame =>
        {
            if (frame.Bytes.Length <= 100) return;
            frame.Drop = true;
            frame.Answers.Add((true, LabFirewall.Verdict(frame.FlowId, frame.Epoch, FlowVerdict.Drop), 0));
        };
        Assert.False(Traffic.Carries(connection, accepted, 200, Traffic.Silence));
        var before = Reading;
        Assert.False(Traffic.Carries(accepted, connection, 50, Traffic.Silence));
        Assert.Equal(before.FramesToOut, Reading.FramesToOut);
    }

    [Fact]
    public void A_firewall_can_touch_only_flows_it_was_given()
    {
        using var udp = _server.Netns.Udp(_server.Address(), 91);
        using var inspected = _server.Netns.Udp(_server.Address(), 80);
        using var client = _client.Netns.Udp(_client.Address());
        Assert.True(Traffic.UdpArrives(client, udp));       // a direct flow exists, with these ports
        byte[]? template = null;
        _firewall.OnFrame = frame => template ??= frame.Bytes;
        Assert.True(Traffic.UdpArrives(client, inspected));
        Assert.NotNull(template);

        byte[] Forge(Action<byte[]> change)
        {
            byte[] copy = [.. template];
            change(copy);
            copy[40] = copy[41] = 0;        // UDP checksum: none
            return copy;
        }
        var direct = Forge(frame => (frame[36], frame[37]) = (0, 91));
        var stranger = Forge(frame => frame[29] ^= 0x40);       // another source address
        var otherId = Forge(frame => frame[5] ^= 1);
        var otherNetwork = Forge(frame => frame[9] ^= 1);
        var otherEpoch = Forge(frame => frame[11] ^= 1);
        var verdictOnNothing = LabFirewall.Verdict(0xdeadbeef, 0, FlowVerdict.Bypass);
        _firewall.OnFrame = frame =>
        {
            frame.Drop = true;
            foreach (var forged in new[] { direct, stranger, otherId, otherNetwork, otherEpoch }) frame.Answers.Add((false, forged, (ushort)Tag));
            frame.Answers.Add((true, template, (ushort)Tag));       // the right frame by the wrong interface
            frame.Answers.Add((false, template, (ushort)Tag + 1));  // or with another policy's tag
            frame.Answers.Add((false, verdictOnNothing, 0));
        };
        client.SendTo(new byte[16], inspected.LocalEndPoint!);

        Assert.False(Traffic.Arrives(inspected, Traffic.Silence));
        Assert.False(Traffic.Arrives(udp, Traffic.Silence));
        Assert.Equal(8ul, Forged - 0);
    }

    [Theory]
    [InlineData(SecurityPolicy.Types.OnFailure.Open)]
    [InlineData(SecurityPolicy.Types.OnFailure.Closed)]
    [InlineData(SecurityPolicy.Types.OnFailure.ClosedForNew)]
    public void When_the_firewall_goes_silent_the_policy_decides_and_new_flows_are_inspected_after_recovery(SecurityPolicy.Types.OnFailure onFailure)
    {
        var open = onFailure == SecurityPolicy.Types.OnFailure.Open;
        var spared = onFailure != SecurityPolicy.Types.OnFailure.Closed;
        _policy.OnFailure = onFailure;
        _lab.Apply();
        using var listener = _server.Netns.Listen(_server.Address(), 80);
        using var before = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience)!;
        using var acceptedBefore = listener.Accept();
        Assert.True(Traffic.Carries(before, acceptedBefore));

        _firewall.Silent = true;
        Assert.True(WaitFor(() => !Alive));
        using var during = _client.Netns.TryConnect(listener.LocalEndPoint!, open ? Traffic.Patience : Traffic.Silence);
        Assert.Equal(open, during is not null);
        Assert.Equal(spared, Traffic.Carries(before, acceptedBefore, patience: spared ? Traffic.Patience : Traffic.Silence));
        Assert.Equal((!open, spared), (Reading.DroppedClosed > 0, Reading.PassedOpen > 0));

        _firewall.Silent = false;
        Assert.True(WaitFor(() => Alive));
        var recovered = Reading;
        if (spared)
        {
            // They ran uninspected, so they stay so: the engine has missed a part of them.
            Assert.True(Traffic.Carries(before, acceptedBefore));
            Assert.Equal(recovered.FramesToIn, Reading.FramesToIn);
        }
        using var after = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience);
        Assert.NotNull(after);
        Assert.Equal(recovered.FlowsSpliced + 1, Reading.FlowsSpliced);
    }

    [Theory]
    [InlineData(SecurityPolicy.Types.OnFailure.Open)]
    [InlineData(SecurityPolicy.Types.OnFailure.Closed)]
    [InlineData(SecurityPolicy.Types.OnFailure.ClosedForNew)]
    public void Another_instance_of_the_engine_gets_none_of_the_old_flows(SecurityPolicy.Types.OnFailure onFailure)
    {
        var spared = onFailure != SecurityPolicy.Types.OnFailure.Closed;
        _policy.OnFailure = onFailure;
        _lab.Apply();
        using var listener = _server.Netns.Listen(_server.Address(), 80);
        using var connection = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience)!;
        using var accepted = listener.Accept();
        _firewall.Instance = 2;
        Thread.Sleep(200);
        var before = Reading.FramesToIn;
        Assert.Equal(spared, Traffic.Carries(connection, accepted, patience: spared ? Traffic.Patience : Traffic.Silence));
        Assert.Equal(before, Reading.FramesToIn);
    }

    [Fact]
    public void An_engine_that_knows_nothing_of_the_splice_is_alive_as_far_as_probes_get_through_it_and_gets_frames_as_from_a_cable()
    {
        _firewall.Probes = true;
        _firewall.Silent = true;
        _firewall.Row.Engine = "suricata";
        _lab.Apply();
        Assert.True(WaitFor(() => !Alive));
        _firewall.Silent = false;
        Assert.True(WaitFor(() => Alive));
        using var listener = _server.Netns.Listen(_server.Address(), 80);
        using var connection = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience)!;
        using var accepted = listener.Accept();
        _firewall.LargestFrame = 0;
        Assert.True(Traffic.Carries(connection, accepted, 1 << 20, TimeSpan.FromSeconds(20)));
        Assert.True(Traffic.Carries(accepted, connection, 1 << 20, TimeSpan.FromSeconds(20)));
        Assert.True(_firewall.LargestFrame is > 1000 and <= 1518, $"largest frame {_firewall.LargestFrame}");

        // The prober lives, but what it sends gets stuck in one direction: the engine is dead.
        _firewall.StuckFromOut = true;
        Assert.True(WaitFor(() => !Alive));
    }

    [Fact]
    public void Closed_without_any_firewall_lets_nothing_selected_through()
    {
        _lab.State.Chains[0].PortPairs.Clear();
        _lab.Apply();
        using var selected = _server.Netns.Listen(_server.Address(), 80);
        using var other = _server.Netns.Listen(_server.Address(), 91);
        Assert.True(_client.Netns.CannotConnect(selected.LocalEndPoint!));
        Assert.True(_client.Netns.CanConnect(other.LocalEndPoint!));
    }

    private FirewallReading Reading => _lab.Datapath.ReadFirewalls().First(one => one.PortPairId == _firewall.Pair.Id);
    private bool Alive => Reading.Alive;
    private ulong Forged => ((SpliceDatapath)_lab.Datapath).Read(Counter.DropForged);

    private static bool WaitFor(Func<bool> condition)
    {
        for (var i = 0; i < 500; i++)
        {
            if (condition()) return true;
            Thread.Sleep(10);
        }
        return false;
    }
}
