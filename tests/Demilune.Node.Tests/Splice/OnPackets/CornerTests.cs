using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Netlink;
using Demilune.Linux.PacketIo;
using Demilune.Node.Datapath;
using Demilune.Node.Splice.Maps;
using static Demilune.Node.Tests.Splice.OnPackets.Lab;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>What ordinary connections do not show: changes, restarts, fragments, errors, forgeries.</summary>
public sealed class CornerTests : IDisposable
{
    private readonly Lab _lab = new();
    private readonly LabPod _client, _server;

    public CornerTests()
    {
        _client = _lab.Free(_lab.AddPod("10.9.0.1", "fd09::1"));
        _server = _lab.AddPod("10.9.0.2", "fd09::2");
    }

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void A_connection_does_not_outlive_its_permission()
    {
        var group = _lab.Group(_server, In(4, 6, 80, 80));
        _lab.Apply();
        using var listener = _server.Netns.Listen(_server.Address(), 80);
        using var connection = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience)!;
        using var accepted = listener.Accept();
        Assert.True(Traffic.Carries(connection, accepted));

        group.Rules[0].PortMin = group.Rules[0].PortMax = 81;
        _lab.Apply();
        Assert.False(Traffic.Carries(connection, accepted, patience: Traffic.Silence));

        group.Rules[0].PortMin = 80;
        _lab.Apply();
        Assert.True(_client.Netns.CanConnect(listener.LocalEndPoint!));
    }

    [Fact]
    public void A_connection_that_stays_allowed_does_not_notice_a_change()
    {
        var group = _lab.Group(_server, In(4, 6, 80, 80));
        _lab.Apply();
        using var listener = _server.Netns.Listen(_server.Address(), 80);
        using var connection = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience)!;
        using var accepted = listener.Accept();
        for (var i = 0u; i < 10; i++)
        {
            group.Rules.Add(In(4, 6, 1000 + 2 * i, 1000 + 2 * i));
            _lab.State.AddressSets.Clear();
            _lab.State.AddressSets.Add(new AddressSet { Id = "set", Prefixes = { "10.9.0.1/32", $"10.8.0.{i}/32" } });
            group.Rules[0].RemoteAddressSet = i % 2 == 0 ? "set" : "";
            _lab.Apply();
            Assert.True(Traffic.Carries(connection, accepted));
        }
    }

    [Theory]
    [InlineData("10.9.0.0/30", "fd09::/64", true)]
    [InlineData("10.8.0.0/16", "fd08::/64", false)]
    public void A_cidr_or_an_address_set_selects_the_remote_side(string prefix4, string prefix6, bool inside)
    {
        _lab.State.AddressSets.Add(new AddressSet { Id = "set", Prefixes = { prefix4, prefix6 } });
        _lab.Group(_server, In(4, 17, 53, 53, prefix: prefix4), In(6, 17, 53, 53, set: "set"));
        _lab.Apply();
        foreach (var family in new[] { 0, 1 })
        {
            using var server = _server.Netns.Udp(_server.Address(family), 53);
            using var client = _client.Netns.Udp(_client.Address(family));
            Assert.Equal(inside, Traffic.UdpArrives(client, server, inside ? Traffic.Patience : Traffic.Silence));
        }
    }

    [Fact]
    public void Icmp_is_selected_by_type()
    {
        _lab.Group(_server, In(4, 1, 8, 8), In(6, 58, 128, 128));
        _lab.Group(_client, In(4, 1, 13, 13));
        _lab.Apply();
        Assert.True(_client.Netns.Ping(_server.Address(0)));
        Assert.True(_client.Netns.Ping(_server.Address(1)));
        _lab.Free(_server);
        _lab.Apply();
        Assert.False(_server.Netns.Ping(_client.Address(0), Traffic.Silence));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Fragments_follow_their_first_one(int address)
    {
        _lab.Group(_server, In(4, 17, 53, 53), In(6, 17, 53, 53), In(4, 1), In(6, 58));
        _lab.Apply();
        using var server = _server.Netns.Udp(_server.Address(address), 53);
        using var denied = _server.Netns.Udp(_server.Address(address), 54);
        using var client = _client.Netns.Udp(_client.Address(address));
        Assert.True(Traffic.UdpArrives(client, server, length: 5000));
        Assert.False(Traffic.UdpArrives(client, denied, Traffic.Silence, length: 5000));
        Assert.True(_client.Netns.Ping(_server.Address(address), length: 4000));
    }

    [Fact]
    public void An_error_about_a_known_flow_reaches_its_opener_and_others_do_not()
    {
        _lab.Group(_server, In(4, 17, 53, 53), In(6, 17, 53, 53));
        _lab.Apply();
        foreach (var family in new[] { 0, 1 })
        {
            // Nobody listens on 53: the server's stack answers "port unreachable", which the client's connected socket reports.
            using var client = _client.Netns.Udp(_client.Address(family));
            client.Connect(new IPEndPoint(_server.Address(family), 53));
            client.Send(new byte[4]);
            client.ReceiveTimeout = 4000;
            Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => client.Receive(new byte[4])).SocketErrorCode);
        }
        var unrelated = Datagram4(_server, _client, protocol: 1, payload: [3, 3, 0, 0, 0, 0, 0, 0, .. Datagram4(_client, _server, 17, [0x30, 0x39, 0, 99, 0, 8, 0, 0])[14..]]);
        Inject(_server, unrelated);
        Assert.True(Eventually(() => Read(Counter.DropUnrelated) == 1));
    }

    [Fact]
    public void Path_mtu_errors_come_back()
    {
        _lab.Group(_server, In(4), In(6));
        _lab.Apply();
        // The way out of the node is narrower than the pod's interface.
        _lab.Host.Run(() =>
        {
            using var netlink = new RouteNetlink();
            netlink.CreateVeth("narrow", Mac("02:00:00:00:99:01"), "wide", Mac("02:00:00:00:99:02"), _server.Netns, 1300);
            var link = netlink.FindLink("narrow")!;
            netlink.SetLink(link.Index, up: true);
            netlink.AddRoute(link.Index, IPAddress.Parse("203.0.113.0"), 24);
        });
        using var client = _client.Netns.Udp(_client.Address());
        client.DontFragment = true;
        client.Connect(new IPEndPoint(IPAddress.Parse("203.0.113.5"), 9));
        Assert.True(Eventually(() =>
        {
            try
            {
                client.Send(new byte[1400]);
                return false;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.MessageSize)
            {
                return true;
            }
        }));
    }

    [Fact]
    public void A_pod_speaks_only_for_itself()
    {
        _lab.Group(_server, In(4), In(6));
        _lab.Apply();
        var other = Datagram4(_client, _server, 17, [0x30, 0x39, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4]);
        using var server = _server.Netns.Udp(_server.Address(), 53);
        Inject(_client, [.. other]);
        Assert.True(Traffic.Arrives(server));
        other[29] = 77;                 // 10.9.0.77
        Checksum(other);
        Inject(_client, other);
        var mac = Datagram4(_client, _server, 17, [0x30, 0x39, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4]);
        mac[11] ^= 0x55;
        Inject(_client, mac);
        Assert.False(Traffic.Arrives(server, Traffic.Silence));
        Assert.Equal(2ul, Read(Counter.DropSpoofed));
    }

    [Fact]
    public void What_is_not_understood_is_dropped_and_counted()
    {
        _lab.Group(_server, In(4), In(6));
        _lab.Apply();
        var good = Datagram4(_client, _server, 17, [0x30, 0x39, 0, 53, 0, 8, 0, 0]);
        byte[] Changed(Action<byte[]> change)
        {
            byte[] copy = [.. good];
            change(copy);
            Checksum(copy);
            return copy;
        }
        Inject(_client, Changed(frame => (frame[12], frame[13]) = (0x88, 0xcc)));                 // LLDP
        Inject(_client, Changed(frame => frame[17] = 200));                                       // longer than the frame
        Inject(_client, Changed(frame => frame[14] = 0x46));                                      // options
        Inject(_client, Changed(frame => (frame[20], frame[21]) = (0, 9)));                       // a later fragment of nothing
        Inject(_client, Changed(frame => (frame[20], frame[21], frame[23]) = (0, 1, 6)));         // over the TCP flags
        Inject(_client, Changed(frame => frame[30] = 239));                                       // multicast
        Assert.True(Eventually(() => Read(Counter.DropMulticast) >= 1));
        Assert.Equal((1ul, 1ul, 1ul, 2ul),
            (Read(Counter.DropEthertype), Read(Counter.DropHeader), Read(Counter.DropIpv4Options), Read(Counter.DropFragment)));
    }

    [Fact]
    public void An_agent_that_comes_back_loses_no_packet()
    {
        _lab.Group(_server, In(4), In(6));
        _lab.Apply();
        using var server = _server.Netns.Udp(_server.Address(), 53);
        using var client = _client.Netns.Udp(_client.Address());
        var (sent, received, stop) = (0, 0, false);
        // Beside the sender: a socket's buffer holds less than the restarts take.
        var receiver = new Thread(() =>
        {
            while (Traffic.Arrives(server, TimeSpan.FromSeconds(1)) || !Volatile.Read(ref stop)) received++;
        });
        var sender = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                client.SendTo(new byte[16], server.LocalEndPoint!);
                sent++;
                Thread.Sleep(1);
            }
        });
        sender.Start();
        receiver.Start();
        for (var i = 0; i < 2; i++)
        {
            _lab.Reopen();
            _lab.Apply();
        }
        Volatile.Write(ref stop, true);
        sender.Join();
        receiver.Join();
        Assert.True(sent > 50);
        Assert.Equal(sent, received);
    }

    [Fact]
    public void A_pod_that_gets_anothers_address_gets_none_of_its_flows()
    {
        _lab.Group(_server, In(4));
        _lab.Apply();
        using var first = _server.Netns.Udp(_server.Address(), 53);
        using var client = _client.Netns.Udp(_client.Address());
        Assert.True(Traffic.UdpArrives(client, first));
        Assert.True(Traffic.UdpArrives(first, client));
        _lab.Remove(_server);
        var heir = _lab.AddPod("10.9.0.2");
        _lab.Apply();
        using var second = heir.Netns.Udp(heir.Address(), 53);
        // No group: nothing opens. The old flow would have let both through.
        client.SendTo(new byte[16], second.LocalEndPoint!);
        Assert.False(Traffic.Arrives(second, Traffic.Silence));
        Assert.False(Traffic.UdpArrives(second, client, Traffic.Silence));
    }

    [Fact]
    public void Neighbours_are_answered_for_whoever_asks()
    {
        _lab.Group(_server, In(4), In(6));
        _lab.Apply();
        _client.Netns.Run(() =>
        {
            using var netlink = new RouteNetlink();
            var link = netlink.FindLink("eth0")!;
            netlink.DeleteNeighbour(link.Index, IPAddress.Parse("169.254.1.1"));
            netlink.DeleteNeighbour(link.Index, IPAddress.Parse("fe80::ecee:eeff:feee:eeee"));
        });
        Assert.True(_client.Netns.Ping(_server.Address(0)));
        Assert.True(_client.Netns.Ping(_server.Address(1)));
    }

    [Fact]
    public void Flows_are_told()
    {
        _lab.Group(_server, In(4, 6, 80, 80));
        _lab.Apply();
        using var listener = _server.Netns.Listen(_server.Address(), 80);
        var taken = new List<FlowEvent>();
        using (var connection = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience)!)
        using (listener.Accept()) { }
        Assert.True(_client.Netns.CannotConnect(new IPEndPoint(_server.Address(), 81)));
        Assert.True(Eventually(() =>
        {
            taken.AddRange(_lab.Datapath.DrainEvents(1000).Events);
            return taken.Count(one => one.DestinationPort is 80 or 81) >= 3;
        }));
        var opened = taken.First(one => one.DestinationPort == 80 && one.Kind == FlowEvent.Types.Kind.New);
        Assert.Equal(("10.9.0.1", "10.9.0.2", 6u, FlowEvent.Types.Verdict.Direct), (opened.Source, opened.Destination, opened.Protocol, opened.Verdict));
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000 - opened.AtUnixMicros, -1_000_000, 60_000_000);
        Assert.True(taken.First(one => one.DestinationPort == 80 && one.Kind == FlowEvent.Types.Kind.Close).PacketsToServer >= 3);
        var denied = taken.First(one => one.DestinationPort == 81);
        Assert.Equal((FlowEvent.Types.Verdict.Denied, "not allowed by the destination's security groups"), (denied.Verdict, denied.Reason));
    }

    [Fact]
    public void A_flood_of_openings_evicts_no_established_flow()
    {
        _lab.Group(_server, In(4));
        _lab.Apply();
        using var server = _server.Netns.Udp(_server.Address(), 53);
        using var client = _client.Netns.Udp(_client.Address());
        Assert.True(Traffic.UdpArrives(client, server));
        Assert.True(Traffic.UdpArrives(server, client));
        using (var flood = _client.Netns.Udp(_client.Address()))
            for (var i = 0; i < 5000; i++) flood.SendTo(new byte[1], new IPEndPoint(_server.Address(), 1024 + i));
        // Only the old entry lets the answer in: the client's groups allow nothing.
        Assert.True(Traffic.UdpArrives(server, client));
    }

    private ulong Read(Counter counter) => ((SpliceDatapath)_lab.Datapath).Read(counter);

    private static System.Net.NetworkInformation.PhysicalAddress Mac(string text) => System.Net.NetworkInformation.PhysicalAddress.Parse(text);

    private static bool Eventually(Func<bool> condition)
    {
        for (var i = 0; i < 300; i++)
        {
            if (condition()) return true;
            Thread.Sleep(10);
        }
        return false;
    }

    private static byte[] Datagram4(LabPod from, LabPod to, byte protocol, byte[] payload)
    {
        var frame = new byte[34 + payload.Length];
        Mac("ee:ee:ee:ee:ee:ee").GetAddressBytes().CopyTo(frame, 0);
        Mac(from.Port.Mac).GetAddressBytes().CopyTo(frame, 6);
        (frame[12], frame[14], frame[22], frame[23]) = (8, 0x45, 64, protocol);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(16), (ushort)(20 + payload.Length));
        from.Address().GetAddressBytes().CopyTo(frame, 26);
        to.Address().GetAddressBytes().CopyTo(frame, 30);
        payload.CopyTo(frame, 34);
        Checksum(frame);
        return frame;
    }

    private static void Checksum(byte[] frame)
    {
        (frame[24], frame[25]) = (0, 0);
        var sum = 0;
        for (var i = 14; i < 34; i += 2) sum += frame[i] << 8 | frame[i + 1];
        sum = (sum & 0xffff) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(24), (ushort)~(sum + (sum >> 16)));
    }

    private static void Inject(LabPod pod, byte[] frame)
    {
        using var socket = pod.Netns.Run(() => PacketSocket.Open("eth0", 1 << 20));
        using var queue = new TransmitQueue(socket);
        Assert.True(queue.TrySend(frame));
        queue.Flush();
        Assert.Equal(1, queue.Sent);
    }
}
