namespace Demilune.Wire.Decoding;

/// <summary>Headers between link and network that steer a packet: MPLS (RFC 3032), NSH (RFC 8300), ERSPAN's.</summary>
public static partial class PacketDecoder
{
    private const int LabelLength = 4;

    private static void ReadMpls(ref DecodedPacket packet, int offset, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Mpls;
        if (!packet.Descend(options.MaxLayers)) return;
        uint shim;
        do
        {
            if (packet.Bytes.Length - offset < LabelLength)
            {
                packet.Refuse(DecodeEvent.MplsHeaderTooSmall);
                return;
            }
            shim = U32(packet.Bytes, offset);
            offset += LabelLength;
        }
        while ((shim & 0x100) == 0);
        switch (shim >> 12)
        {
            case 0: ReadIpv4(ref packet, offset, options); return;
            case 1: packet.Note(DecodeEvent.MplsBadLabelRouterAlert); return;
            case 2: ReadIpv6(ref packet, offset, options); return;
            case 3: packet.Note(DecodeEvent.MplsBadLabelImplicitNull); return;
            case < 15: packet.Note(DecodeEvent.MplsBadLabelReserved); return;
        }
        if (packet.Bytes.Length - offset < LabelLength)
        {
            packet.Refuse(DecodeEvent.MplsPacketTooSmall);
            return;
        }
        // Nothing says what a label leads to (RFC 4928 §3): the first nibble has to.
        switch (packet.Bytes[offset] >> 4)
        {
            case 4: ReadIpv4(ref packet, offset, options); break;
            case 6: ReadIpv6(ref packet, offset, options); break;
            case 0: ReadEthernet(ref packet, offset + LabelLength, options); break;      // a pseudowire's control word
            default: packet.Refuse(DecodeEvent.MplsUnknownPayloadType); break;
        }
    }

    private static void ReadServiceHeader(ref DecodedPacket packet, int offset, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Nsh;
        var bytes = packet.Bytes[offset..];
        if (bytes.Length < 8)
        {
            packet.Refuse(DecodeEvent.NshHeaderTooSmall);
            return;
        }
        if (!packet.Descend(options.MaxLayers)) return;
        if (bytes[0] >> 6 != 0)
        {
            packet.Note(DecodeEvent.NshUnsupportedVersion);
            return;
        }
        var length = (bytes[1] & 0x3f) * 4;
        var metadata = bytes[2];        // all eight bits, as Suricata reads it
        if (length >= bytes.Length || (metadata == 1 && length != 24))
        {
            packet.Refuse(DecodeEvent.NshBadHeaderLength);
            return;
        }
        if (metadata is 0 or 0xf)
        {
            packet.Note(DecodeEvent.NshReservedType);
            return;
        }
        if (metadata is not (1 or 2))
        {
            packet.Note(DecodeEvent.NshUnsupportedType);
            return;
        }
        switch (bytes[3])
        {
            case 1: ReadIpv4(ref packet, offset + length, options); break;
            case 2: ReadIpv6(ref packet, offset + length, options); break;
            case 3: ReadEthernet(ref packet, offset + length, options); break;
            case 5: ReadMpls(ref packet, offset + length, options); break;
            default: packet.Note(DecodeEvent.NshUnknownPayload); break;
        }
    }

    private static void ReadErspan1(ref DecodedPacket packet, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Erspan;
        if (packet.Descend(options.MaxLayers)) ReadEthernet(ref packet, 0, options);
    }

    private static void ReadErspan2(ref DecodedPacket packet, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Erspan;
        const int length = 8;
        if (packet.Bytes.Length < length)
        {
            packet.Refuse(DecodeEvent.ErspanHeaderTooSmall);
            return;
        }
        if (!packet.Descend(options.MaxLayers)) return;
        var word = U16(packet.Bytes, 0);
        if (word >> 12 != 1)
        {
            packet.Refuse(DecodeEvent.ErspanUnsupportedVersion);
            return;
        }
        if ((word & 0xfff) != 0 && !packet.TryAddVlan(word & 0xfff))
        {
            packet.Refuse(DecodeEvent.ErspanTooManyVlanLayers);
            return;
        }
        ReadEthernet(ref packet, length, options);
    }
}
