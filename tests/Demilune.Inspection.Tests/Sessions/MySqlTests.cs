using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class MySqlTests
{
    private const uint Capabilities = 0x8 | 0x200 | 0x8000 | 0x8_0000;

    private const string Rules = """
        alert mysql any any -> any any (mysql.query; content:"into outfile"; nocase; sid:1;)
        alert mysql any any -> any any (mysql.user; content:"root"; startswith; endswith; mysql.error; content:"denied"; sid:2;)
        alert mysql any any -> any any (mysql.local_infile; content:"/etc/passwd"; sid:3;)
        alert mysql any any -> any any (mysql.command; content:"init_db"; mysql.database; content:"secret"; sid:4;)
        alert mysql any any -> any any (app-layer-event:mysql.local_infile; sid:5;)
        """;

    [Fact]
    public void A_session_is_told_command_by_command_however_it_is_cut()
    {
        var replay = Cuts.Same(Rules,
            (Side.Server, Greeting()),
            (Side.Client, Login("me", "shop")),
            (Side.Server, Packet(2, 0, 0, 0, 2, 0, 0, 0)),
            (Side.Client, Packet(0, [3, .. "SELECT 1, 2 FROM t"u8])),
            (Side.Server, [
                .. Packet(1, 2), .. Packet(2, [3, .. "def"u8]), .. Packet(3, [3, .. "def"u8]), .. Packet(4, 0xfe, 0, 0, 2, 0),
                .. Packet(5, 1, (byte)'1', 1, (byte)'2'), .. Packet(6, 1, (byte)'3', 0xfb), .. Packet(7, 0xfe, 0, 0, 2, 0)]),
            (Side.Client, Packet(0, [3, .. "select x into OUTFILE @y"u8])),
            (Side.Server, Packet(1, [0xff, 0x15, 4, (byte)'#', .. "28000Access denied"u8])),
            (Side.Client, Packet(0, [2, .. "secret"u8])),
            (Side.Server, Packet(1, 0, 3, 0, 2, 0, 0, 0)),
            (Side.Client, Packet(0, 1)));
        Assert.Equal([1u, 4u], replay.Alerts);
        Assert.Equal(
            [
                """mysql 0 {"version":"8.0.36","request":{"command":"login","user":"me","database":"shop","auth_plugin":"mysql_native_password"},"response":{"status":"ok"}}""",
                """mysql 1 {"request":{"command":"query","query":"SELECT 1, 2 FROM t"},"response":{"status":"result_set","columns":2,"rows":2}}""",
                """mysql 2 {"request":{"command":"query","query":"select x into OUTFILE @y"},"response":{"status":"error","error_code":1045,"error_message":"Access denied"}}""",
                """mysql 3 {"request":{"command":"init_db","database":"secret","argument":"secret"},"response":{"status":"ok","affected_rows":3}}""",
                """mysql 4 {"request":{"command":"quit"}}""",
            ], replay.Records);
        Assert.Empty(replay.Anomalies);
    }

    [Fact]
    public void A_query_is_blocked_before_it_arrives_whole()
    {
        var talk = new Conversation();
        var replay = LoggedIn(talk, Rules.Replace("alert", "drop", StringComparison.Ordinal)).Feed(talk.Send(Side.Client, Packet(0, [3, .. "select x into outfile 'y'"u8]), pieceLength: 10));
        Assert.Equal([1u], replay.Alerts);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    [Fact]
    public void A_login_that_fails_is_one_exchange()
    {
        var replay = Cuts.Same(Rules, (Side.Server, Greeting()), (Side.Client, Login("root", "shop")), (Side.Server, Packet(2, [0xff, 0x15, 4, (byte)'#', .. "28000Access denied"u8])));
        Assert.Equal([2u], replay.Alerts);
        Assert.Single(replay.Records);
    }

    [Fact]
    public void A_server_that_asks_for_a_file_of_the_clients_is_noticed()
    {
        var replay = Cuts.Same(Rules, (Side.Server, Greeting()), (Side.Client, Login("me", "shop")), (Side.Server, Packet(2, 0, 0, 0, 2, 0, 0, 0)),
            (Side.Client, Packet(0, [3, .. "select 1"u8])), (Side.Server, Packet(1, [0xfb, .. "/etc/passwd"u8])),
            (Side.Client, [.. Packet(2, [.. "root:x"u8]), .. Packet(3)]), (Side.Server, Packet(4, 0, 0, 0, 2, 0, 0, 0)));
        Assert.Equal([3u, 5u], replay.Alerts.Order());
        Assert.Equal(["mysql.local_infile"], replay.Anomalies);
        Assert.Contains("""{"status":"ok","local_infile":"/etc/passwd","affected_rows":0}""", replay.Records[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Behind_a_request_for_encryption_TLS_is_found_also_in_the_same_segment()
    {
        var replay = Cuts.Same("""alert tls any any -> any any (tls.sni; content:"evil"; sid:1;)""",
            (Side.Server, Greeting()), (Side.Client, [.. Packet(1, Fixed(Capabilities | 0x800)), .. Tls.ClientHello("evil.example")]));
        Assert.Equal([1u], replay.Alerts);
        Assert.StartsWith("""mysql 0 {"version":"8.0.36","request":{"command":"ssl_request"}}""", replay.Records[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Compressed_packets_are_looked_into()
    {
        var replay = Cuts.Same(Rules,
            (Side.Server, Greeting()), (Side.Client, Login("me", "shop", Capabilities | 0x20)), (Side.Server, Packet(2, 0, 0, 0, 2, 0, 0, 0)),
            (Side.Client, [.. Compressed(0, Packet(0, [3, .. "select x into outfile 'y' from a_table_with_a_long_name"u8])), .. Plain(0, Packet(0, [3, .. "select INTO OUTFILE"u8]))]),
            (Side.Server, Plain(1, Packet(1, 0, 3, 0, 2, 0, 0, 0))));
        Assert.Equal([1u, 1u], replay.Alerts);
        Assert.Equal(3, replay.Records.Count);
    }

    [Fact]
    public void Compression_that_lies_is_not_let_through()
    {
        var talk = new Conversation();
        var replay = LoggedIn(talk, "", Capabilities | 0x20).Feed(talk.Send(Side.Client, (byte[])[3, 0, 0, 0, 9, 0, 0, 1, 2, 3]));
        Assert.Equal(["mysql.unreadable_compression"], replay.Anomalies);
        Assert.Equal([DropReason.Ambiguous], replay.Drops);
    }

    [Fact]
    public void A_query_of_many_packets_is_one_and_what_follows_it_is_read()
    {
        var talk = new Conversation();
        var replay = LoggedIn(talk, Rules);
        var whole = new byte[0xff_ffff];
        whole[0] = 3;
        foreach (var (sequence, part) in ((byte, byte[])[])[(0, whole), (1, [1, 2])]) replay.Feed(talk.Send(Side.Client, Packet(sequence, part), 32_000));
        replay.Feed(talk.Send(Side.Server, Packet(2, 0, 0, 0, 2, 0, 0, 0))).Feed(talk.Send(Side.Client, Packet(0, [3, .. "into outfile"u8])));
        Assert.Equal([1u], replay.Alerts);
    }

    private static Replay LoggedIn(Conversation talk, string rules, uint capabilities = Capabilities) => new Replay(rules).Feed(talk.Handshake())
        .Feed(talk.Send(Side.Server, Greeting())).Feed(talk.Send(Side.Client, Login("me", "shop", capabilities))).Feed(talk.Send(Side.Server, Packet(2, 0, 0, 0, 2, 0, 0, 0)));

    private static byte[] Greeting() =>
        Packet(0, [10, .. "8.0.36\0"u8, 1, 0, 0, 0, .. "abcdefgh"u8, 0, 0xff, 0xff, 0xff, 2, 0, 0xff, 0xc7, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. "ijklmnopqrst\0mysql_native_password\0"u8]);

    private static byte[] Fixed(uint capabilities)
    {
        var bytes = new byte[32];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, capabilities);
        (bytes[7], bytes[8]) = (1, 45);
        return bytes;
    }

    private static byte[] Login(string user, string database, uint capabilities = Capabilities) =>
        Packet(1, [.. Fixed(capabilities), .. Encoding.ASCII.GetBytes(user), 0, 3, 1, 2, 3, .. Encoding.ASCII.GetBytes(database), 0, .. "mysql_native_password\0"u8]);

    private static byte[] Packet(byte sequence, params byte[] message) => [(byte)message.Length, (byte)(message.Length >> 8), (byte)(message.Length >> 16), sequence, .. message];

    private static byte[] Plain(byte sequence, byte[] packets) => [(byte)packets.Length, (byte)(packets.Length >> 8), 0, sequence, 0, 0, 0, .. packets];

    private static byte[] Compressed(byte sequence, byte[] packets)
    {
        using var output = new MemoryStream();
        using (var zlib = new ZLibStream(output, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(packets);
        var bytes = output.ToArray();
        return [(byte)bytes.Length, (byte)(bytes.Length >> 8), 0, sequence, (byte)packets.Length, (byte)(packets.Length >> 8), 0, .. bytes];
    }
}
