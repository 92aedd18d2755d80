using System.Buffers.Binary;

namespace Demilune.Wire.Decoding;

/// <summary>Links that are not Ethernet.</summary>
public static partial class PacketDecoder
{
    private const ushort PppIp = 0x21, PppIpv6 = 0x57, PppVanJacobson = 0x2f;
    private const int PppoeHeaderLength = 6;

    private static void ReadRaw(ref DecodedPacket packet, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Raw;
        if (packet.Bytes.Length < Ipv4HeaderLength)
        {
            packet.Refuse(DecodeEvent.Ipv4PacketTooSmall);
            return;
        }
        if (!packet.Descend(options.MaxLayers)) return;
        switch (packet.Bytes[0] >> 4)
        {
            case 4: ReadIpv4(ref packet, 0, options); break;
            case 6: ReadIpv6(ref packet, 0, options); break;
            default: packet.Note(DecodeEvent.IprawInvalidIpVersion); break;
        }
    }

    /// <param name="packet">Being read.</param>
    /// <param name="headerLength">Of this kind of header.</param>
    /// <param name="typeOffset">Where the EtherType is in it.</param>
    /// <param name="options">What may be a tunnel.</param>
    private static void ReadCooked(ref DecodedPacket packet, int headerLength, int typeOffset, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Sll;
        if (packet.Bytes.Length < headerLength)
        {
            packet.Refuse(DecodeEvent.SllPacketTooSmall);
            return;
        }
        if (packet.Descend(options.MaxLayers)) ReadNetwork(ref packet, U16(packet.Bytes, typeOffset), headerLength, options);
    }

    private static void ReadLoopback(ref DecodedPacket packet, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Null;
        if (packet.Bytes.Length < 4)
        {
            packet.Refuse(DecodeEvent.LtnullPacketTooSmall);
            return;
        }
        if (!packet.Descend(options.MaxLayers)) return;
        // The family is in the byte order of the machine that captured: small either way round.
        var family = BinaryPrimitives.ReadUInt32LittleEndian(packet.Bytes);
        if (family > 0xffff) family = BinaryPrimitives.ReverseEndianness(family);
        switch (family)
        {
            case 2: ReadIpv4(ref packet, 4, options); break;
            case 10 or 23 or 24 or 26 or 28 or 30: ReadIpv6(ref packet, 4, options); break;     // AF_INET6 of Linux, Windows, the BSDs, Solaris, Darwin
            default: packet.Note(DecodeEvent.LtnullUnsupportedType); break;
        }
    }

    private static void ReadCiscoHdlc(ref DecodedPacket packet, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Chdlc;
        if (packet.Bytes.Length < 4)
        {
            packet.Refuse(DecodeEvent.ChdlcPacketTooSmall);
            return;
        }
        if (packet.Descend(options.MaxLayers)) ReadNetwork(ref packet, U16(packet.Bytes, 2), 4, options);
    }

    /// <summary>RFC 1661 §2: address and control may be left out, and so may the first byte of a protocol below 256 (an odd last byte ends it).</summary>
    private static void ReadPpp(ref DecodedPacket packet, int offset, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Ppp;
        var bytes = packet.Bytes[offset..];
        if (bytes.Length < 2)
        {
            packet.Refuse(DecodeEvent.PppPacketTooSmall);
            return;
        }
        if (!packet.Descend(options.MaxLayers)) return;
        var header = bytes is [0xff, 0x03, ..] ? 2 : 0;
        if (bytes.Length > header && (bytes[header] & 1) != 0)
        {
            ReadPppPayload(ref packet, bytes[header], offset + header + 1, options, isShort: true);
            return;
        }
        if (bytes.Length < header + 2) packet.Refuse(DecodeEvent.PppPacketTooSmall);
        else ReadPppPayload(ref packet, U16(bytes, header), offset + header + 2, options);
    }

    private static void ReadPppPayload(ref DecodedPacket packet, ushort protocol, int offset, TunnelOptions options, bool isShort = false)
    {
        var length = packet.Bytes.Length - offset;
        switch (protocol)
        {
            case PppIp:
                if (length < Ipv4HeaderLength) packet.Refuse(DecodeEvent.PppIp4PacketTooSmall);
                else ReadIpv4(ref packet, offset, options);
                break;
            case PppIpv6:
                if (length < Ipv6HeaderLength) packet.Refuse(DecodeEvent.PppIp6PacketTooSmall);
                else ReadIpv6(ref packet, offset, options);
                break;
            case PppVanJacobson:
                if (length < Ipv4HeaderLength) packet.Refuse(DecodeEvent.PppVjuPacketTooSmall);
                else if (packet.Bytes[offset] >> 4 == 4) ReadIpv4(ref packet, offset, options);
                break;
            default:
                if (isShort || IsKnownToPpp(protocol)) packet.Note(DecodeEvent.PppUnsupProto);
                else packet.Refuse(DecodeEvent.PppWrongType);
                break;
        }
    }

    /// <summary>Assigned, and without IP in it.</summary>
    private static bool IsKnownToPpp(ushort protocol) => protocol is 0x23 or 0x25 or 0x27 or 0x29 or 0x2b or 0x2d or 0x31 or 0x33 or 0x35 or 0xfd
        || protocol is 0x0201 or 0x0231 or 0x0233 or 0x0281 or 0x0283 or 0x8021 or 0x8023 or 0x8025 or 0x8027 or 0x8029 or 0x802b or 0x8033 or 0x8035
            or 0x8057 or 0x80fd or 0x8281 or 0xc021 or 0xc023 or 0xc025 or 0xc029 or 0xc223;

    private static void ReadPppoeSession(ref DecodedPacket packet, int offset, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Pppoe;
        var bytes = packet.Bytes[offset..];
        if (bytes.Length < PppoeHeaderLength + 1)
        {
            packet.Refuse(DecodeEvent.PppoePacketTooSmall);
            return;
        }
        if (!packet.Descend(options.MaxLayers) || U16(bytes, 4) == 0) return;
        if ((bytes[PppoeHeaderLength] & 1) != 0) ReadPppPayload(ref packet, bytes[PppoeHeaderLength], offset + PppoeHeaderLength + 1, options);
        else if (bytes.Length < PppoeHeaderLength + 2) packet.Refuse(DecodeEvent.PppoePacketTooSmall);
        else ReadPppPayload(ref packet, U16(bytes, PppoeHeaderLength), offset + PppoeHeaderLength + 2, options);
    }

    private static void ReadPppoeDiscovery(ref DecodedPacket packet, int offset, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Pppoe;
        var bytes = packet.Bytes[offset..];
        if (bytes.Length < PppoeHeaderLength) packet.Refuse(DecodeEvent.PppoePacketTooSmall);
        else if (!packet.Descend(options.MaxLayers)) return;
        else if (bytes[1] is not (0x09 or 0x07 or 0x19 or 0x65 or 0xa7)) packet.Refuse(DecodeEvent.PppoeWrongCode);
        else if (U16(bytes, 4) > bytes.Length - PppoeHeaderLength) packet.Refuse(DecodeEvent.PppoeMalformedTags);
    }
}
