using System.Buffers.Binary;

namespace Demilune.Wire.Ike;

/// <summary>The header that both versions of IKE share (RFC 2408 §3.1, RFC 7296 §3.1), in place.</summary>
public readonly ref struct IkeHeader
{
    public const int Length = 28;

    private readonly ReadOnlySpan<byte> _bytes;

    private IkeHeader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> InitiatorSpi => _bytes[..8];
    public ReadOnlySpan<byte> ResponderSpi => _bytes[8..16];
    public byte NextPayload => _bytes[16];
    public int Major => _bytes[17] >> 4;
    public int Minor => _bytes[17] & 15;
    public byte Exchange => _bytes[18];
    public byte Flags => _bytes[19];
    public uint MessageId => BinaryPrimitives.ReadUInt32BigEndian(_bytes[20..]);
    public uint MessageLength => BinaryPrimitives.ReadUInt32BigEndian(_bytes[24..]);

    public static bool TryView(ReadOnlySpan<byte> datagram, out IkeHeader header)
    {
        header = datagram.Length < Length ? default : new(datagram[..Length]);
        return datagram.Length >= Length;
    }

    /// <summary>Whether a datagram is IKE. Version 2 has to fit in every field; version 1 is told by its port besides.</summary>
    /// <param name="isAtPort">It goes to or comes from port 500.</param>
    public static bool IsLikely(ReadOnlySpan<byte> datagram, bool isAtPort)
    {
        if (!TryView(datagram, out var header)) return false;
        return header.Major switch
        {
            1 => isAtPort || (header.MessageLength == datagram.Length && header is { Minor: 0, Exchange: 1 or 2 or 4 or 5 or 6 or 32 or 33, NextPayload: < 16 or 20 or 130 }
                && header.Flags < 8 && header.InitiatorSpi.ContainsAnyExcept((byte)0)),
            2 => header is { Minor: 0, Exchange: >= 34 and <= 37 } && header.MessageLength == datagram.Length,
            _ => false,
        };
    }
}
