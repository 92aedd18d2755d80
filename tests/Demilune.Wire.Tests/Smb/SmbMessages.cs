using System.Buffers.Binary;
using System.Text;

namespace Demilune.Wire.Tests.Smb;

/// <summary>Writes messages of SMB 2 in their frames.</summary>
internal static class SmbMessages
{
    public static byte[] Frame(params byte[][] messages)
    {
        var all = messages.SelectMany(message => message).ToArray();
        return [0, (byte)(all.Length >> 16), (byte)(all.Length >> 8), (byte)all.Length, .. all];
    }

    /// <param name="next">Where the next message of the chain begins; 0: there is none.</param>
    public static byte[] Message(int command, byte[] body, bool isAnswer = false, int next = 0, ulong id = 1, uint tree = 1)
    {
        var header = new byte[64];
        ((byte[])[0xfe, .. "SMB"u8, 64]).CopyTo(header, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(12), (ushort)command);
        header[16] = isAnswer ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(20), next);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), id);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(36), tree);
        return [.. header, .. body];
    }

    /// <param name="length">What it says of its data's length; -1: the truth.</param>
    public static byte[] Write(string data, int length = -1)
    {
        var body = new byte[48];
        BinaryPrimitives.WriteUInt16LittleEndian(body, 49);
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(2), 64 + 48);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), length < 0 ? data.Length : length);
        body[16] = 7;
        return Message(9, [.. body, .. Encoding.Latin1.GetBytes(data)]);
    }

    public static byte[] ReadAnswer(string data)
    {
        var body = new byte[16];
        (body[0], body[2]) = (17, 80);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), data.Length);
        return Message(8, [.. body, .. Encoding.Latin1.GetBytes(data)], isAnswer: true);
    }
}
