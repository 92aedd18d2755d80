using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;
using Demilune.Node.Datapath;
using Demilune.Node.Splice.Maps;
using static Demilune.Node.Tests.Splice.OnPackets.Lab;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>Pods on several nodes, each with a kernel's network stack of its own, and tunnels between them.</summary>
public sealed class OverlayTests : IDisposable
{
    private readonly Underlay _underlay = new();
    private readonly Lab _here, _there;
    private readonly LabPod _client, _server;

    public OverlayTests()
    {
        (_here, _there) = (_underlay.AddNode(), _underlay.AddNode());
        _client = _here.Free(_here.AddPod("10.9.0.1", "fd09::1"));
        _server = _there.AddPod("10.9.0.2", "fd09::2");
        _there.Group(_server, In(4), In(6));
    }

    public void Dispose() => _underlay.Dispose();

    [Fact]
    public void Pods_on_two_nodes_reach_each_other() => AssertTalk(_underlay, _client, _server);

    [Fact]
    public void Tunnels_go_over_ipv6_too()
    {
        using Underlay underlay = new(ipv6: true);
        var (here, there) = (underlay.AddNode(), underlay.AddNode());
        var client = here.Free(here.AddPod("10.9.0.1", "fd09::1"));
        var server = there.AddPod("10.9.0.2", "fd09::2");
        there.Group(server, In(4), In(6));
        AssertTalk(underlay, client, server);
    }

    private static void AssertTalk(Underlay underlay, LabPod client, LabPod server)
    {
        underlay.Apply();
        foreach (var family in new[] { 0, 1 })
        {
            Assert.True(client.Netns.Ping(server.Address(family)));
            using var listener = server.Netns.Listen(server.Address(family));
            using var connection = client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience);
            Assert.NotNull(connection);
            using var accepted = listener.Accept();
            Assert.True(Traffic.Carries(connection, accepted, 4 << 20, TimeSpan.FromSeconds(20)));
            Assert.True(Traffic.Carries(accepted, connection, 4 << 20, TimeSpan.FromSeconds(20)));
            using var from = client.Netns.Udp(client.Address(family));
            using var to = server.Netns.Udp(server.Address(family));
            Assert.True(Traffic.UdpArrives(from, to));
            Assert.True(Traffic.UdpArrives(to, from));
            // Larger than any frame: fragments of one datagram stay one.
            Assert.True(Traffic.UdpArrives(from, to, length: 9000));
        }
    }

    [Fact]
    public void Each_end_enforces_what_is_its_own()
    {
        var silent = _here.AddPod("10.9.0.3", "fd09::3");       // may open nothing
        _underlay.Apply();
        using var open = _server.Netns.Udp(_server.Address(), 53);
        using var client = _client.Netns.Udp(_client.Address());
        using var forbidden = silent.Netns.Udp(silent.Address());
        Assert.True(Traffic.UdpArrives(client, open));

        var (sent, denied) = (Read(_here, Counter.DropEgress), Read(_there, Counter.DropIngress));
        Assert.False(Traffic.UdpArrives(forbidden, open, Traffic.Silence));
        Assert.Equal(sent + 1, Read(_here, Counter.DropEgress));     // it never left its node
        Assert.Equal(denied, Read(_there, Counter.DropIngress));

        _there.State.SecurityGroups.Clear();
        _server.Port.SecurityGroupIds.Clear();
        _underlay.Apply();
        Assert.False(Traffic.UdpArrives(client, open, Traffic.Silence));
        Assert.True(Read(_there, Counter.DropIngress) + Read(_there, Counter.DropCut) > denied);

        // Whom a rule names by address, wherever it is.
        _there.Group(_server, In(4, prefix: "10.9.0.3/32"));
        _here.Free(silent);
        _underlay.Apply();
        Assert.False(Traffic.UdpArrives(client, open, Traffic.Silence));
        Assert.True(Traffic.UdpArrives(forbidden, open));
    }

    [Fact]
    public void What_is_to_be_inspected_is_inspected_once_where_it_arrives()
    {
        using LabFirewall near = new(_here), far = new(_there);
        foreach (var (lab, firewall) in new[] { (_here, near), (_there, far) })
        {
            lab.State.SecurityPolicies.Add(new SecurityPolicy { Name = "web", Tag = 7 });
            lab.State.Chains.Add(new PortChain { Id = "chain", Firewall = "default", PortPairs = { firewall.Pair } });
        }
        foreach (var family in new uint[] { 4, 6 })
            _there.State.Classifiers.Add(new FlowClassifier { Id = $"c{family}", ChainId = "chain", LogicalDestinationPort = _server.Port.Id, Ethertype = family, PolicyTag = 7, DestinationPortMin = 80, DestinationPortMax = 80 });
        _underlay.Apply();
        far.WaitAlive(_there);
        foreach (var family in new[] { 0, 1 })
        {
            using var listener = _server.Netns.Listen(_server.Address(family), 80);
            using var connection = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience);
            Assert.NotNull(connection);
            using var accepted = listener.Accept();
            Assert.True(Traffic.Carries(connection, accepted, 300_000));
            Assert.True(Traffic.Carries(accepted, connection, 300_000));
        }
        Assert.Equal(0ul, _here.Datapath.ReadFirewalls().Single().FlowsSpliced);
        Assert.Equal(2ul, _there.Datapath.ReadFirewalls().Single().FlowsSpliced);

        far.OnFrame = frame => frame.Drop = frame.Bytes.AsSpan().IndexOf("attack"u8) >= 0;
        using var server = _server.Netns.Listen(_server.Address(), 80);
        using var attacker = _client.Netns.TryConnect(server.LocalEndPoint!, Traffic.Patience)!;
        using var victim = server.Accept();
        attacker.Send("attack"u8);
        victim.ReceiveTimeout = (int)Traffic.Silence.TotalMilliseconds;
        Assert.Throws<SocketException>(() => victim.Receive(new byte[100]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void What_nobody_translates_goes_past_the_hosts_stacks(int family)
    {
        using LabFirewall firewall = new(_there);
        _there.State.SecurityPolicies.Add(new SecurityPolicy { Name = "web", Tag = 7 });
        _there.State.Chains.Add(new PortChain { Id = "chain", Firewall = "default", PortPairs = { firewall.Pair } });
        _there.State.Classifiers.Add(new FlowClassifier { Id = "c", ChainId = "chain", LogicalDestinationPort = _server.Port.Id, Ethertype = family == 0 ? 4u : 6, PolicyTag = 7, DestinationPortMin = 80, DestinationPortMax = 80 });
        _underlay.Apply();
        firewall.WaitAlive(_there);
        // They route no longer: what still arrives has not been theirs.
        foreach (var node in _underlay.Nodes)
            node.Host.Run(() =>
            {
                Sysctl.Write("net/ipv4/ip_forward", "0");
                Sysctl.Write("net/ipv6/conf/all/forwarding", "0");
            });
        foreach (var port in new[] { 80, 81 })
        {
            using var listener = _server.Netns.Listen(_server.Address(family), port);
            using var connection = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience);
            Assert.NotNull(connection);
            using var accepted = listener.Accept();
            Assert.True(Traffic.Carries(connection, accepted, 200_000));
            Assert.True(Traffic.Carries(accepted, connection, 200_000));
        }
        Assert.Equal(1ul, _there.Datapath.ReadFirewalls().Single().FlowsSpliced);
    }

    [Theory]
    [InlineData(0, "10.96.0.10", 80)]
    [InlineData(1, "fd96::10", 80)]
    [InlineData(0, "10.77.2.1", 30080)]      // a port of the other node, which translates it there and hides nobody
    public void Services_are_translated_on_the_way_to_another_node_and_back(int family, string service, int port)
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/nft"), "nft (nftables) is needed to translate addresses");
        foreach (var node in _underlay.Nodes)
            ServiceTests.Translate(node, """
                table inet services {
                  chain prerouting {
                    type nat hook prerouting priority dstnat
                    ip daddr 10.96.0.10 tcp dport 80 dnat ip to 10.9.0.2:8080
                    ip daddr 10.77.2.1 tcp dport 30080 dnat ip to 10.9.0.2:8080
                    ip6 daddr fd96::10 tcp dport 80 dnat ip6 to [fd09::2]:8080
                  }
                }
                """);
        _underlay.Apply();
        using var listener = _server.Netns.Listen(_server.Address(family), 8080);
        using var connection = _client.Netns.TryConnect(new IPEndPoint(IPAddress.Parse(service), port), Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = listener.Accept();
        Assert.Equal(_client.Address(family), ((IPEndPoint)accepted.RemoteEndPoint!).Address);
        Assert.True(Traffic.Carries(connection, accepted, 200_000));
        Assert.True(Traffic.Carries(accepted, connection, 200_000));
    }

    [Theory]
    [InlineData(SecurityPolicy.Types.OnFailure.Closed, false)]
    [InlineData(SecurityPolicy.Types.OnFailure.Open, true)]
    public void Without_a_living_firewall_the_policy_decides_for_other_nodes_too(SecurityPolicy.Types.OnFailure onFailure, bool passes)
    {
        using LabFirewall firewall = new(_there);
        _there.State.SecurityPolicies.Add(new SecurityPolicy { Name = "web", Tag = 7, OnFailure = onFailure });
        _there.State.Chains.Add(new PortChain { Id = "chain", Firewall = "default", PortPairs = { firewall.Pair } });
        _there.State.Classifiers.Add(new FlowClassifier { Id = "c", ChainId = "chain", LogicalDestinationPort = _server.Port.Id, Ethertype = 4, PolicyTag = 7 });
        _underlay.Apply();
        firewall.WaitAlive(_there);
        using var server = _server.Netns.Udp(_server.Address(), 53);
        using var before = _client.Netns.Udp(_client.Address());
        Assert.True(Traffic.UdpArrives(before, server));
        firewall.Silent = true;
        Assert.True(SpinWait.SpinUntil(() => !_there.Datapath.ReadFirewalls().Single().Alive, Traffic.Patience));
        using var during = _client.Netns.Udp(_client.Address());
        Assert.Equal(passes, Traffic.UdpArrives(during, server, passes ? null : Traffic.Silence));
    }

    [Fact]
    public void A_node_cannot_speak_for_anothers_pods()
    {
        _underlay.Apply();
        using var server = _server.Netns.Udp(_server.Address(), 53);
        using var client = _client.Netns.Udp(_client.Address());
        Assert.True(Traffic.UdpArrives(client, server));

        using var mallory = NetworkNamespace.Create(Path.Combine(_here.Directory, "mallory"));
        try
        {
            _underlay.Connect(mallory);
            var node = new IPEndPoint(_underlay.AddressOf(1), (int)Underlay.Port);
            using var socket = mallory.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
            var datagram = Tunnelled(network: 1, _client.Address(), _server.Address(), 53);
            AssertDropped(() => socket.SendTo(datagram, node));
            // The same bytes from the node that the address is on do arrive: the source alone was wrong.
            using var honest = _here.Host.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
            honest.SendTo(datagram, node);
            Assert.True(Traffic.Arrives(server));
            // In another network the address is nobody's; and for a third node's pod no node is a router.
            AssertDropped(() => honest.SendTo(Tunnelled(network: 2, _client.Address(), _server.Address(), 53), node));
            AssertDropped(() => honest.SendTo(Tunnelled(network: 1, _client.Address(), IPAddress.Parse("10.9.0.77"), 53), node));
            Assert.False(Traffic.Arrives(server, Traffic.Silence));

            void AssertDropped(Func<int> send)
            {
                var before = Read(_there, Counter.DropTunnel);
                send();
                Assert.True(SpinWait.SpinUntil(() => Read(_there, Counter.DropTunnel) == before + 1, Traffic.Patience));
            }
        }
        finally
        {
            NetworkNamespace.Delete(mallory.Path);
        }
    }

    [Fact]
    public void Nobody_outside_the_tunnels_may_use_a_pods_address()
    {
        _underlay.Apply();
        using var server = _server.Netns.Udp(_server.Address(), 53);
        using var mallory = NetworkNamespace.Create(Path.Combine(_here.Directory, "mallory"));
        try
        {
            _underlay.Connect(mallory);
            using var liar = mallory.Run(() =>
            {
                using var netlink = new RouteNetlink();
                netlink.AddAddress(netlink.FindLink("uplink")!.Index, _client.Address(), 32);
                return mallory.Udp(_client.Address());
            });
            _underlay.Router.Run(() =>
            {
                using var netlink = new RouteNetlink();
                netlink.AddRoute(netlink.FindLink("to2")!.Index, _server.Address(), 32, _underlay.AddressOf(1));
            });
            var spoofed = Read(_there, Counter.DropSpoofed);
            liar.SendTo(new byte[16], server.LocalEndPoint!);
            Assert.True(SpinWait.SpinUntil(() => Read(_there, Counter.DropSpoofed) == spoofed + 1, Traffic.Patience));
            Assert.False(Traffic.Arrives(server, Traffic.Silence));
        }
        finally
        {
            NetworkNamespace.Delete(mallory.Path);
        }
    }

    [Fact]
    public void A_pod_that_moved_is_reached_where_it_is()
    {
        _underlay.Apply();
        using var client = _client.Netns.Udp(_client.Address());
        using (var server = _server.Netns.Udp(_server.Address(), 53)) Assert.True(Traffic.UdpArrives(client, server));
        _there.Remove(_server);
        var third = _underlay.AddNode();
        var moved = third.AddPod("10.9.0.2", "fd09::2");
        third.Group(moved, In(4), In(6));
        _underlay.Apply();
        using var again = moved.Netns.Udp(moved.Address(), 53);
        Assert.True(Traffic.UdpArrives(client, again));
        Assert.True(Traffic.UdpArrives(again, client));
    }

    [Fact]
    public void An_address_that_no_node_has_is_dropped_and_counted()
    {
        _underlay.Apply();
        using var client = _client.Netns.Udp(_client.Address());
        var unreachable = Read(_here, Counter.DropUnreachable);
        client.SendTo(new byte[10], new IPEndPoint(IPAddress.Parse("10.9.0.99"), 53));
        Assert.True(SpinWait.SpinUntil(() => Read(_here, Counter.DropUnreachable) == unreachable + 1, Traffic.Patience));
    }

    [Fact]
    public void Nodes_reach_pods_elsewhere_and_pods_reach_nodes_though_nobody_between_them_knows_a_pods_address()
    {
        _underlay.Router.Run(() => Sysctl.Write("net/ipv4/conf/all/rp_filter", "1"));      // from whom it does not know, it takes nothing
        _underlay.Apply();
        using var pod = _server.Netns.Listen(_server.Address(), 80);
        using var inwards = _here.Host.TryConnect(pod.LocalEndPoint!, Traffic.Patience);
        Assert.NotNull(inwards);
        Assert.Equal(_underlay.AddressOf(0), ((IPEndPoint)inwards.LocalEndPoint!).Address);
        using var node = _there.Host.Listen(_underlay.AddressOf(1), 80);
        Assert.True(_client.Netns.CanConnect(node.LocalEndPoint!));
        // To each other nodes go as they always did.
        Assert.True(_here.Host.CanConnect(node.LocalEndPoint!));
    }

    /// <summary>A pod with its node's network is that node's address to others; only a node's own pods are open to it, for its probes.</summary>
    [Fact]
    public void Another_nodes_own_pods_are_judged_by_their_nodes_address()
    {
        _there.State.SecurityGroups.Clear();
        _server.Port.SecurityGroupIds.Clear();
        _underlay.Apply();
        using var pod = _server.Netns.Listen(_server.Address(), 80);
        Assert.True(_here.Host.CannotConnect(pod.LocalEndPoint!));
        Assert.True(_there.Host.CanConnect(pod.LocalEndPoint!));
        _there.Group(_server, In(4, prefix: $"{_underlay.AddressOf(0)}/32"));
        _underlay.Apply();
        Assert.True(_here.Host.CanConnect(pod.LocalEndPoint!));
    }

    [Fact]
    public void Flows_go_on_while_an_agent_is_replaced()
    {
        _underlay.Apply();
        using var listener = _server.Netns.Listen(_server.Address(), 80);
        using var connection = _client.Netns.TryConnect(listener.LocalEndPoint!, Traffic.Patience)!;
        using var accepted = listener.Accept();
        Assert.True(Traffic.Carries(connection, accepted));
        var tunnels = _there.Host.Run(Tunnels);
        _there.Reopen();
        Assert.True(Traffic.Carries(connection, accepted));
        _there.Apply();
        Assert.True(Traffic.Carries(accepted, connection));
        Assert.Equal(tunnels, _there.Host.Run(Tunnels));
    }

    [Fact]
    public void What_is_for_another_node_goes_nowhere_while_there_can_be_no_tunnel()
    {
        _here.Host.Run(() =>
        {
            using var netlink = new RouteNetlink();
            netlink.CreateVxlan("taken", (int)Underlay.Port, 1450);
        });
        Assert.ThrowsAny<Exception>(_underlay.Apply);       // the node says so
        _here.Group(_client, In(4));
        Assert.Contains("dv", _here.Host.Run(() => _here.Datapath.Apply(_here.State.Clone())).TunnelError, StringComparison.Ordinal);
        var unreachable = Read(_here, Counter.DropUnreachable);
        Assert.False(_client.Netns.Ping(_server.Address(), Traffic.Silence));
        Assert.Equal(unreachable + 1, Read(_here, Counter.DropUnreachable));
        // Nor does the host send it by its default route.
        foreach (var family in new[] { 0, 1 })
            Assert.Equal(SocketError.HostUnreachable, Assert.Throws<SocketException>(() => _here.Host.Run(() =>
            {
                using Socket socket = new(_server.Address(family).AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                socket.Connect(_server.Address(family), 53);
                return 0;
            })).SocketErrorCode);
    }

    [Fact]
    public void An_overlay_that_is_switched_off_leaves_nothing_behind()
    {
        _underlay.Apply();
        Assert.Single(_here.Host.Run(Tunnels));
        _here.State.Overlay = null;
        _here.State.RemoteNodes.Clear();
        _here.Apply();
        Assert.Empty(_here.Host.Run(Tunnels));
        Assert.False(_here.Host.Run(() =>
        {
            using var netlink = new RouteNetlink();
            return netlink.DeleteRule(IPAddress.Parse("10.9.0.0"), 16, 25_709);
        }));
        Assert.DoesNotContain("0000090A", _here.Host.Run(() => File.ReadAllText("/proc/thread-self/net/route")), StringComparison.Ordinal);      // 10.9.0.0, refused or routed
    }

    private static string[] Tunnels() => [.. System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
        .Where(one => one.Name.StartsWith("dv", StringComparison.Ordinal)).Select(one => $"{one.Name} {one.GetPhysicalAddress()}")];

    private static ulong Read(Lab lab, Counter counter) => ((SpliceDatapath)lab.Datapath).Read(counter);

    /// <summary>A UDP datagram in an Ethernet frame in VXLAN.</summary>
    private static byte[] Tunnelled(uint network, IPAddress source, IPAddress destination, int port)
    {
        var bytes = new byte[8 + 14 + 20 + 8 + 4];
        bytes[0] = 0x08;        // the VNI is valid
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), network << 8);
        var frame = bytes.AsSpan(8);
        frame[0] = frame[6] = 2;
        frame[11] = 9;
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], 0x0800);
        var ip = frame[14..];
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], 32);
        (ip[8], ip[9]) = (64, 17);
        source.TryWriteBytes(ip[12..], out _);
        destination.TryWriteBytes(ip[16..], out _);
        var sum = 0;
        for (var i = 0; i < 20; i += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(ip[i..]);
        sum = (sum & 0xffff) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)~(sum + (sum >> 16)));
        BinaryPrimitives.WriteUInt16BigEndian(ip[20..], 40000);
        BinaryPrimitives.WriteUInt16BigEndian(ip[22..], (ushort)port);
        BinaryPrimitives.WriteUInt16BigEndian(ip[24..], 12);
        return bytes;
    }
}
