using System.Buffers.Binary;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Tests.Sessions;

/// <summary>Protocols whose every message is a transaction.</summary>
public sealed class MessageProtocolTests
{
    private static readonly byte[] s_get = Der.Sequence(Der.Number(1), Der.Octets("public"u8), Der.Field(0, Der.Number(7), Der.Number(0), Der.Number(0),
        Der.Sequence(Der.Sequence(Der.Element(6, [0x2b, 6, 1, 2, 1]), Der.Element(5)))));

    private static readonly byte[] s_reply = Der.Element(0x6d, Der.Sequence(Der.Field(0, Der.Number(5)), Der.Field(1, Der.Number(13)), Der.Field(3, Der.Text("REALM"u8)),
        Der.Field(4, Name("user"u8)),
        Der.Field(5, Der.Element(0x61, Der.Sequence(Der.Field(0, Der.Number(5)), Der.Field(1, Der.Text("REALM"u8)), Der.Field(2, Name("HTTP"u8, "web"u8)),
            Der.Field(3, Der.Sequence(Der.Field(0, Der.Number(23)), Der.Field(2, Der.Octets("x"u8))))))),
        Der.Field(6, Der.Sequence(Der.Field(0, Der.Number(18)), Der.Field(2, Der.Octets("x"u8))))));

    [Theory]
    [InlineData("snmp.community; content:\"public\";", true)]
    [InlineData("snmp.version:2;", true)]
    [InlineData("snmp.version:3;", false)]
    [InlineData("snmp.pdu_type:0;", true)]
    [InlineData("snmp.pdu_type:>0;", false)]
    public void A_rule_may_ask_of_SNMP(string options, bool matches)
    {
        var replay = new Replay($"alert snmp any any -> any any ({options} sid:1;)", options: new() { VerifyChecksums = false });
        replay.Feed(Datagram(s_get, 1161));
        Assert.Equal(matches ? [1u] : [], replay.Alerts);
        Assert.Equal(["""snmp 0 {"version":2,"pdu_type":"get_request","vars":["1.3.6.1.2.1"],"community":"public"}"""], replay.Records);
    }

    [Theory]
    [InlineData("krb5_msg_type:13;", true)]
    [InlineData("krb5_msg_type:12;", false)]
    [InlineData("krb5.sname; content:\"web\"; bsize:3;", true)]
    [InlineData("krb5.cname; content:\"admin\";", false)]
    [InlineData("krb5.ticket_encryption:weak;", true)]
    [InlineData("krb5.ticket_encryption:!weak;", false)]
    [InlineData("krb5.ticket_encryption:aes256-cts-hmac-sha1-96,rc4-hmac;", true)]
    [InlineData("krb5.weak_encryption;", false)]
    public void A_rule_may_ask_of_Kerberos_however_its_stream_is_cut(string options, bool matches)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, s_reply.Length);
        foreach (var pieceLength in (int[])[1, 9, 1460])
        {
            var talk = new Conversation();
            var replay = new Replay($"alert krb5 any any -> any any ({options} sid:1;)").Feed(talk.Handshake())
                .Feed(talk.Send(Side.Server, (byte[])[.. length, .. s_reply], pieceLength));
            Assert.Equal(matches ? [1u] : [], replay.Alerts);
            Assert.Equal(
                [
                    """
                    krb5 0 {"msg_type":"KRB_TGS_REP","cname":"user","realm":"REALM","sname":"HTTP/web","encryption":"aes256-cts-hmac-sha1-96","weak_encryption":false,"ticket_encryption":"rc4-hmac","ticket_weak_encryption":true}
                    """.Trim(),
                ], replay.Records);
        }
    }

    [Fact]
    public void An_address_that_is_given_is_told()
    {
        byte[] message =
        [
            2, 1, 6, 0, 1, 2, 3, 4, .. new byte[8], 10, 0, 0, 9, .. new byte[8], 2, 0, 0, 0, 0, 1, .. new byte[10 + 192], 0x63, 0x82, 0x53, 0x63,
            53, 1, 5, 51, 4, 0, 0, 14, 16, 255,
        ];
        var replay = new Replay("alert dhcp any any -> any any (dhcp.leasetime:3600; sid:1;) alert dhcp any any -> any any (dhcp.renewal_time:>0; sid:2;)"
            .Replace(") alert", ")\nalert", StringComparison.Ordinal), options: new() { VerifyChecksums = false });
        replay.Feed(Datagram(message, 68));
        Assert.Equal([1u], replay.Alerts);
        Assert.Equal(["""dhcp 0 {"type":"reply","id":16909060,"client_mac":"02:00:00:00:00:01","assigned_ip":"10.0.0.9","dhcp_type":"ack","lease_time":3600}"""], replay.Records);
        replay.Feed(Datagram(message[..^4], 68));
        Assert.Equal(["dhcp.truncated_options"], replay.Anomalies);
    }

    [Fact]
    public void What_has_no_mark_of_its_own_is_believed_at_its_port_only()
    {
        const string rule = "alert ntp any any -> any any (msg:\"time\"; sid:1;)";
        byte[] request = [0x23, .. new byte[47]];
        var replay = new Replay(rule, options: new() { VerifyChecksums = false });
        replay.Feed(Datagram(request, 123));
        Assert.Equal([1u], replay.Alerts);
        replay = new Replay(rule, options: new() { VerifyChecksums = false });
        replay.Feed(Datagram(request, 124));
        Assert.Empty(replay.Alerts);
    }

    [Fact]
    public void A_handshake_of_VNC_is_told_with_its_screen_however_it_is_cut()
    {
        byte[] screen = [5, 0, 3, 0x20, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, 2, .. "me"u8];
        foreach (var pieceLength in (int[])[1, 5, 1460])
        {
            var talk = new Conversation();
            var replay = new Replay("alert rfb any any -> any any (rfb.name; content:\"me\"; sid:1;)").Feed(talk.Handshake())
                .Feed(talk.Send(Side.Server, "RFB 003.007\n", pieceLength)).Feed(talk.Send(Side.Client, "RFB 003.007\n", pieceLength))
                .Feed(talk.Send(Side.Server, (byte[])[1, 1], pieceLength)).Feed(talk.Send(Side.Client, (byte[])[1], pieceLength))
                .Feed(talk.Send(Side.Client, (byte[])[1], pieceLength)).Feed(talk.Send(Side.Server, screen, pieceLength));
            Assert.Equal([1u], replay.Alerts);
            Assert.Contains("\"authentication\":{\"security_type\":1},\"screen_shared\":true,\"framebuffer\":{\"width\":1280,\"height\":800,\"name\":\"me\"",
                Assert.Single(replay.Records), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_broken_message_of_the_DHT_is_told_as_far_as_it_goes()
    {
        var replay = new Replay("alert bittorrent-dht any any -> any any (app-layer-event:bittorrent_dht.malformed_packet; sid:1;)", options: new() { VerifyChecksums = false });
        replay.Feed(Datagram([.. "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:y1:qe"u8], 6881));
        Assert.Equal([1u], replay.Alerts);
        Assert.Equal(["""bittorrent_dht 0 {"transaction_id":"","request_type":"ping","request":{"id":"6162636465666768696a30313233343536373839"}}"""], replay.Records);
    }

    private static byte[] Name(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default) =>
        Der.Sequence(Der.Field(0, Der.Number(1)), Der.Field(1, Der.Sequence(Der.Text(first), second.IsEmpty ? [] : Der.Text(second))));

    private static Sent Datagram(byte[] payload, ushort port)
    {
        var udp = new byte[8 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(udp, 40_000);
        BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(2), port);
        BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(4), (ushort)udp.Length);
        payload.CopyTo(udp, 8);
        return new(Interface.In, Packets.Frame(Conversation.ClientV4, Conversation.ServerV4, IpProtocol.Udp, udp));
    }
}
