using System.Buffers.Binary;

namespace Demilune.Wire.Icmp;

/// <summary>An ICMP or ICMPv6 message, seen in place.</summary>
public readonly ref struct IcmpView
{
    public const int HeaderLength = 8;
    private readonly ReadOnlySpan<byte> _bytes;
    private IcmpView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public byte Type => _bytes[0];
    public byte Code => _bytes[1];

    /// <summary>Of an echo.</summary>
    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>Of an echo.</summary>
    public ushort SequenceNumber => BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]);
    /// <summary>Of an ICMPv6 "packet too big".</summary>
    public uint Mtu => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);
    public ReadOnlySpan<byte> Header => _bytes[..HeaderLength];
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    public static bool TryView(ReadOnlySpan<byte> ipPayload, out IcmpView view)
    {
        view = default;
        if (ipPayload.Length < HeaderLength) return false;
        view = new(ipPayload);
        return true;
    }
}
