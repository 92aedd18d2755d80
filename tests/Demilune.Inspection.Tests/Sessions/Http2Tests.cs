using System.Text;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class Http2Tests
{
    private const string Rules = """
        drop http any any -> any any (http.uri; content:"/etc/passwd"; sid:1;)
        drop http any any -> any any (http.request_body; content:"evil"; sid:2;)
        alert http2 any any -> any any (http2.frametype:GOAWAY; http2.errorcode:PROTOCOL_ERROR; sid:3;)
        alert http2 any any -> any any (http2.settings:SETTINGS_HEADER_TABLE_SIZE>1000; sid:4;)
        alert http1 any any -> any any (http.uri; content:"/"; sid:5;)
        drop http any any -> any any (http.response_body; content:"secret"; sid:6;)
        """;

    private static readonly byte[] s_preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4, 0, 0, [0, 1, 0, 0, 0x20, 0])];

    [Fact]
    public void An_attack_is_blocked_however_it_is_cut()
    {
        foreach (var piece in (int[])[1, 7, 1460])
        {
            var replay = Talk(piece, [.. s_preface, .. Frame(1, 5, 1, Request("/../etc/passwd"))]);
            Assert.Equal([4u, 1u], replay.Alerts);
            Assert.Equal([DropReason.Rules], replay.Drops);
        }
    }

    [Fact]
    public void Fields_over_several_frames_and_padding_hide_nothing()
    {
        var block = Request("/etc/passwd");
        var replay = Talk(1460, [.. s_preface, .. Frame(1, 0x28 | 1, 1, [2, 0, 0, 0, 0, 16, .. block.AsSpan(0, 5), 0, 0]), .. Frame(9, 0, 1, block.AsSpan(5, 3)), .. Frame(9, 4, 1, block.AsSpan(8))]);
        Assert.Equal([4u, 1u], replay.Alerts);
    }

    [Fact]
    public void A_body_in_pieces_between_other_streams_is_one()
    {
        var replay = Talk(
            1460, [.. s_preface, .. Frame(1, 4, 1, Request("/a")), .. Frame(1, 4, 3, Request("/b")), .. Frame(0, 0, 1, "ev"u8), .. Frame(0, 0, 3, "xx"u8), .. Frame(0, 1, 1, "il"u8)]);
        Assert.Equal([4u, 2u], replay.Alerts);
    }

    [Fact]
    public void Requests_and_responses_are_told_as_they_end()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, (byte[])[.. s_preface, .. Frame(1, 5, 1, Request("/a"))], 1460))
            .Feed(talk.Send(Side.Server, (byte[])[.. Frame(4, 0, 0, []), .. Frame(1, 4, 1, [0x88]), .. Frame(0, 1, 1, "fine"u8), .. Frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1])], 1460));
        Assert.Contains("GET /a 200 4", replay.Transactions);
        Assert.Equal([4u, 3u], replay.Alerts);
        Assert.Empty(replay.Anomalies);
    }

    [Fact]
    public void A_header_block_that_is_interrupted_ends_the_reading()
    {
        var replay = Talk(1460, [.. s_preface, .. Frame(1, 1, 1, Request("/a")), .. Frame(6, 0, 0, new byte[8])]);
        Assert.Contains("http2.invalid_frame_header", replay.Anomalies);
    }

    [Fact]
    public void DNS_over_a_stream_is_looked_into()
    {
        byte[] query = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, .. "evil"u8, 7, .. "example"u8, 0, 0, 1, 0, 1];
        byte[] head = [0x83, 0x86, 0x04, 2, .. "/q"u8, 0x01, 1, (byte)'h', 0x0f, 0x10, 23, .. "application/dns-message"u8];
        byte[] talk = [.. s_preface, .. Frame(1, 4, 1, head), .. Frame(0, 0, 1, query.AsSpan(0, 9)), .. Frame(0, 1, 1, query.AsSpan(9))];
        var replay = Cuts.Same("""alert dns any any -> any any (dns.query; content:"evil.example"; sid:7;)""", (Side.Client, talk));
        Assert.Equal([7u], replay.Alerts);
        Assert.Contains("\"rrname\":\"evil.example\"", Assert.Single(replay.Records), StringComparison.Ordinal);
    }

    private static Replay Talk(int piece, byte[] bytes)
    {
        var talk = new Conversation();
        return new Replay(Rules).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, bytes, piece));
    }

    private static byte[] Frame(byte type, byte flags, byte stream, ReadOnlySpan<byte> payload) => [0, (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];

    /// <summary>GET, http, the path without Huffman coding, and a server's name.</summary>
    private static byte[] Request(string path) => [0x82, 0x86, 0x04, (byte)path.Length, .. Encoding.ASCII.GetBytes(path), 0x01, 1, (byte)'h'];
}
