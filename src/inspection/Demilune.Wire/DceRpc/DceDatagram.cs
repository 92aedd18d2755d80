using System.Buffers.Binary;

namespace Demilune.Wire.DceRpc;

/// <summary>One message, or a fragment of one, without a connection (C706 §12.5.2), seen in place. Once <see cref="TryView"/> has said yes, no accessor can fail.</summary>
public readonly ref struct DceDatagram
{
    public const int HeaderLength = 80;

    private const byte IsLastFlag = 0x02;
    private const byte IsFragmentFlag = 0x04;

    private readonly ReadOnlySpan<byte> _bytes;

    private DceDatagram(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public DceType Type => (DceType)_bytes[1];

    /// <summary>Nothing of the same message follows.</summary>
    public bool IsLast => (_bytes[2] & IsFragmentFlag) == 0 || (_bytes[2] & IsLastFlag) != 0;

    /// <summary>How its sender writes numbers.</summary>
    public bool IsLittleEndian => (_bytes[4] & 0x10) != 0;

    /// <summary>What is called.</summary>
    public DceInterface Interface => new(0, Id(24), (ushort)Version, (ushort)(Version >> 16));

    /// <summary>On whose behalf; together with <see cref="Sequence"/> it names a call.</summary>
    public Guid Activity => Id(40);
    public uint Sequence => U32(64);
    public ushort Operation => U16(68);

    /// <summary>Arguments or results.</summary>
    public ReadOnlySpan<byte> Stub => _bytes[HeaderLength..];

    private uint Version => U32(60);

    /// <summary>What a client begins with: a request, and nothing set that has no meaning.</summary>
    public static bool IsLikely(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderLength && bytes is [4, (byte)DceType.Request, _, var flags, var numbers, <= 3, ..] && (flags & 0xfc) == 0 && (numbers & 0xee) == 0;

    public static bool TryView(ReadOnlySpan<byte> bytes, out DceDatagram datagram)
    {
        datagram = default;
        if (bytes.Length < HeaderLength || bytes[0] != 4) return false;
        var length = HeaderLength + new DceDatagram(bytes).U16(74);
        if (length > bytes.Length) return false;
        datagram = new(bytes[..length]);
        return true;
    }

    private Guid Id(int at) => new(_bytes.Slice(at, 16), bigEndian: !IsLittleEndian);

    private ushort U16(int at) => IsLittleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(_bytes[at..]) : BinaryPrimitives.ReadUInt16BigEndian(_bytes[at..]);

    private uint U32(int at) => IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(_bytes[at..]) : BinaryPrimitives.ReadUInt32BigEndian(_bytes[at..]);
}
