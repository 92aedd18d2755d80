using System.Buffers.Binary;
using System.Text;

namespace Demilune.Wire.Rdp;

/// <summary>The messages with which a connection of RDP begins ([MS-RDPBCGR] §2.2.1), each in a TPKT (RFC 1006).</summary>
public sealed class RdpMessage
{
    public const int HeaderLength = 4;

    /// <summary>Virtual channels of a client; the protocol allows 31.</summary>
    private const int MaxChannels = 31;

    private readonly List<string> _channels = [];

    public RdpMessageType Type { get; private set; }

    /// <summary>User that the client has said before; null: it has not.</summary>
    public byte[]? Cookie { get; private set; }

    /// <summary>Of the negotiation; null: there was none.</summary>
    public byte? Flags { get; private set; }

    /// <summary>That the server has chosen.</summary>
    public uint? Protocol { get; private set; }

    /// <summary>Why the server does not want to.</summary>
    public uint? Failure { get; private set; }

    /// <summary>What the client tells of itself; null: nothing.</summary>
    public RdpClient? Client { get; private set; }
    public IReadOnlyList<string> Channels => _channels;

    /// <summary>Of a TPKT with its header; 0: it is none.</summary>
    public static int LengthOf(ReadOnlySpan<byte> header) => header[0] == 3 ? BinaryPrimitives.ReadUInt16BigEndian(header[2..]) : 0;

    /// <summary>Whether this begins as RDP does: a connection is asked for, with a cookie or a negotiation.</summary>
    public static Detection OfClient(ReadOnlySpan<byte> bytes)
    {
        var outcome = OfAny(bytes);
        if (outcome != Detection.Yes) return outcome;
        if (bytes.Length < 11) return Detection.Incomplete;
        if (bytes[5] != 0xe0) return Detection.No;
        var data = bytes[11..];
        if (data.Length < 4) return LengthOf(bytes) == 11 ? Detection.No : Detection.Incomplete;
        return data.StartsWith("Cookie: "u8[..Math.Min(8, data.Length)]) || data[..4] is [1, _, 8, 0] ? Detection.Yes : Detection.No;
    }

    /// <summary>For the port of RDP: a TPKT with a connection request or what answers it.</summary>
    public static Detection OfAny(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [not 3, ..] or [_, not 0, ..]) return Detection.No;
        if (bytes.Length < 6) return Detection.Incomplete;
        return LengthOf(bytes) == bytes[4] + 5 && bytes[5] is 0xe0 or 0xd0 ? Detection.Yes : Detection.No;
    }

    /// <summary>Takes one TPKT apart.</summary>
    public void Read(ReadOnlySpan<byte> tpkt)
    {
        _channels.Clear();
        (Type, Cookie, Flags, Protocol, Failure, Client) = (RdpMessageType.Other, null, null, null, null, null);
        var reader = new WireReader(tpkt);
        reader.U32();
        var length = reader.U8();
        switch (reader.U8() >> 4)
        {
            case 0xe when length >= 6:
                Type = RdpMessageType.ConnectionRequest;
                reader.Take(5);
                ReadNegotiation(reader.Rest);
                break;
            case 0xd when length >= 6:
                Type = RdpMessageType.ConnectionConfirm;
                reader.Take(5);
                ReadAnswer(reader.Rest);
                break;
            case 0xf:
                reader.U8();
                ReadData(reader.Rest);
                break;
        }
    }

    private void ReadNegotiation(ReadOnlySpan<byte> data)
    {
        var prefix = "Cookie: mstshash="u8;
        if (data.StartsWith(prefix))
        {
            var end = data.IndexOf("\r\n"u8);
            Cookie = data[prefix.Length..(end < 0 ? data.Length : end)].ToArray();
            data = end < 0 ? default : data[(end + 2)..];
        }
        if (data is [1, var flags, 8, 0, ..]) Flags = flags;
    }

    private void ReadAnswer(ReadOnlySpan<byte> data)
    {
        if (data.Length < 8 || data[2] != 8) return;
        var value = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
        if (data[0] == 2) (Flags, Protocol) = (data[1], value);
        else if (data[0] == 3) Failure = value;
    }

    private void ReadData(ReadOnlySpan<byte> data)
    {
        // T.125: application tags 101 and 102, in BER.
        if (data is not [0x7f, 0x65 or 0x66, ..]) return;
        Type = data[1] == 0x65 ? RdpMessageType.ConnectRequest : RdpMessageType.ConnectResponse;
        if (Type == RdpMessageType.ConnectResponse) return;
        // The conference create request holds the client's blocks behind Microsoft's key (§2.2.1.3).
        var key = data.IndexOf("Duca"u8);
        if (key < 0) return;
        var blocks = data[(key + 4)..];
        if (blocks is [var first, ..]) blocks = blocks[Math.Min(blocks.Length, (first & 0x80) != 0 ? 2 : 1)..];
        while (blocks.Length >= 4)
        {
            var type = BinaryPrimitives.ReadUInt16LittleEndian(blocks);
            var length = BinaryPrimitives.ReadUInt16LittleEndian(blocks[2..]);
            if (length < 4 || length > blocks.Length) return;
            var block = blocks[4..length];
            blocks = blocks[length..];
            if (type == 0xc001) Client = RdpClient.Read(block);
            else if (type == 0xc003) ReadChannels(block);
        }
    }

    private void ReadChannels(ReadOnlySpan<byte> block)
    {
        if (block.Length < 4) return;
        var count = BinaryPrimitives.ReadUInt32LittleEndian(block);
        block = block[4..];
        for (; count > 0 && block.Length >= 12 && _channels.Count < MaxChannels; count--, block = block[12..])
        {
            var name = block[..8];
            var end = name.IndexOf((byte)0);
            _channels.Add(Encoding.ASCII.GetString(end < 0 ? name : name[..end]));
        }
    }
}

/// <summary>The messages that are told apart.</summary>
public enum RdpMessageType : byte
{
    Other, ConnectionRequest, ConnectionConfirm, ConnectRequest, ConnectResponse,
}
