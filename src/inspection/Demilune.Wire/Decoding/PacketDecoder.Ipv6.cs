using Demilune.Wire.Ip;

namespace Demilune.Wire.Decoding;

/// <summary>IPv6 (RFC 8200) and its chain of extension headers.</summary>
public static partial class PacketDecoder
{
    private const int Ipv6HeaderLength = 40;

    /// <summary>Extension headers of which there may be one only, but for destination options, of which there may be two (RFC 8200 §4.1).</summary>
    private struct SeenExtensions
    {
        public bool HopByHop, Routing, Authentication, Fragment;
        public int Destination;
    }

    private static void ReadIpv6(ref DecodedPacket packet, int offset, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Ipv6;
        if (!packet.Descend(options.MaxLayers)) return;
        var bytes = packet.Bytes[offset..];
        if (bytes.Length < Ipv6HeaderLength)
        {
            packet.Refuse();     // Suricata has an event for it and does not raise it
            return;
        }
        if (bytes[0] >> 4 != 6)
        {
            packet.Refuse(DecodeEvent.Ipv6WrongIpVersion);
            return;
        }
        var length = Ipv6HeaderLength + U16(bytes, 4);
        if (length == Ipv6HeaderLength && bytes.Length > ushort.MaxValue) length = bytes.Length;     // BIG TCP
        if (length > bytes.Length)
        {
            packet.Refuse(DecodeEvent.Ipv6TruncPacket);
            return;
        }
        var ip = IpView.OfV6(bytes[..length]);
        (packet.HasIp, packet.IpOffset) = (true, offset);
        var isWhole = WalkExtensions(ref packet, ref ip);
        packet.Ip = ip;
        packet.Transport = ip.Payload;
        packet.IsFragment = ip.IsFragment;
        if (!ip.IsFragment && isWhole) ReadBehindIpv6(ref packet, ip.Protocol, ip.Payload, options);
    }

    private static void ReadBehindIpv6(ref DecodedPacket packet, byte next, ReadOnlySpan<byte> payload, TunnelOptions options)
    {
        // What is not told of either is a protocol of nobody's: its number stays that of the header before.
        if (next is not (IpProtocol.NoNext or IpProtocol.Icmp)) packet.Protocol = next;
        switch (next)
        {
            case IpProtocol.NoNext: break;
            case IpProtocol.Ipv4:
                if (payload.Length < Ipv4HeaderLength) packet.Refuse(DecodeEvent.Ipv6Ipv4InIpv6TooSmall);
                else if (payload[0] >> 4 != 4) packet.Refuse(DecodeEvent.Ipv6Ipv4InIpv6WrongVersion);
                else OpenIn6(ref packet, PacketKind.Ipv4, payload, DecodedLayers.Ipv4InIpv6);
                break;
            case IpProtocol.Ipv6:
                if (payload.Length < Ipv6HeaderLength) packet.Refuse(DecodeEvent.Ipv6Ipv6InIpv6TooSmall);
                else if (payload[0] >> 4 != 6) packet.Refuse(DecodeEvent.Ipv6Ipv6InIpv6WrongVersion);
                else OpenIn6(ref packet, PacketKind.Ipv6, payload, DecodedLayers.Ipv6InIpv6);
                break;
            case IpProtocol.Icmp: packet.Note(DecodeEvent.Ipv6Icmpv4); return;
            case IpProtocol.Icmpv6: ReadIcmpv6(ref packet, payload); break;
            case IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.Gre or IpProtocol.Esp: ReadTransport(ref packet, next, payload, options); break;
            default: packet.Note(DecodeEvent.Ipv6UnknownNextHeader); break;
        }
    }

    private static void OpenIn6(ref DecodedPacket packet, PacketKind kind, ReadOnlySpan<byte> payload, DecodedLayers layer)
    {
        packet.Seen |= layer;
        OpenTunnel(ref packet, kind, payload, PacketSource.Ipv6Tunnel);
    }

    /// <summary>Goes to the end of the chain, or to the fragment header behind which nothing can be read yet.</summary>
    /// <returns>False if it is cut.</returns>
    private static bool WalkExtensions(ref DecodedPacket packet, ref IpView ip)
    {
        var seen = new SeenExtensions();
        var next = ip.Protocol;
        var rest = ip.Packet[Ipv6HeaderLength..];
        var (isFirst, isWhole) = (true, true);
        while (true)
        {
            if (next == IpProtocol.NoNext)
            {
                if (!rest.IsEmpty) packet.Note(DecodeEvent.Ipv6DataAfterNoneHeader);
                break;
            }
            var isExtension = IpView.IsExtension(next);
            if ((isExtension || !isFirst) && rest.Length < 2)
            {
                packet.Refuse(DecodeEvent.Ipv6TruncExtension);
                isWhole = false;
                break;
            }
            if (!isExtension) break;
            packet.Protocol = next;
            var extent = next switch
            {
                IpProtocol.Fragment => 8,
                IpProtocol.Authentication => 12 + Math.Max(0, rest[1] - 1) * 4,
                _ => (rest[1] + 1) * 8,
            };
            if (extent > rest.Length)
            {
                packet.Refuse(DecodeEvent.Ipv6TruncExtension);
                isWhole = false;
                break;
            }
            var header = rest[..extent];
            if (next == IpProtocol.Fragment)
            {
                if (header[1] != 0) packet.Note(DecodeEvent.Ipv6FhNonZeroReservedField);
                if (seen.Fragment) packet.Note(DecodeEvent.Ipv6ExtensionDuplFh);
                else
                {
                    seen.Fragment = true;
                    ip = ip.WithFragment(header, ip.Packet.Length - rest.Length);
                    if (ip.IsFragment)
                    {
                        if (ip.MoreFragments && rest.Length % 8 != 0) packet.Note(DecodeEvent.Ipv6FragInvalidLength);
                        ip = ip.At(header[0], ip.Packet.Length - rest.Length + extent);
                        return true;
                    }
                    packet.Note(DecodeEvent.Ipv6ExtensionUselessFh);
                }
            }
            else
            {
                Check(ref packet, ref seen, next, header);
            }
            next = header[0];
            rest = rest[extent..];
            isFirst = false;
        }
        ip = ip.At(next, ip.Packet.Length - rest.Length);
        return isWhole;
    }

    private static void Check(ref DecodedPacket packet, ref SeenExtensions seen, byte type, ReadOnlySpan<byte> header)
    {
        switch (type)
        {
            case IpProtocol.HopByHop:
                if (seen.HopByHop) packet.Note(DecodeEvent.Ipv6ExtensionDuplHh);
                else CheckOptions(ref packet, header[2..], DecodeEvent.Ipv6HopoptsUnknownOpt, DecodeEvent.Ipv6HopoptsOnlyPadding);
                seen.HopByHop = true;
                break;
            case IpProtocol.DestinationOptions:
                if (seen.Destination == 2) packet.Note(DecodeEvent.Ipv6ExtensionDuplDh);
                else CheckOptions(ref packet, header[2..], DecodeEvent.Ipv6DstoptsUnknownOpt, DecodeEvent.Ipv6DstoptsOnlyPadding);
                seen.Destination = Math.Min(2, seen.Destination + 1);
                break;
            case IpProtocol.Routing:
                if (seen.Routing) packet.Note(DecodeEvent.Ipv6ExtensionDuplRh);
                else if (header[2] == 0) packet.Note(DecodeEvent.Ipv6RhType0);
                seen.Routing = true;
                break;
            case IpProtocol.Authentication:
                if (header[2] != 0 || header[3] != 0) packet.Note(DecodeEvent.Ipv6ExtensionAhResNotNull);
                if (seen.Authentication) packet.Note(DecodeEvent.Ipv6ExtensionDuplAh);
                seen.Authentication = true;
                break;
        }
    }

    private static void CheckOptions(ref DecodedPacket packet, ReadOnlySpan<byte> rest, DecodeEvent unknown, DecodeEvent onlyPadding)
    {
        var (hasPadding, hasOther) = (false, false);
        while (rest is [var type, ..])
        {
            if (type == 0)
            {
                hasPadding = true;
                rest = rest[1..];
                continue;
            }
            // Suricata lets an option reach one byte past the header; so it does here, and ends it there.
            if (rest.Length < 2 || rest[1] + 1 > rest.Length)
            {
                packet.Refuse(DecodeEvent.Ipv6ExtensionInvalidOptlen);
                break;
            }
            var length = rest[1];
            if (type == 1)
            {
                hasPadding = true;
                if (length == 0) packet.Note(DecodeEvent.Ipv6ZeroLenPadn);
            }
            else
            {
                var least = type switch { 0x05 => 2, 0xc2 => 4, 0xc9 => 16, _ => 0 };     // router alert, jumbo payload, home address
                if (length < least)
                {
                    packet.Refuse(DecodeEvent.Ipv6ExtensionInvalidOptlen);
                    break;
                }
                if (least == 0) packet.Note(unknown);
                hasOther |= type != 0xc2;
            }
            rest = rest[Math.Min(rest.Length, length + 2)..];
        }
        if (hasPadding && !hasOther) packet.Note(onlyPadding);
    }
}
