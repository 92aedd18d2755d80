using System.Buffers.Binary;
using Demilune.Wire.Ip;

namespace Demilune.Wire.Ethernet;

/// <summary>An ARP message for IPv4 over Ethernet (RFC 826), seen in place.</summary>
public readonly ref struct ArpView
{
    private const int Length = 28;
    private readonly ReadOnlySpan<byte> _bytes;
    private ArpView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>1 request, 2 reply.</summary>
    public ushort Operation => BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]);
    public IpAddress Sender => IpAddress.FromV4(_bytes[14..18]);
    public IpAddress Target => IpAddress.FromV4(_bytes[24..28]);

    public static bool TryView(ReadOnlySpan<byte> bytes, out ArpView view)
    {
        view = default;
        if (bytes.Length < Length || BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16 != 0x0001_0800_0604) return false;
        view = new(bytes[..Length]);
        return true;
    }
}
