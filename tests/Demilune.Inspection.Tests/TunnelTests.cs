using System.Buffers.Binary;
using System.Text;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Compile;
using Demilune.Wire;
using Demilune.Wire.Decoding;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Tests;

/// <summary>What comes in a tunnel is judged as if it came without.</summary>
public class TunnelTests
{
    private const string Rules = """
        drop http any any -> any any (msg:"attack"; flow:established,to_server; http.uri; content:"/attack"; sid:1;)
        alert pkthdr any any -> any any (msg:"layers"; decode-event:too_many_layers; sid:2;)
        """;

    private static readonly RuleSetOptions s_compile = new() { DecodeEvent = Inspector.NumberOf };

    private static readonly IpAddress s_near = Conversation.Parse("192.0.2.1"), s_far = Conversation.Parse("192.0.2.2");
    private static readonly IpAddress s_nearV6 = Conversation.Parse("2001:db8::1"), s_farV6 = Conversation.Parse("2001:db8::2");

    public static TheoryData<string, bool> Kinds => new(
        from kind in (string[])["ip in ip", "ip in ipv6", "gre", "gre bridging", "vxlan", "geneve", "twice"]
        from isV6 in (bool[])[false, true]
        select (kind, isV6));

    [Theory, MemberData(nameof(Kinds))]
    public void An_attack_in_a_tunnel_is_blocked_and_the_tunnel_lives_on(string kind, bool isV6)
    {
        var (bad, good) = (new Conversation(isV6, 40_000), new Conversation(isV6, 40_001));
        var replay = new Replay(Rules, compile: s_compile);
        foreach (var sent in bad.Handshake().Concat(good.Handshake())) Assert.Equal(Verdict.Forward, replay.Feed(Wrapped(sent, kind)));
        // The verdict is about the frame: that of its flow would be about everything in the tunnel.
        Assert.Equal(Verdict.Drop(DropReason.Rules), replay.Feed(Wrapped(bad.Next(Side.Client, Text("GET /attack HTTP/1.1\r\nHost: a\r\n\r\n")), kind)));
        Assert.Equal([1u], replay.Alerts);
        Assert.Equal(FrameVerdict.Drop, replay.Feed(Wrapped(bad.Next(Side.Client, Text("more")), kind)).Frame);
        Assert.Equal(Verdict.Forward, replay.Feed(Wrapped(good.Next(Side.Client, Text("GET /fine HTTP/1.1\r\nHost: a\r\n\r\n")), kind)));
        Assert.Empty(replay.Injected);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_tunnel_whose_packets_are_cut_is_put_together_first(bool isV6)
    {
        var talk = new Conversation(isV6);
        var replay = new Replay(Rules, compile: s_compile);
        replay.Feed(talk.Handshake().Select(sent => Wrapped(sent, "gre")));
        var request = Wrapped(talk.Next(Side.Client, Text("GET /attack HTTP/1.1\r\nHost: a\r\n\r\n")), "gre");
        var fragments = Packets.Fragment(request.Bytes, 16, id: 9).ToArray();
        foreach (var fragment in fragments[..^1]) Assert.Equal(FrameVerdict.Forward, replay.Feed(new Sent(Interface.In, fragment)).Frame);
        Assert.Equal(FrameVerdict.Drop, replay.Feed(new Sent(Interface.In, fragments[^1])).Frame);
        Assert.Equal([1u], replay.Alerts);
    }

    [Fact]
    public void What_is_nested_deeper_than_we_look_does_not_pass()
    {
        var replay = new Replay(Rules, compile: s_compile);
        var sent = new Conversation().Handshake().First();
        for (var i = 0; i < 5; i++) sent = Wrapped(sent, "ip in ip");
        Assert.Equal(FrameVerdict.Forward, replay.Feed(sent).Frame);
        for (var i = 0; i < 20; i++) sent = Wrapped(sent, "ip in ip");
        Assert.Equal(Verdict.Drop(DropReason.Malformed), replay.Feed(sent));
    }

    [Fact]
    public void A_datagram_that_only_looks_like_a_tunnel_is_judged_as_it_is()
    {
        // IPv6's version, and a length that fits: by chance this is what a Teredo tunnel begins with.
        byte[] payload = [0x65, 0x94, 0, 0, 0, 4, 0, 0, .. new byte[32], .. "evil"u8];
        var replay = new Replay("""drop udp any any -> any any (msg:"udp"; content:"evil"; sid:1;)""");
        Assert.Equal(DropReason.Rules, replay.Feed(new Sent(Interface.In, Packets.Frame(s_near, s_far, IpProtocol.Udp, Udp(5000, payload)))).Reason);
    }

    [Fact]
    public void A_rule_can_ask_for_what_is_odd_about_a_header()
    {
        var replay = new Replay("""
            drop pkthdr any any -> any any (msg:"truncated"; decode-event:ipv4.trunc_pkt; sid:1;)
            alert ip any any -> any any (msg:"padding"; decode-event:ipv6.hopopts_only_padding; sid:2;)
            """, compile: s_compile);
        var frame = new Conversation().Handshake().First().Bytes;
        Assert.Equal(DropReason.Rules, replay.Feed(new Sent(Interface.In, frame[..^1])).Reason);
        var padded = Packets.Frame(s_nearV6, s_farV6, IpProtocol.HopByHop, [IpProtocol.NoNext, 0, 1, 4, 0, 0, 0, 0]);
        Assert.Equal(Verdict.Forward, replay.Feed(new Sent(Interface.In, padded)));
        Assert.Equal([1u, 2u], replay.Alerts);
        Assert.Equal(["decoder.ipv4.trunc_pkt", "decoder.ipv6.hopopts_only_padding"], replay.Anomalies);
    }

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);

    private static Sent Wrapped(Sent sent, string kind)
    {
        PacketDecoder.Decode(PacketKind.Ethernet, sent.Bytes, TunnelOptions.Default, 0, out var packet);
        var (isV6, type) = (packet.Ip.IsV6, packet.EtherType);
        var ip = packet.Ip.Packet.ToArray();
        byte[] named = [(byte)(type >> 8), (byte)type];
        var frame = kind switch
        {
            "ip in ip" => Packets.Frame(s_near, s_far, isV6 ? IpProtocol.Ipv6 : IpProtocol.Ipv4, ip),
            "ip in ipv6" => Packets.Frame(s_nearV6, s_farV6, isV6 ? IpProtocol.Ipv6 : IpProtocol.Ipv4, ip),
            "gre" => Packets.Frame(s_near, s_far, IpProtocol.Gre, [0x20, 0, .. named, 0, 0, 0, 7, .. ip]),
            "gre bridging" => Packets.Frame(s_near, s_far, IpProtocol.Gre, [0, 0, 0x65, 0x58, .. sent.Bytes]),
            "vxlan" => Packets.Frame(s_near, s_far, IpProtocol.Udp, Udp(4789, [8, 0, 0, 0, 0, 0, 7, 0, .. sent.Bytes])),
            "geneve" => Packets.Frame(s_nearV6, s_farV6, IpProtocol.Udp, Udp(6081, [0, 0, .. named, 0, 0, 7, 0, .. ip])),
            _ => Wrapped(Wrapped(sent, "vxlan"), "gre").Bytes,
        };
        return sent with { Bytes = frame };
    }

    /// <summary>A tunnel's datagram, from a port of its own; over IPv4 without a checksum (RFC 768), over IPv6 with one.</summary>
    private static byte[] Udp(ushort port, byte[] payload)
    {
        var udp = new byte[8 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(udp, 50_000);
        BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(2), port);
        BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(4), (ushort)udp.Length);
        payload.CopyTo(udp, 8);
        if (port == 6081) BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(6), InternetChecksum.OfTransport(s_nearV6, s_farV6, IpProtocol.Udp, udp));
        return udp;
    }
}
