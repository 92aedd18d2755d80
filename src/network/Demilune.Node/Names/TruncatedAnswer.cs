using System.Buffers.Binary;
using Demilune.Wire.Dns;

namespace Demilune.Node.Names;

/// <summary>Makes of the first fragment of an answer a whole one that says only that it is truncated: the asker comes again over TCP.</summary>
internal static class TruncatedAnswer
{
    private const int EthernetLength = 14, Ipv4Length = 20, Ipv6Length = 40, UdpLength = 8, QuestionEnd = 4;
    private const byte Response = 0x80, Truncated = 0x02;

    /// <param name="frame">Its view.</param>
    /// <param name="bytes">The frame itself.</param>
    /// <returns>Null: no answer to one question, or cut within it.</returns>
    public static byte[]? Of(in HeldFrame frame, ReadOnlySpan<byte> bytes)
    {
        if (frame.Transport.Length < UdpLength + DnsMessage.HeaderLength) return null;
        var message = frame.Transport[UdpLength..];
        var end = DnsMessage.HeaderLength;
        if ((message[2] & Response) == 0 || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1
            || !DnsName.TryRead(message, ref end, stackalloc byte[DnsName.MaxLength], out _) || message.Length - end < QuestionEnd) return null;
        end += QuestionEnd;

        var ipLength = frame.IsIpv6 ? Ipv6Length : Ipv4Length;
        var result = new byte[EthernetLength + ipLength + UdpLength + end];
        bytes[..(EthernetLength + ipLength)].CopyTo(result);
        var ip = result.AsSpan(EthernetLength);
        var udp = ip[ipLength..];
        frame.Transport[..4].CopyTo(udp);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)(UdpLength + end));
        message[..end].CopyTo(udp[UdpLength..]);
        udp[UdpLength + 2] |= Truncated;
        udp[(UdpLength + 6)..(UdpLength + DnsMessage.HeaderLength)].Clear();      // no records of any kind
        if (frame.IsIpv6)
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)udp.Length);
            ip[6] = HeldFrame.Udp;
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
            ip[6..8].Clear();       // no fragment any more
            ip[10..12].Clear();
            BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Fold(Sum(ip[..Ipv4Length])));
        }
        var sum = Fold(Sum(frame.Addresses) + HeldFrame.Udp + (uint)udp.Length + Sum(udp));
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], sum == 0 ? (ushort)0xffff : sum);      // RFC 768: 0 would say "none"
        return result;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (var i = 0; i + 1 < bytes.Length; i += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        return bytes.Length % 2 == 0 ? sum : sum + (uint)(bytes[^1] << 8);
    }

    private static ushort Fold(uint sum)
    {
        while (sum > ushort.MaxValue) sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
