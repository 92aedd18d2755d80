using System.Buffers.Binary;
using System.Text;
using Demilune.Inspection.Tests.Traffic;

namespace Demilune.Inspection.Tests.Sessions;

/// <summary>Protocols of records over TCP: the same rules match, and the same is told, however their streams are cut.</summary>
public sealed class RecordProtocolTests
{
    private static readonly byte[] s_readCoils = [0, 1, 0, 0, 0, 6, 10, 1, 0, 0, 0, 1];
    private static readonly byte[] s_coils = [0, 1, 0, 0, 0, 4, 10, 1, 1, 0];
    private static readonly byte[] s_writeRegister = [0, 2, 0, 0, 0, 6, 10, 6, 0, 4, 0, 99];

    [Theory]
    [InlineData("modbus:function 1;", true)]
    [InlineData("modbus:function 2;", false)]
    [InlineData("modbus:function assigned;", true)]
    [InlineData("modbus:function !assigned;", false)]
    [InlineData("modbus:unit 10;", true)]
    [InlineData("modbus:unit >10;", false)]
    [InlineData("modbus:unit >9, access read coils, address 0<>2;", true)]
    [InlineData("modbus:access read coils, address 2;", false)]
    [InlineData("modbus:access write;", false)]
    public void A_rule_may_ask_of_a_Modbus_request(string options, bool matches)
    {
        var replay = Both("modbus", options, s_readCoils, s_coils);
        Assert.Equal(matches ? [1u] : [], replay.Alerts);
        Assert.Equal(
            """
            modbus 0 {"id":1,"request":{"transaction_id":1,"protocol_id":0,"unit_id":10,"function_raw":1,"function_code":"RdCoils","access_type":"READ | COILS","category":"PUBLIC_ASSIGNED","error_flags":"NONE","read":{"address":0,"quantity":1}},"response":{"transaction_id":1,"protocol_id":0,"unit_id":10,"function_raw":1,"function_code":"RdCoils","access_type":"READ | COILS","category":"PUBLIC_ASSIGNED","error_flags":"NONE","read":{"data":"\u0000"}}}
            """, Assert.Single(replay.Records));
    }

    [Theory]
    [InlineData("modbus:access write holding, address 5, value 99;", true)]
    [InlineData("modbus:access write holding, address 5, value <99;", false)]
    [InlineData("modbus:access write holding, address 4, value 99;", false)]
    [InlineData("modbus:access write coils;", false)]
    public void What_is_written_over_Modbus_has_an_address_and_a_value(string options, bool matches) =>
        Assert.Equal(matches ? [1u] : [], Both("modbus", options, s_writeRegister, []).Alerts);

    [Fact]
    public void An_answer_that_nobody_asked_for_is_odd()
    {
        var talk = new Conversation();
        var replay = new Replay("alert modbus any any -> any any (app-layer-event:modbus.unsolicited_response; sid:1;)").Feed(talk.Handshake())
            .Feed(talk.Send(Side.Client, s_writeRegister)).Feed(talk.Send(Side.Server, s_coils));
        Assert.Equal(["modbus.unsolicited_response"], replay.Anomalies);
        Assert.Equal([1u], replay.Alerts);
    }

    [Theory]
    [InlineData("enip_command:111;", true)]
    [InlineData("enip_command:112;", false)]
    [InlineData("cip_service:14;", true)]
    [InlineData("cip_service:14,1;", true)]
    [InlineData("cip_service:14,1,7;", true)]
    [InlineData("cip_service:14,2;", false)]
    [InlineData("cip_service:15;", false)]
    public void A_rule_may_ask_of_EtherNet_IP(string options, bool matches)
    {
        byte[] register = [0x65, 0, 4, 0, .. new byte[20], 1, 0, 0, 0];
        byte[] item = [14, 3, 0x20, 1, 0x24, 1, 0x30, 7];
        byte[] data = [0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0xb2, 0, (byte)item.Length, 0, .. item];
        byte[] send = [0x6f, 0, (byte)data.Length, 0, .. new byte[20], .. data];
        var replay = Both("enip", options, [.. register, .. send], []);
        Assert.Equal(matches ? [1u] : [], replay.Alerts);
        Assert.Equal("""enip 1 {"request":{"command":"SendRRData","session":0,"status":0,"cip":[{"service":14,"class":1,"attribute":7}]}}""", replay.Records[^1]);
    }

    [Fact]
    public void RDP_tells_who_connects_and_what_the_server_wants()
    {
        var cookie = "Cookie: mstshash=alice\r\n"u8;
        byte[] request = [3, 0, 0, (byte)(19 + cookie.Length), (byte)(14 + cookie.Length), 0xe0, 0, 0, 0, 0, 0, .. cookie, 1, 0, 8, 0, 1, 0, 0, 0];
        byte[] confirm = [3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 9, 8, 0, 1, 0, 0, 0];
        var replay = Both("rdp", "content:\"mstshash\";", request, confirm);
        Assert.Equal(
            [
                """rdp 0 {"tx_id":1,"event_type":"initial_request","cookie":"alice"}""",
                """rdp 1 {"tx_id":2,"event_type":"initial_response","server_supports":["extended_client_data","restricted_admin"],"protocol":"ssl"}""",
            ], replay.Records);
    }

    [Theory]
    [InlineData("nfs_procedure:3;", true)]
    [InlineData("nfs_procedure:4;", false)]
    [InlineData("nfs_version:3;", true)]
    [InlineData("nfs_version:<3;", false)]
    public void A_rule_may_ask_of_NFS(string options, bool matches)
    {
        var replay = Both("nfs", options, Call(7, 3, [.. Opaque("ROOT"u8), .. Opaque("passwd"u8)]), Reply(7, [.. Number(0), .. Opaque("FILE"u8)]));
        Assert.Equal(matches ? [1u] : [], replay.Alerts);
        Assert.Equal("""nfs 0 {"version":3,"procedure":"LOOKUP","filename":"passwd","hhash":"5f0e6a8c","id":1,"file_tx":false,"type":"response","status":"OK"}"""
            .Replace("5f0e6a8c", Crc("ROOT"u8), StringComparison.Ordinal), Assert.Single(replay.Records));
    }

    [Fact]
    public void What_is_read_over_NFS_is_a_file_by_the_name_that_was_looked_up()
    {
        byte[] client = [.. Call(7, 3, [.. Opaque("ROOT"u8), .. Opaque("notes.txt"u8)])];
        byte[] read = Call(8, 6, [.. Opaque("FILE"u8), .. Number(0), .. Number(0), .. Number(4096)]);
        byte[] content = [.. Number(0), .. Number(0), .. Number(12), .. Number(1), .. Opaque("secret plans"u8)];
        var talk = new Conversation();
        var replay = new Replay("alert nfs any any -> any any (file.data; content:\"secret\"; sid:1;)\nalert nfs any any -> any any (file.name; content:\"notes\"; sid:2;)").Feed(talk.Handshake())
            .Feed(talk.Send(Side.Client, client)).Feed(talk.Send(Side.Server, Reply(7, [.. Number(0), .. Opaque("FILE"u8)])))
            .Feed(talk.Send(Side.Client, read)).Feed(talk.Send(Side.Server, Reply(8, content), 5));
        Assert.Equal([1u, 2u], replay.Alerts);
        Assert.Single(replay.Files);
    }

    [Theory]
    [InlineData("sip.method; content:\"REGISTER\"; bsize:8;", true)]
    [InlineData("sip.uri; content:\"sip:example.com\"; bsize:15;", true)]
    [InlineData("flow:to_server; sip.protocol; content:\"SIP/2.0\"; bsize:7;", true)]
    [InlineData("sip.request_line; content:\"REGISTER sip:example.com SIP/2.0\"; startswith; endswith;", true)]
    [InlineData("sip.stat_code; content:\"401\"; bsize:3;", true)]
    [InlineData("sip.stat_msg; content:\"Unauthorized\"; bsize:12;", true)]
    [InlineData("sip.response_line; content:\"SIP/2.0 401 Unauthorized\"; bsize:24;", true)]
    [InlineData("frame:sip.request.body; content:\"v=0\"; bsize:3;", true)]
    [InlineData("sip.method; content:\"INVITE\";", false)]
    public void A_rule_may_ask_of_SIP(string options, bool matches)
    {
        var replay = Both("sip", options, "REGISTER sip:example.com SIP/2.0\r\nVia: x\r\nContent-Length: 3\r\n\r\nv=0"u8.ToArray(), "SIP/2.0 401 Unauthorized\r\nVia: x\r\n\r\n"u8.ToArray());
        Assert.Equal(matches ? [1u] : [], replay.Alerts);
        Assert.Equal(
            [
                """sip 0 {"method":"REGISTER","uri":"sip:example.com","version":"SIP/2.0","request_line":"REGISTER sip:example.com SIP/2.0"}""",
                """sip 1 {"version":"SIP/2.0","code":"401","reason":"Unauthorized","response_line":"SIP/2.0 401 Unauthorized"}""",
            ], replay.Records);
    }

    [Theory]
    [InlineData("flow:to_server; frame:telnet.data; content:\"cat /etc/shadow\"; startswith;", true)]
    [InlineData("flow:to_client; frame:telnet.ctl; content:\"|ff fd 18|\"; bsize:3;", true)]
    [InlineData("flow:to_server; frame:telnet.ctl; content:\"shadow\";", false)]
    public void A_rule_may_look_into_lines_and_commands_of_Telnet(string options, bool matches)
    {
        var talk = new Conversation();
        var replay = new Replay($"alert telnet any any -> any any ({options} sid:1;)").Feed(talk.Handshake())
            .Feed(talk.Send(Side.Server, (byte[])[0xff, 0xfd, 0x18, 0xff, 0xfb, 1, .. "login: "u8], 2)).Feed(talk.Send(Side.Client, "root\r\n", 1))
            .Feed(talk.Send(Side.Server, "Password: ")).Feed(talk.Send(Side.Client, "x\r\n")).Feed(talk.Send(Side.Client, "cat /etc/shadow\r\n", 4));
        Assert.Equal(matches ? [1u] : [], replay.Alerts);
    }

    private static Replay Both(string protocol, string options, byte[] client, byte[] server)
    {
        Replay? whole = null;
        foreach (var pieceLength in (int[])[1460, 1, 7])
        {
            var talk = new Conversation();
            var replay = new Replay($"alert {protocol} any any -> any any ({options} sid:1;)").Feed(talk.Handshake()).Feed(talk.Send(Side.Client, client, pieceLength));
            if (server.Length > 0) replay.Feed(talk.Send(Side.Server, server, pieceLength));
            whole ??= replay;
            Assert.Equal(whole.Alerts, replay.Alerts);
            Assert.Equal(whole.Records, replay.Records);
        }
        return whole!;
    }

    private static byte[] Number(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Opaque(ReadOnlySpan<byte> bytes) => [.. Number((uint)bytes.Length), .. bytes, .. new byte[(4 - bytes.Length % 4) % 4]];

    private static byte[] Record(byte[] message) => [.. Number(0x8000_0000u | (uint)message.Length), .. message];

    private static byte[] Call(uint xid, uint procedure, byte[] arguments) =>
        Record([.. Number(xid), .. Number(0), .. Number(2), .. Number(100_003), .. Number(3), .. Number(procedure), .. Number(0), .. Number(0), .. Number(0), .. Number(0), .. arguments]);

    private static byte[] Reply(uint xid, byte[] results) => Record([.. Number(xid), .. Number(1), .. Number(0), .. Number(0), .. Number(0), .. Number(0), .. results]);

    private static string Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
            for (var bit = 0; bit < 8; bit++)
                crc = ((crc ^ (uint)(b >> bit)) & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
        return (~crc).ToString("x", null);
    }
}
