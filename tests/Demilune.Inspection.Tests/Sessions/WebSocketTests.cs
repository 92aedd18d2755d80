using System.Buffers.Binary;
using System.IO.Compression;
using System.Net.WebSockets;
using System.Text;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class WebSocketTests
{
    private const string Rules = """
        alert websocket any any -> any any (websocket.payload; content:"evil"; sid:1;)
        alert websocket any any -> any any (websocket.opcode:ping; websocket.payload; content:"are you there"; sid:2;)
        alert websocket any any -> any any (flow:to_server; websocket.mask:0x01020304; websocket.flags:fin,!comp; websocket.opcode:binary; sid:3;)
        alert http any any -> any any (http.uri; content:"/chat"; sid:4;)
        alert websocket any any -> any any (websocket.flags:&0xc0=0xc0; sid:5;)
        """;

    private static readonly byte[] s_ask = [.. "GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"u8];
    private static readonly byte[] s_agree = [.. "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"u8];

    [Fact]
    public void Frames_of_both_sides_are_told_and_looked_into_however_they_are_cut()
    {
        var replay = Cuts.Same(Rules,
            (Side.Client, s_ask),
            (Side.Server, [.. s_agree, .. Frame(0x81, "welcome"u8)]),
            (Side.Client, [.. Frame(0x82, [1, 2, 3], mask: 0x01020304), .. Frame(0x89, "are you there?"u8, mask: 7)]),
            (Side.Server, [.. Frame(0x8a, "are you there?"u8), .. Frame(0x88, [3, 0xe8])]));
        Assert.Equal([4u, 3u, 2u], replay.Alerts);
        Assert.Equal(
            [
                """websocket 0 {"fin":true,"opcode":"text"}""",
                """websocket 1 {"fin":true,"mask":16909060,"opcode":"binary"}""",
                """websocket 2 {"fin":true,"mask":7,"opcode":"ping"}""",
                """websocket 3 {"fin":true,"opcode":"pong"}""",
                """websocket 4 {"fin":true,"opcode":"close"}""",
            ], replay.Records);
        Assert.Equal(["GET /chat 101 0"], replay.Transactions);
        Assert.Empty(replay.Anomalies);
    }

    [Fact]
    public void An_attack_behind_a_mask_is_blocked_with_the_frame_that_completes_it()
    {
        var talk = new Conversation();
        var replay = Upgraded(talk, Rules.Replace("alert websocket", "drop websocket", StringComparison.Ordinal));
        replay.Feed(talk.Send(Side.Client, Frame(0x81, "some evil"u8, mask: 0xdeadbeef), pieceLength: 5));
        Assert.Equal([4u, 1u], replay.Alerts);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    [Fact]
    public void What_a_message_hides_over_its_frames_is_found_also_with_a_ping_between()
    {
        var replay = Cuts.Same(Rules, (Side.Client, s_ask), (Side.Server, s_agree),
            (Side.Client, [.. Frame(0x01, "ev"u8, mask: 1), .. Frame(0x89, "?"u8, mask: 2), .. Frame(0x80, "il"u8, mask: 3)]));
        Assert.Equal([4u, 1u], replay.Alerts);
        Assert.Equal(3, replay.Records.Count);
    }

    [Fact]
    public void A_message_longer_than_any_window_is_looked_at_to_its_end()
    {
        var message = new byte[300_000];
        "evil"u8.CopyTo(message.AsSpan(290_000));
        Assert.Equal([4u, 1u], Cuts.Same(Rules, (Side.Client, s_ask), (Side.Server, s_agree), (Side.Server, Frame(0x82, message))).Alerts);
    }

    [Fact]
    public void Compressed_messages_go_on_with_the_window_of_those_before_them()
    {
        byte[][] messages = [[.. "an evil message, the first of its kind"u8], [.. "an evil message, the second of its kind"u8], []];
        var compressed = Deflate(messages);
        Assert.DoesNotContain("evil", Encoding.Latin1.GetString(compressed[1]), StringComparison.Ordinal);
        var replay = Cuts.Same(Rules, (Side.Client, s_ask), (Side.Server, s_agree), (Side.Client, [.. compressed.SelectMany(message => Frame(0xc1, message, mask: 9))]));
        Assert.Equal([4u, 5u, 1u, 5u, 1u, 5u], replay.Alerts);
        Assert.Empty(replay.Anomalies);
    }

    [Fact]
    public void A_compressed_message_that_ends_its_stream_does_not_end_the_reading()
    {
        using var last = new MemoryStream();
        using (var deflate = new DeflateStream(last, CompressionLevel.Optimal, leaveOpen: true)) deflate.Write("evil once"u8);
        var frame = Frame(0xc1, last.ToArray(), mask: 9);
        Assert.Equal([4u, 5u, 1u, 5u, 1u], Cuts.Same(Rules, (Side.Client, s_ask), (Side.Server, s_agree), (Side.Client, [.. frame, .. frame])).Alerts);
    }

    [Fact]
    public void A_bomb_is_refused()
    {
        var talk = new Conversation();
        var replay = Upgraded(talk, "").Feed(talk.Send(Side.Client, Frame(0xc2, Deflate([new byte[8 << 20]])[0], mask: 9)));
        Assert.Equal(["websocket.compression_bomb"], replay.Anomalies);
        Assert.Contains(DropReason.Ambiguous, replay.Drops);
    }

    [Theory]
    [InlineData(0x83)]      // no such opcode
    [InlineData(0xa1)]      // a bit that no extension has
    [InlineData(0x09)]      // a control frame in parts
    [InlineData(0x80)]      // nothing to continue
    public void A_frame_that_receivers_read_differently_is_not_let_through(byte first)
    {
        var talk = new Conversation();
        var replay = Upgraded(talk, "").Feed(talk.Send(Side.Client, Frame(first, "x"u8, mask: 1)));
        Assert.Equal(["websocket.invalid_frame"], replay.Anomalies);
        Assert.Equal([DropReason.Ambiguous], replay.Drops);
    }

    [Fact]
    public void A_length_beyond_all_numbers_ends_the_reading()
    {
        var talk = new Conversation();
        var replay = Upgraded(talk, "").Feed(talk.Send(Side.Client, (byte[])[0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
        Assert.Equal(["websocket.invalid_frame"], replay.Anomalies);
        Assert.Equal([DropReason.Ambiguous], replay.Drops);
    }

    [Fact]
    public void An_upgrade_that_the_server_declines_changes_nothing()
    {
        var replay = Cuts.Same(Rules, (Side.Client, s_ask), (Side.Server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray()), (Side.Client, s_ask), (Side.Server, s_agree));
        Assert.Equal([4u, 4u], replay.Alerts);
        Assert.Equal(["GET /chat 200 2", "GET /chat 101 0"], replay.Transactions);
    }

    [Fact]
    public void A_policy_that_allows_only_http_denies_an_upgrade()
    {
        var talk = new Conversation();
        var replay = new Replay(new Demilune.Inspection.Access.AccessList("shop", [], [], [], [AppProtocol.Http1], Demilune.Inspection.Access.DenialResponse.Reset))
            .Feed(talk.Handshake()).Feed(talk.Send(Side.Client, s_ask)).Feed(talk.Send(Side.Server, s_agree));
        Assert.Contains(DropReason.AccessList, replay.Drops);
    }

    [Fact]
    public void Ends_that_hand_over_without_end_are_not_followed_without_end()
    {
        var talk = new Conversation();
        var replay = new Replay("").Feed(talk.Handshake()).Feed(talk.Send(Side.Client, "CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n"))
            .Feed(talk.Send(Side.Server, string.Concat(Enumerable.Repeat("HTTP/1.1 101 x\r\nUpgrade: y\r\n\r\n", 1000)), 32_000));
        Assert.Empty(replay.Drops);
    }

    [Theory]
    [InlineData(false, false, 15)]
    [InlineData(true, true, 15)]
    [InlineData(true, false, 15)]
    [InlineData(true, true, 9)]
    public async Task What_the_frameworks_own_ends_say_to_each_other_is_read(bool isCompressed, bool keepsContext, int windowBits)
    {
        using var wire = new MemoryStream();
        var options = isCompressed ? new WebSocketDeflateOptions { ClientContextTakeover = keepsContext, ClientMaxWindowBits = windowBits } : null;
        using (var client = WebSocket.CreateFromStream(new WriteOnly(wire), new WebSocketCreationOptions { DangerousDeflateOptions = options }))
        {
            foreach (var length in (int[])[0, 1, 125, 126, 5_000, 66_000, 200_000])
            {
                var message = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, length / 5).Select(i => $"{i % 9_973:x4} ")) + "evil");
                var half = message.Length / 2;
                await client.SendAsync(message.AsMemory(0, half), WebSocketMessageType.Text, endOfMessage: false, TestContext.Current.CancellationToken);
                await client.SendAsync(message.AsMemory(half), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
            }
        }
        var replay = Cuts.Same("""alert websocket any any -> any any (websocket.payload; content:"evil"; sid:1;)""", (Side.Client, s_ask), (Side.Server, s_agree), (Side.Client, wire.ToArray()));
        Assert.Equal(Enumerable.Repeat(1u, 7), replay.Alerts);
        Assert.Empty(replay.Anomalies);
    }

    /// <summary>An end whose peer never answers.</summary>
    private sealed class WriteOnly(MemoryStream wire) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => wire.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => wire.WriteAsync(buffer, cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }

    private static Replay Upgraded(Conversation talk, string rules) =>
        new Replay(rules).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, s_ask)).Feed(talk.Send(Side.Server, s_agree));

    private static byte[] Frame(byte first, ReadOnlySpan<byte> payload, uint? mask = null)
    {
        var header = new List<byte> { first };
        var masked = (byte)(mask is null ? 0 : 0x80);
        if (payload.Length < 126) header.Add((byte)(masked | payload.Length));
        else if (payload.Length <= ushort.MaxValue) header.AddRange([(byte)(masked | 126), (byte)(payload.Length >> 8), (byte)payload.Length]);
        else header.AddRange([(byte)(masked | 127), 0, 0, 0, 0, (byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length]);
        if (mask is not { } key) return [.. header, .. payload];
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, key);
        var body = payload.ToArray();
        for (var i = 0; i < body.Length; i++) body[i] ^= bytes[i % 4];
        return [.. header, .. bytes, .. body];
    }

    /// <summary>As permessage-deflate does with one window for all (RFC 7692 §7.2.1).</summary>
    private static byte[][] Deflate(byte[][] messages)
    {
        using var output = new MemoryStream();
        using var deflate = new DeflateStream(output, CompressionLevel.Optimal, leaveOpen: true);
        var compressed = new List<byte[]>();
        foreach (var message in messages)
        {
            output.SetLength(0);
            deflate.Write(message);
            deflate.Flush();
            compressed.Add(message.Length == 0 ? [0] : output.ToArray()[..^4]);
        }
        return [.. compressed];
    }
}
