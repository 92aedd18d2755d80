using System.Buffers.Binary;
using System.Text;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class SmbTests
{
    private static readonly Guid s_svcctl = new("367abb81-9844-35f1-ad32-98f038001003");

    private const string Rules = """
        drop smb any any -> any any (file.name; content:".exe"; endswith; file.data; content:"MZ"; startswith; content:"evil"; sid:1;)
        drop smb any any -> any any (dcerpc.iface:367abb81-9844-35f1-ad32-98f038001003; dcerpc.opnum:12,15; dcerpc.stub_data; content:"arguments"; sid:2;)
        alert smb any any -> any any (smb.share; content:"|5c|C$"; endswith; sid:3;)
        """;

    [Theory, InlineData(1), InlineData(13), InlineData(1460)]
    public void A_file_that_is_written_is_judged_under_its_name(int pieceLength)
    {
        var talk = new Conversation(serverPort: 445);
        var replay = Open(talk, @"\\srv\C$", shareType: 1, "a.exe");
        replay.Feed(talk.Send(Side.Client, Write("MZ an evil file"), pieceLength));
        Assert.Equal([3u, 1u], replay.Alerts);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    [Theory, InlineData(1), InlineData(1460)]
    public void A_call_over_a_pipe_is_judged_by_what_it_calls(int pieceLength)
    {
        var talk = new Conversation(serverPort: 445);
        var replay = Open(talk, @"\\srv\IPC$", shareType: 2, "svcctl");
        replay.Feed(talk.Send(Side.Client, Write(Dce(11, [0, 16, 0, 16, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, .. s_svcctl.ToByteArray(), 2, 0, 0, 0, .. new byte[20]])), pieceLength));
        Assert.Empty(replay.Alerts);
        replay.Feed(talk.Send(Side.Client, Write(Dce(0, [0, 0, 0, 0, 0, 0, 15, 0, .. "arguments"u8])), pieceLength));
        Assert.Equal([2u], replay.Alerts);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    private static Replay Open(Conversation talk, string share, byte shareType, string file)
    {
        var replay = new Replay(Rules).Feed(talk.Handshake());
        var path = Encoding.Unicode.GetBytes(share);
        byte[] treeConnect = [9, 0, 0, 0, 72, 0, (byte)path.Length, 0, .. path];
        replay.Feed(talk.Send(Side.Client, Frame(3, treeConnect, 1))).Feed(talk.Send(Side.Server, Frame(3, [16, 0, shareType, .. new byte[13]], 1, isAnswer: true)));
        var name = Encoding.Unicode.GetBytes(file);
        var create = new byte[56];
        (create[44], create[46]) = (64 + 56, (byte)name.Length);
        var created = new byte[88];
        created[64] = 7;
        return replay.Feed(talk.Send(Side.Client, Frame(5, [.. create, .. name], 2))).Feed(talk.Send(Side.Server, Frame(5, created, 2, isAnswer: true)));
    }

    private static byte[] Write(string data) => Write(Encoding.Latin1.GetBytes(data));

    private static byte[] Write(byte[] data)
    {
        var body = new byte[48];
        (body[0], body[2], body[4], body[16]) = (49, 64 + 48, (byte)data.Length, 7);
        return Frame(9, [.. body, .. data], 3);
    }

    private static byte[] Dce(byte type, byte[] body) => [5, 0, type, 3, 0x10, 0, 0, 0, (byte)(16 + body.Length), 0, 0, 0, 1, 0, 0, 0, .. body];

    private static byte[] Frame(byte command, byte[] body, byte id, bool isAnswer = false)
    {
        var header = new byte[64];
        ((byte[])[0xfe, .. "SMB"u8, 64]).CopyTo(header, 0);
        (header[12], header[16], header[24], header[36]) = (command, isAnswer ? (byte)1 : (byte)0, id, 5);
        var frame = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(frame, 64 + body.Length);
        return [.. frame, .. header, .. body];
    }
}
