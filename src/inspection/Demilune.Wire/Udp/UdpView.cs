using System.Buffers.Binary;

namespace Demilune.Wire.Udp;

/// <summary>A UDP datagram, seen in place. Once <see cref="TryView"/> has said yes, no accessor can fail.</summary>
public readonly ref struct UdpView
{
    public const int HeaderLength = 8;
    private readonly ReadOnlySpan<byte> _bytes;
    private UdpView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_bytes);
    public ushort DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);
    public ushort Checksum => BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]);
    public ReadOnlySpan<byte> Header => _bytes[..HeaderLength];
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>Header and payload, without what follows the datagram.</summary>
    public ReadOnlySpan<byte> Datagram => _bytes;

    public static bool TryView(ReadOnlySpan<byte> ipPayload, out UdpView view)
    {
        view = default;
        if (ipPayload.Length < HeaderLength) return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(ipPayload[4..]);
        if (length == 0 && ipPayload.Length > ushort.MaxValue) length = ipPayload.Length;      // a merge of many (GRO)
        if (length < HeaderLength || length > ipPayload.Length) return false;
        view = new(ipPayload[..length]);    // bytes past the UDP length are Ethernet padding, not payload
        return true;
    }
}
