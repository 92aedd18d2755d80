using System.Buffers.Binary;
using Demilune.Wire.Ethernet;

namespace Demilune.Wire.Captures;

/// <summary>Turns the headers of other links into Ethernet's, so that only one kind of frame has to be known elsewhere.</summary>
internal static class LinkLayer
{
    /// <summary>Room to keep in front of a packet: an Ethernet header is longer than some links' own.</summary>
    public const int Headroom = EthernetView.HeaderLength;

    /// <returns>False: the link type is unknown, or the frame shorter than its header.</returns>
    public static bool TryToEthernet(int link, ref byte[] block, ref int start, ref int length)
    {
        var frame = block.AsSpan(start, length);
        switch (link)
        {
            case 1: return true;
            case 0 or 108 when length >= 4: return Replace(block, ref start, ref length, 4, TypeOfVersion(frame[4..]));                 // BSD loopback
            case 12 or 14 or 101 or 228 or 229: return Replace(block, ref start, ref length, 0, TypeOfVersion(frame));                  // raw IP
            case 113 when length >= 16: return Replace(block, ref start, ref length, 16, BinaryPrimitives.ReadUInt16BigEndian(frame[14..]));      // Linux SLL
            case 276 when length >= 20: return Replace(block, ref start, ref length, 20, BinaryPrimitives.ReadUInt16BigEndian(frame));            // Linux SLL2
            default: return false;
        }
    }

    private static ushort TypeOfVersion(ReadOnlySpan<byte> packet) => packet.IsEmpty ? (ushort)0 : (packet[0] >> 4) switch
    {
        4 => EtherType.Ipv4,
        6 => EtherType.Ipv6,
        _ => (ushort)0,
    };

    private static bool Replace(byte[] block, ref int start, ref int length, int header, ushort type)
    {
        (start, length) = (start + header - EthernetView.HeaderLength, length - header + EthernetView.HeaderLength);
        block.AsSpan(start, 12).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(block.AsSpan(start + 12), type);
        return true;
    }
}
