using System.Buffers.Binary;

namespace Demilune.Wire.DceRpc;

/// <summary>One fragment of a message over a connection (C706 §12.6.3), seen in place. Once <see cref="TryView"/> has said yes, no accessor can fail.</summary>
public readonly ref struct DceFragment
{
    public const int HeaderLength = 16;

    /// <summary>Of requests and responses: allocation hint, context, operation.</summary>
    private const int CallLength = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    private DceFragment(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public byte MinorVersion => _bytes[1];
    public DceType Type => (DceType)_bytes[2];
    public bool IsFirst => (_bytes[3] & 1) != 0;
    public bool IsLast => (_bytes[3] & 2) != 0;

    /// <summary>How its sender writes numbers.</summary>
    public bool IsLittleEndian => (_bytes[4] & 0x10) != 0;
    public uint CallId => U32(12);

    /// <summary>Of requests and responses, else 0.</summary>
    public ushort Context => HasCall ? U16(HeaderLength + 4) : (ushort)0;

    /// <summary>Of requests, else 0.</summary>
    public ushort Operation => HasCall ? U16(HeaderLength + 6) : (ushort)0;

    /// <summary>Arguments or results of requests and responses; the rest of other messages.</summary>
    public ReadOnlySpan<byte> Stub => HasCall ? _bytes[(HeaderLength + CallLength)..] : default;

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Body => _bytes[HeaderLength..];

    private bool HasCall => Type is DceType.Request or DceType.Response && _bytes.Length >= HeaderLength + CallLength;

    /// <summary>Length of the fragment that begins here.</summary>
    /// <returns>0: more bytes are needed; -1: none begins here.</returns>
    public static int LengthOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 0 && bytes[0] != 5 || bytes.Length > 1 && bytes[1] > 1 || bytes.Length > 2 && bytes[2] > (byte)DceType.RequestToSend) return -1;
        if (bytes.Length < 10) return 0;
        var length = (bytes[4] & 0x10) != 0 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) : BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]);
        return length < HeaderLength ? -1 : length;
    }

    public static bool TryView(ReadOnlySpan<byte> bytes, out DceFragment fragment)
    {
        var length = LengthOf(bytes);
        fragment = length > 0 && length <= bytes.Length ? new(bytes[..length]) : default;
        return length > 0 && length <= bytes.Length;
    }

    public ushort U16(int at) => IsLittleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(_bytes[at..]) : BinaryPrimitives.ReadUInt16BigEndian(_bytes[at..]);

    public uint U32(int at) => IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(_bytes[at..]) : BinaryPrimitives.ReadUInt32BigEndian(_bytes[at..]);
}
