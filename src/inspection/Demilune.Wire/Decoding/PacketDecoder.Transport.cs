using Demilune.Wire.Icmp;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Wire.Decoding;

/// <summary>What follows IP: TCP, UDP, SCTP, ESP, and GRE, which is on its way to another packet.</summary>
public static partial class PacketDecoder
{
    private const int UdpHeaderLength = 8;
    private const int SctpHeaderLength = 12;
    private const int EspHeaderLength = 8;
    private const int MaxTcpOptions = 20;

    private static void ReadTransport(ref DecodedPacket packet, byte protocol, ReadOnlySpan<byte> bytes, TunnelOptions options)
    {
        packet.Seen |= protocol switch { IpProtocol.Sctp => DecodedLayers.Sctp, IpProtocol.Esp => DecodedLayers.Esp, IpProtocol.Gre => DecodedLayers.Gre, _ => DecodedLayers.None };
        switch (protocol)
        {
            case IpProtocol.Tcp: ReadTcp(ref packet, bytes); break;
            case IpProtocol.Udp: ReadUdp(ref packet, bytes, options); break;
            case IpProtocol.Gre: ReadGre(ref packet, bytes, options); break;
            case IpProtocol.Sctp:
                if (bytes.Length < SctpHeaderLength) packet.Refuse(DecodeEvent.SctpPacketTooSmall);
                else HasTransport(ref packet, bytes, SctpHeaderLength, U16(bytes, 0), U16(bytes, 2));
                break;
            case IpProtocol.Esp:
                if (bytes.Length < EspHeaderLength)
                {
                    packet.Refuse(DecodeEvent.EspPacketTooSmall);
                    break;
                }
                HasTransport(ref packet, bytes, EspHeaderLength, 0, 0);
                packet.Spi = U32(bytes, 0);
                break;
        }
    }

    private static void HasTransport(ref DecodedPacket packet, ReadOnlySpan<byte> bytes, int headerLength, ushort source, ushort destination)
    {
        packet.HasTransport = packet.HasFlow = true;
        packet.Transport = bytes;
        packet.TransportHeaderLength = headerLength;
        (packet.SourcePort, packet.DestinationPort) = (source, destination);
    }

    private static void ReadTcp(ref DecodedPacket packet, ReadOnlySpan<byte> bytes)
    {
        packet.Seen |= DecodedLayers.Tcp;
        if (bytes.Length < TcpView.MinHeaderLength)
        {
            packet.Refuse(DecodeEvent.TcpPacketTooSmall);
            return;
        }
        if (!TcpView.TryView(bytes, out var tcp))
        {
            packet.Refuse(bytes[12] >> 4 << 2 > bytes.Length ? DecodeEvent.TcpHlenTooSmall : DecodeEvent.TcpInvalidOptlen);
            return;
        }
        packet.Tcp = tcp;
        HasTransport(ref packet, bytes, tcp.HeaderLength, tcp.SourcePort, tcp.DestinationPort);
        if (tcp.HeaderLength > TcpView.MinHeaderLength) CheckTcpOptions(ref packet, bytes[TcpView.MinHeaderLength..tcp.HeaderLength]);
    }

    private static void CheckTcpOptions(ref DecodedPacket packet, ReadOnlySpan<byte> rest)
    {
        var seen = 0UL;
        for (var count = 0; count < MaxTcpOptions && rest is [var kind, ..] && kind != 0;)
        {
            if (kind == 1)
            {
                rest = rest[1..];
                continue;
            }
            if (rest.Length < 2) return;
            var length = rest[1];
            if (length < 2 || length > rest.Length)
            {
                packet.Note(DecodeEvent.TcpOptInvalidLen);
                return;
            }
            var isRight = kind switch
            {
                2 => length == 4,
                3 => length == 3,
                4 => length == 2,
                5 => length is >= 10 and <= 34 && (length - 2) % 8 == 0,
                8 => length == 10,
                19 => length == 18,     // RFC 2385
                29 => length >= 4,      // RFC 5925
                34 => length == 2 || (length is >= 6 and <= 18 && length % 2 == 0),      // RFC 7413
                253 or 254 => length is 4 or 12,
                _ => true,
            };
            if (!isRight) packet.Note(DecodeEvent.TcpOptInvalidLen);
            else if (kind is 2 or 3 or 4 or 5 or 8 or 34)
            {
                if ((seen >> kind & 1) != 0) packet.Note(DecodeEvent.TcpOptDuplicate);
                seen |= 1UL << kind;
            }
            rest = rest[length..];
            count++;
        }
    }

    private static void ReadUdp(ref DecodedPacket packet, ReadOnlySpan<byte> bytes, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Udp;
        if (bytes.Length < UdpHeaderLength)
        {
            packet.Refuse(DecodeEvent.UdpHlenTooSmall);
            return;
        }
        int length = U16(bytes, 4);
        if (length == 0 && bytes.Length > ushort.MaxValue) length = bytes.Length;      // a merge of many (GRO)
        if (length < UdpHeaderLength)
        {
            packet.Refuse(DecodeEvent.UdpLenInvalid);
            return;
        }
        if (length > bytes.Length)
        {
            packet.Refuse(DecodeEvent.UdpPacketTooSmall);
            return;
        }
        bytes = bytes[..length];        // what follows is padding of the link, not payload
        HasTransport(ref packet, bytes, UdpHeaderLength, U16(bytes, 0), U16(bytes, 2));
        FindTunnel(ref packet, bytes[UdpHeaderLength..], options);
    }

    private static void ReadIcmp(ref DecodedPacket packet, ReadOnlySpan<byte> bytes)
    {
        packet.Seen |= DecodedLayers.Icmpv4;
        if (!IcmpView.TryView(bytes, out var icmp))
        {
            packet.Refuse(DecodeEvent.Icmpv4PacketTooSmall);
            return;
        }
        packet.Icmp = icmp;
        HasTransport(ref packet, bytes, IcmpView.HeaderLength, 0, 0);
        switch (icmp.Type)
        {
            case 3: CheckIcmp(ref packet, icmp, maxCode: 15, quotes: true); break;
            case 4: CheckIcmp(ref packet, icmp, 0, quotes: true); break;
            case 5: CheckIcmp(ref packet, icmp, 3, quotes: true); break;
            case 11: CheckIcmp(ref packet, icmp, 1, quotes: true); break;
            case 12: CheckIcmp(ref packet, icmp, 0, quotes: true); break;
            case 0 or 8 or 13 or 14 or 15 or 16 or 17 or 18: CheckIcmp(ref packet, icmp, 0, quotes: false); break;
            case 9: CheckIcmp(ref packet, icmp, 255, quotes: false); break;
            default: packet.Note(DecodeEvent.Icmpv4UnknownType); break;
        }
    }

    /// <param name="packet">Being read.</param>
    /// <param name="icmp">Its message.</param>
    /// <param name="maxCode">The last code of its type.</param>
    /// <param name="quotes">It carries the beginning of the packet that it is about.</param>
    private static void CheckIcmp(ref DecodedPacket packet, IcmpView icmp, int maxCode, bool quotes)
    {
        if (icmp.Code > maxCode)
        {
            packet.Note(DecodeEvent.Icmpv4UnknownCode);
            return;
        }
        if (!quotes || (icmp.Payload.IsEmpty && icmp.Type != 4)) return;
        if (icmp.Payload.Length < Ipv4HeaderLength) packet.Refuse(DecodeEvent.Icmpv4Ipv4TruncPacket);
        else if (icmp.Payload[0] >> 4 != 4) packet.Refuse(DecodeEvent.Icmpv4Ipv4UnknownVer);
    }

    private static void ReadIcmpv6(ref DecodedPacket packet, ReadOnlySpan<byte> bytes)
    {
        packet.Seen |= DecodedLayers.Icmpv6;
        if (!IcmpView.TryView(bytes, out var icmp))
        {
            packet.Refuse(DecodeEvent.Icmpv6PacketTooSmall);
            return;
        }
        packet.Icmp = icmp;
        HasTransport(ref packet, bytes, IcmpView.HeaderLength, 0, 0);
        if (icmp.Type is >= 130 and <= 132 && packet.Ip.Ttl != 1) packet.Note(DecodeEvent.Icmpv6MldMessageWithInvalidHl);
        if (icmp.Type is 100 or 101 or 200 or 201) packet.Note(DecodeEvent.Icmpv6ExperimentationType);      // RFC 4443 §2.1
        else if (icmp.Type is 0 or 127) packet.Note(DecodeEvent.Icmpv6UnknownType);
        else if (icmp.Type is (> 4 and < 127) or > 159) packet.Note(DecodeEvent.Icmpv6UnassignedType);
        else if (!IsCodeOfIcmpv6(icmp.Type, icmp.Code))
        {
            packet.Note(DecodeEvent.Icmpv6UnknownCode);
            return;
        }
        if (icmp.Type is 0 or > 4) return;
        if (icmp.Payload.Length < Ipv6HeaderLength) packet.Refuse(DecodeEvent.Icmpv6Ipv6TruncPacket);
        else if (icmp.Payload[0] >> 4 != 6) packet.Refuse(DecodeEvent.Icmpv6Ipv6UnknownVersion);
    }

    /// <summary>Codes that IANA's list has for the type.</summary>
    private static bool IsCodeOfIcmpv6(byte type, byte code) => type switch
    {
        1 => code <= 6,
        3 => code <= 1,
        4 or 139 or 140 => code <= 2,
        138 => code is <= 2 or 255,
        >= 150 and <= 153 => true,
        155 => code is <= 3 or (>= 128 and <= 132),
        _ => code == 0,
    };
}
