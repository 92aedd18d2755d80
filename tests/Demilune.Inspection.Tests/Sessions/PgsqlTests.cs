using System.Buffers.Binary;
using System.Text;
using Demilune.Inspection.Tests.Traffic;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class PgsqlTests
{
    [Fact]
    public void A_session_is_told_request_by_request_however_it_is_cut()
    {
        foreach (var pieceLength in (int[])[1, 6, 1460])
        {
            var talk = new Conversation();
            var replay = new Replay("").Feed(talk.Handshake())
                .Feed(talk.Send(Side.Client, Untyped([4, 0xd2, 0x16, 0x2f]), pieceLength))
                .Feed(talk.Send(Side.Server, "N"u8.ToArray(), pieceLength))
                .Feed(talk.Send(Side.Client, Untyped([0, 3, 0, 0, .. "user\0me\0database\0db\0\0"u8]), pieceLength))
                .Feed(talk.Send(Side.Server, (byte[])[.. Typed('R', [0, 0, 0, 0]), .. Typed('S', [.. "TimeZone\0UTC\0"u8]), .. Typed('Z', [(byte)'I'])], pieceLength))
                .Feed(talk.Send(Side.Client, Typed('Q', [.. "SELECT 1\0"u8]), pieceLength))
                .Feed(talk.Send(Side.Server, (byte[])[.. Typed('T', [0, 1]), .. Typed('D', [0, 1, 0, 0, 0, 1, (byte)'1']), .. Typed('C', [.. "SELECT 1\0"u8]), .. Typed('Z', [(byte)'I'])], pieceLength))
                .Feed(talk.Send(Side.Client, Typed('X', []), pieceLength));
            Assert.Equal(
                [
                    """pgsql 0 {"tx_id":1,"request":{"message":"SSL Request"},"response":{"ssl_accepted":false}}""",
                    """pgsql 1 {"tx_id":2,"request":{"protocol_version":"3.0","startup_parameters":{"user":"me","optional_parameters":[{"database":"db"}]}},"response":{"message":"authentication_ok","parameter_status":[{"time_zone":"UTC"}]}}""",
                    """pgsql 2 {"tx_id":3,"request":{"simple_query":"SELECT 1"},"response":{"command_completed":"SELECT 1","field_count":1,"data_rows":1,"data_size":1}}""",
                    """pgsql 3 {"tx_id":4,"request":{"message":"termination_message"}}""",
                ], replay.Records);
        }
    }

    [Fact]
    public void Behind_an_agreement_to_encrypt_TLS_is_found()
    {
        var talk = new Conversation();
        var replay = new Replay("""drop tls any any -> any any (tls.sni; content:"evil"; sid:1;)""").Feed(talk.Handshake())
            .Feed(talk.Send(Side.Client, Untyped([4, 0xd2, 0x16, 0x2f]))).Feed(talk.Send(Side.Server, "S"u8.ToArray()))
            .Feed(talk.Send(Side.Client, Tls.ClientHello("evil.example")));
        Assert.Equal([1u], replay.Alerts);
    }

    [Fact]
    public void A_query_without_end_goes_by_and_what_follows_is_read()
    {
        var talk = new Conversation();
        var query = new byte[200_000];
        query.AsSpan().Fill((byte)'x');
        var replay = new Replay("").Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Untyped([0, 3, 0, 0, .. "user\0me\0\0"u8])))
            .Feed(talk.Send(Side.Client, Typed('Q', query))).Feed(talk.Send(Side.Client, Typed('X', [])));
        Assert.Equal(3, replay.Records.Count);
        Assert.Contains("termination_message", replay.Records[2], StringComparison.Ordinal);
    }

    private static byte[] Untyped(byte[] body)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, body.Length + 4);
        return [.. length, .. body];
    }

    private static byte[] Typed(char type, byte[] body) => [(byte)type, .. Untyped(body)];
}
