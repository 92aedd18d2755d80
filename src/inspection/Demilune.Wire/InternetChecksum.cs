using System.Buffers.Binary;
using Demilune.Wire.Ip;

namespace Demilune.Wire;

/// <summary>The ones' complement sum of RFC 1071.</summary>
public static class InternetChecksum
{
    /// <summary>The checksum of a header that has zeros in its checksum field; 0 over one that has its checksum in it, if it is right.</summary>
    public static ushort Of(ReadOnlySpan<byte> bytes) => Finish(Sum(bytes, 0));

    /// <summary>As above, with the pseudo-header of TCP, UDP and ICMPv6 (RFC 9293 §3.1, RFC 8200 §8.1) in front.</summary>
    public static ushort OfTransport(IpAddress source, IpAddress destination, byte protocol, ReadOnlySpan<byte> bytes)
    {
        // The upper words of an IPv4-mapped address are not part of the pseudo-header: leave them out.
        var mask = source.IsV4 ? uint.MaxValue : UInt128.MaxValue;
        var sum = Sum(bytes, (ulong)protocol + (uint)bytes.Length);
        return Finish(AddWords(source.Value & mask, AddWords(destination.Value & mask, sum)));
    }

    private static ulong AddWords(UInt128 value, ulong sum)
    {
        for (; value != 0; value >>= 32) sum += (uint)value;
        return sum;
    }

    private static ulong Sum(ReadOnlySpan<byte> bytes, ulong sum)
    {
        // 32-bit words into 64 bits: 2^32 of them fit before a carry is lost, and folding later is the same sum (RFC 1071 §2).
        for (; bytes.Length >= 16; bytes = bytes[16..])
            sum += (ulong)BinaryPrimitives.ReadUInt32BigEndian(bytes) + BinaryPrimitives.ReadUInt32BigEndian(bytes[4..])
                + BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]) + BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]);
        for (; bytes.Length >= 2; bytes = bytes[2..]) sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        return bytes is [var last] ? sum + ((ulong)last << 8) : sum;
    }

    private static ushort Finish(ulong sum)
    {
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
