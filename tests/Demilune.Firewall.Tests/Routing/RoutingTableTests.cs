using System.Buffers.Binary;
using Demilune.Contracts.FirewallLink;
using Demilune.Firewall.Routing;
using Demilune.Inspection.Frames;

namespace Demilune.Firewall.Tests.Routing;

public sealed class RoutingTableTests
{
    private const byte Tcp = 6, Udp = 17, Syn = 0x02, SynAck = 0x12, Ack = 0x10;
    private const string Client = "10.0.0.1", Server = "10.0.0.2", Stranger = "10.0.0.3";

    private static readonly RoutingTable Table = RoutingIntake.Read(new(
        [new(Client, "fa:16:3e:00:00:01"), new(Server, "fa:16:3e:00:00:02"), new(Stranger, "fa:16:3e:00:00:03")],
        [new(Client, Server, Tcp, 80, 89, 7), new(Client, Server, Udp, 0, 65535, 8)]));

    [Fact]
    public void What_the_opener_sends_goes_to_the_acceptor_and_answers_go_back_both_with_the_policys_tag()
    {
        Assert.Equal((7, 0xfa163e000002ul), Route(Interface.In, Frame(Client, Server, Tcp, 40000, 80, Syn)));
        Assert.Equal((7, 0xfa163e000001ul), Route(Interface.Out, Frame(Server, Client, Tcp, 80, 40000, SynAck)));
        Assert.Equal((8, 0xfa163e000002ul), Route(Interface.In, Frame(Client, Server, Udp, 40000, 53)));
    }

    [Fact]
    public void What_no_chain_leads_here_is_dropped()
    {
        Assert.Null(Route(Interface.In, Frame(Client, Server, Tcp, 40000, 90, Syn)));
        Assert.Null(Route(Interface.In, Frame(Stranger, Server, Tcp, 40000, 80, Syn)));
        Assert.Null(Route(Interface.In, Frame(Client, Server, 1, 0, 0)));
        Assert.Null(Route(Interface.In, [.. new byte[12], 0x08, 0x06, .. new byte[28]]));
        Assert.Null(Route(Interface.In, [.. new byte[12], 0x86, 0xdd, .. new byte[60]]));
        Assert.Null(Route(Interface.In, []));
    }

    [Fact]
    public void An_acceptor_opens_nothing_by_the_way_of_its_answers()
    {
        Assert.Null(Route(Interface.Out, Frame(Server, Client, Tcp, 80, 40000, Syn)));
        Assert.Null(Route(Interface.In, Frame(Server, Client, Tcp, 80, 40000, Ack)));
        Assert.Null(Route(Interface.Out, Frame(Client, Server, Tcp, 40000, 80, Ack)));
    }

    [Fact]
    public void A_later_fragment_that_tells_no_ports_is_dropped()
    {
        var frame = Frame(Client, Server, Udp, 40000, 53);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(14 + 6), 100);
        Assert.Null(Route(Interface.In, frame));
    }

    [Fact]
    public void Every_truncation_of_a_frame_is_answered_without_a_throw()
    {
        var frame = Frame(Client, Server, Tcp, 40000, 80, Syn);
        for (var length = 0; length < frame.Length; length++)
        {
            Table.TryRoute(frame.AsSpan(0, length), Interface.In, out _, out _);
            Table.TryRoute(frame.AsSpan(0, length), Interface.Out, out _, out _);
            Table.TryFind(frame.AsSpan(0, length), out _);
        }
    }

    [Fact]
    public void Asking_allocates_nothing()
    {
        var frame = Frame(Client, Server, Tcp, 40000, 80, Syn);
        Table.TryRoute(frame, Interface.In, out _, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) Table.TryRoute(frame, Interface.In, out _, out _);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void What_makes_no_sense_is_left_out_and_nothing_else()
    {
        var table = RoutingIntake.Read(new(
            [new("nonsense", "fa:16:3e:00:00:01"), new(Client, "zz"), new(Server, "fa:16:3e:00:00:02")],
            [new(Client, "", 6, 80, 80, 7), new(Client, Server, 600, 80, 80, 7), new(Client, Server, 6, 80, 80, 7)]));
        Assert.True(table.TryRoute(Frame(Client, Server, Tcp, 1, 80, Syn), Interface.In, out _, out _));
        Assert.False(table.TryRoute(Frame(Server, Client, Tcp, 80, 1, SynAck), Interface.Out, out _, out _));
    }

    [Fact]
    public void A_frame_is_addressed_to_who_is_next_and_from_the_interface_that_it_leaves_by()
    {
        var router = new Router(inside: 0x020000000001, outside: 0x020000000002);
        var header = new byte[12];
        router.Address(header, 0xfa163e000002, Interface.Out);
        Assert.Equal("FA163E000002020000000002", Convert.ToHexString(header));
    }

    private static (int Tag, ulong Destination)? Route(Interface arrival, byte[] frame) =>
        Table.TryRoute(frame, arrival, out var tag, out var destination) ? (tag, destination) : null;

    private static byte[] Frame(string from, string to, byte protocol, ushort sourcePort, ushort destinationPort, byte flags = 0)
    {
        var frame = new byte[14 + 20 + 20];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x0800);
        var ip = frame.AsSpan(14);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], 40);
        ip[8] = 64;
        ip[9] = protocol;
        System.Net.IPAddress.Parse(from).GetAddressBytes().CopyTo(ip[12..]);
        System.Net.IPAddress.Parse(to).GetAddressBytes().CopyTo(ip[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[20..], sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(ip[22..], destinationPort);
        ip[32] = 0x50;
        ip[33] = flags;
        return frame;
    }
}
