using System.Buffers.Binary;
using Demilune.Inspection.Access;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Wire.Dns;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class DnsTests
{
    private const string Rules = """
        drop dns any any -> any any (msg:"query"; dns.query; content:"evil.example"; nocase; endswith; sid:1;)
        drop dns any any -> any any (msg:"answer"; dns.answer.name; content:"bad.example"; sid:2;)
        alert dns any any -> any any (msg:"payload"; content:"|03|www|04|good"; sid:3;)
        """;

    [Fact]
    public void A_query_for_a_forbidden_name_is_blocked_on_any_port()
    {
        var replay = Replay();
        Assert.Equal(FrameVerdict.Drop, replay.Feed(Datagram(Query("www.EVIL.example"), port: 5353)).Frame);
        Assert.Equal([1u], replay.Alerts);
        Assert.Equal(["""dns 0 {"version":2,"type":"query","id":7,"rrname":"www.EVIL.example","rrtype":"A","tx_id":0,"opcode":0}"""], replay.Records);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("!0", false)]
    [InlineData("5", false)]
    public void The_kind_of_a_query_can_be_asked_for(string opcode, bool isFound)
    {
        var replay = new Replay($"alert dns any any -> any any (dns.opcode:{opcode}; sid:1;)");
        replay.Feed(Datagram(Query("www.good.example")));
        Assert.Equal(isFound ? [1u] : [], replay.Alerts);
    }

    [Fact]
    public void A_rule_of_the_protocol_looks_into_the_packet_too()
    {
        var replay = Replay();
        Assert.Equal(FrameVerdict.Forward, replay.Feed(Datagram(Query("www.good.example"))).Frame);
        Assert.Equal([3u], replay.Alerts);
    }

    [Fact]
    public void Over_TCP_the_same_is_found_however_it_is_cut()
    {
        foreach (var pieceLength in (int[])[1, 2, 5, 1460])
        {
            var talk = new Conversation();
            var query = Query("www.evil.example");
            var replay = Replay().Feed(talk.Handshake()).Feed(talk.Send(Side.Client, (byte[])[0, (byte)query.Length, .. query], pieceLength));
            Assert.Equal([1u], replay.Alerts);
            Assert.Equal([DropReason.Rules], replay.Drops);
        }
    }

    [Fact]
    public void An_allow_list_drops_the_datagrams_that_ask_for_other_names_and_lets_their_neighbours_pass()
    {
        var list = new AccessList("names", [], [], [new DnsAllowance([new NamePattern("*.good.example")], [DnsType.A])], [], DenialResponse.Respond);
        var replay = new Replay(list);
        Assert.Equal(FrameVerdict.Forward, replay.Feed(Datagram(Query("www.good.example"))).Frame);
        Assert.Equal(Verdict.Drop(DropReason.AccessList), replay.Feed(Datagram(Query("www.evil.example"))));
        Assert.Equal(FrameVerdict.Drop, replay.Feed(Datagram([.. Query("www.good.example")[..^4], 0, 16, 0, 1])).Frame);
        Assert.Equal(FrameVerdict.Forward, replay.Feed(Datagram(Query("WWW.good.example"))).Frame);
        Assert.Equal(FrameVerdict.Drop, replay.Feed(Datagram("not a name at all"u8.ToArray(), port: 5353)).Frame);
    }

    [Fact]
    public void An_allow_list_is_not_walked_around_by_how_a_question_is_written()
    {
        var list = new AccessList("names", [], [], [new DnsAllowance([new NamePattern("*.good.example")], [DnsType.A])], [], DenialResponse.Respond);
        var replay = new Replay(list);
        var (good, bad) = (Query("www.good.example"), Query("www.evil.example"));
        byte[] two = [.. good[..5], 2, .. good[6..], .. bad[12..]];
        byte[] pointed = [.. good[..5], 2, .. good[6..], 4, .. "evil"u8, 0xc0, 12 + 4 + 5, 0, 1, 0, 1];
        byte[] update = [good[0], good[1], 5 << 3, .. good[3..]];
        byte[] none = [.. good[..5], 0, .. good[6..12]];
        byte[] ended = Query("evil\0.good.example");
        foreach (var query in (byte[][])[two, pointed, update, none, ended, bad]) Assert.Equal(FrameVerdict.Drop, replay.Feed(Datagram(query)).Frame);
        Assert.Equal(FrameVerdict.Forward, replay.Feed(Datagram(good)).Frame);
        // Behind an allowed question on the same connection.
        foreach (var pieceLength in (int[])[1, 3, 1460])
        {
            var talk = new Conversation();
            var stream = new Replay(list).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, (byte[])[0, (byte)good.Length, .. good, 0, (byte)bad.Length, .. bad], pieceLength));
            Assert.Contains(DropReason.AccessList, stream.Drops);
        }
    }

    [Fact]
    public void What_is_not_DNS_is_none()
    {
        var replay = Replay();
        Assert.Equal(FrameVerdict.Forward, replay.Feed(Datagram("www.evil.example"u8.ToArray())).Frame);
        Assert.Empty(replay.Alerts);
        Assert.Empty(replay.Records);
    }

    private static Replay Replay() => new(Rules, options: new() { VerifyChecksums = false });

    private static byte[] Query(string name) =>
        [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. label.Select(c => (byte)c)]), 0, 0, 1, 0, 1];

    private static Sent Datagram(byte[] payload, ushort port = 53)
    {
        var udp = new byte[8 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(udp, 40_000);
        BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(2), port);
        BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(4), (ushort)udp.Length);
        payload.CopyTo(udp, 8);
        return new(Interface.In, Packets.Frame(Conversation.ClientV4, Conversation.ServerV4, IpProtocol.Udp, udp));
    }
}
