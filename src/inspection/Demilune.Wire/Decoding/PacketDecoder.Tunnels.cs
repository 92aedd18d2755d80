using Demilune.Wire.Ethernet;

namespace Demilune.Wire.Decoding;

/// <summary>Packets in packets: GRE (RFC 2784, 2637), and what goes in UDP: Teredo, Geneve, VXLAN.</summary>
public static partial class PacketDecoder
{
    private const int VxlanHeaderLength = 8;
    private const ushort PppInGre = 0x880b;

    /// <param name="packet">Being read.</param>
    /// <param name="kind">What is in it.</param>
    /// <param name="inner">To its end.</param>
    /// <param name="source">As what it was found.</param>
    /// <param name="hasFlow">Suricata tracks the tunnel itself as well.</param>
    private static void OpenTunnel(ref DecodedPacket packet, PacketKind kind, ReadOnlySpan<byte> inner, PacketSource source, bool hasFlow = false)
    {
        packet.Inner = kind;
        packet.InnerBytes = inner;
        packet.InnerSource = source;
        packet.HasFlow |= hasFlow;
    }

    private static void ReadGre(ref DecodedPacket packet, ReadOnlySpan<byte> bytes, TunnelOptions options)
    {
        if (bytes.Length < 4)
        {
            packet.Refuse(DecodeEvent.GrePacketTooSmall);
            return;
        }
        if (!packet.Descend(options.MaxLayers)) return;
        var (flags, rest, type) = (bytes[0], bytes[1], U16(bytes, 2));
        var (hasChecksum, hasRoute, hasKey, hasSequence) = ((flags & 0x80) != 0, (flags & 0x40) != 0, (flags & 0x20) != 0, (flags & 0x10) != 0);
        var length = 4;
        var isEmpty = false;
        switch (rest & 7)
        {
            case 0:
                if ((flags & 7) != 0) packet.Refuse(DecodeEvent.GreVersion0Recur);
                else if ((rest & 0xf8) != 0) packet.Refuse(DecodeEvent.GreVersion0Flags);
                length += (hasKey ? 4 : 0) + (hasSequence ? 4 : 0) + (hasChecksum || hasRoute ? 4 : 0);
                if (packet.IsInvalid) return;
                if (length > bytes.Length) packet.Refuse(DecodeEvent.GreVersion0HeaderTooBig);
                else if (hasRoute && !TrySkipRoutes(bytes, ref length)) packet.Refuse(DecodeEvent.GreVersion0MalformedSreHeader);
                break;
            case 1:
                if (hasChecksum) packet.Refuse(DecodeEvent.GreVersion1Chksum);
                else if (hasRoute) packet.Refuse(DecodeEvent.GreVersion1Route);
                else if ((flags & 8) != 0) packet.Refuse(DecodeEvent.GreVersion1Ssr);
                else if ((flags & 7) != 0) packet.Refuse(DecodeEvent.GreVersion1Recur);
                else if ((rest & 0x78) != 0) packet.Refuse(DecodeEvent.GreVersion1Flags);
                else if (type != PppInGre) packet.Refuse(DecodeEvent.GreVersion1WrongProtocol);
                else if (!hasKey) packet.Refuse(DecodeEvent.GreVersion1NoKey);
                length += 4 + (hasSequence ? 4 : 0) + ((rest & 0x80) != 0 ? 4 : 0);
                if (packet.IsInvalid) return;
                if (length > bytes.Length) packet.Refuse(DecodeEvent.GreVersion1HeaderTooBig);
                else isEmpty = U16(bytes, 4) == 0;      // RFC 2637 §4.1: an acknowledgment without payload
                break;
            default:
                packet.Refuse(DecodeEvent.GreWrongVersion);
                break;
        }
        if (packet.IsInvalid || isEmpty) return;
        var kind = type switch
        {
            EtherType.Ipv4 => PacketKind.Ipv4,
            EtherType.Ipv6 => PacketKind.Ipv6,
            EtherType.Vlan => PacketKind.Vlan,
            EtherType.Erspan => hasSequence ? PacketKind.Erspan2 : PacketKind.Erspan1,
            EtherType.Bridge => PacketKind.Ethernet,
            EtherType.Arp => PacketKind.Arp,
            PppInGre => PacketKind.Ppp,
            _ => PacketKind.None,
        };
        if (kind != PacketKind.None) OpenTunnel(ref packet, kind, bytes[length..], PacketSource.Gre);
    }

    /// <summary>RFC 1701: source routes, each with its length; an empty one of family 0 ends them.</summary>
    private static bool TrySkipRoutes(ReadOnlySpan<byte> bytes, ref int length)
    {
        while (true)
        {
            if (length + 4 > bytes.Length) return false;
            var (family, extent) = (U16(bytes, length), bytes[length + 3]);
            length += 4;
            if (family == 0 && extent == 0) return true;
            length += extent;
            if (length > bytes.Length) return false;
        }
    }

    private static void FindTunnel(ref DecodedPacket packet, ReadOnlySpan<byte> payload, TunnelOptions options)
    {
        var (source, destination) = (packet.SourcePort, packet.DestinationPort);
        if (options.Teredo && (options.TeredoPorts.Count == 0 || Has(options.TeredoPorts, source) || Has(options.TeredoPorts, destination))
            && TryFindTeredo(payload, out var inner))
        {
            packet.Seen |= DecodedLayers.Teredo;
            OpenTunnel(ref packet, PacketKind.Ipv6, inner, PacketSource.Teredo);
        }
        else if (options.Geneve && (Has(options.GenevePorts, source) || Has(options.GenevePorts, destination)) && TryReadGeneve(ref packet, payload, options)) return;
        else if (options.Vxlan && Has(options.VxlanPorts, destination)) ReadVxlan(ref packet, payload, options);
    }

    private static bool Has(IReadOnlyList<ushort> ports, ushort port)
    {
        for (var i = 0; i < ports.Count; i++)
            if (ports[i] == port) return true;
        return false;
    }

    /// <summary>RFC 4380 §5.1.1: perhaps an origin indication, then an IPv6 packet that ends with the datagram. (Authentication carries no tunnel.)</summary>
    private static bool TryFindTeredo(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> inner)
    {
        inner = payload;
        if (inner.Length < Ipv6HeaderLength) return false;
        if (inner[0] == 0)
        {
            if (inner[1] != 0 || inner.Length < 8 + Ipv6HeaderLength) return false;
            inner = inner[8..];
        }
        return inner[0] >> 4 == 6 && inner.Length == Ipv6HeaderLength + U16(inner, 4);
    }

    private static bool TryReadGeneve(ref DecodedPacket packet, ReadOnlySpan<byte> payload, TunnelOptions options)
    {
        if (payload.Length < 8) return false;
        if (!packet.Descend(options.MaxLayers)) return false;
        var length = 8 + (payload[0] & 0x3f) * 4;
        if (length > payload.Length || payload[0] >> 6 != 0 || (payload[1] & 0x3f) != 0 || payload[7] != 0) return false;
        var rest = payload[8..length];
        while (rest.Length >= 4)
        {
            var extent = 4 + (rest[3] & 0x1f) * 4;
            if (extent > rest.Length) return false;
            rest = rest[extent..];
        }
        packet.Seen |= DecodedLayers.Geneve;
        var kind = U16(payload, 2) switch
        {
            EtherType.Ipv4 => PacketKind.Ipv4,
            EtherType.Ipv6 => PacketKind.Ipv6,
            EtherType.Bridge => PacketKind.Ethernet,
            EtherType.Arp => PacketKind.Arp,
            _ => PacketKind.None,
        };
        if (kind == PacketKind.None) packet.Refuse(DecodeEvent.GeneveUnknownPayloadType);
        else if (kind != PacketKind.Arp) OpenTunnel(ref packet, kind, payload[length..], PacketSource.Geneve);
        return true;
    }

    private static void ReadVxlan(ref DecodedPacket packet, ReadOnlySpan<byte> payload, TunnelOptions options)
    {
        if (payload.Length < VxlanHeaderLength + EthernetHeaderLength) return;
        packet.Seen |= DecodedLayers.Vxlan;     // whatever its flags say: receivers differ in what they ignore (RFC 7348 §5)
        if (!packet.Descend(options.MaxLayers)) return;
        var frame = payload[VxlanHeaderLength..];
        var kind = U16(frame, 12) switch
        {
            EtherType.Ipv4 => PacketKind.Ipv4,
            EtherType.Ipv6 => PacketKind.Ipv6,
            EtherType.Vlan or EtherType.ServiceVlan or EtherType.OldServiceVlan => PacketKind.Vlan,
            EtherType.Arp => PacketKind.Arp,
            _ => PacketKind.None,
        };
        if (kind == PacketKind.None) packet.Refuse(DecodeEvent.VxlanUnknownPayloadType);
        else if (kind != PacketKind.Arp) OpenTunnel(ref packet, kind, frame[EthernetHeaderLength..], PacketSource.Vxlan);
    }
}
