using Demilune.Wire.Ip;

namespace Demilune.Wire.Decoding;

/// <summary>IPv4 (RFC 791) and its options.</summary>
public static partial class PacketDecoder
{
    private const int Ipv4HeaderLength = 20;

    private static void ReadIpv4(ref DecodedPacket packet, int offset, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Ipv4;
        if (!packet.Descend(options.MaxLayers)) return;
        var bytes = packet.Bytes[offset..];
        if (!IpView.TryViewV4(bytes, out var ip))
        {
            packet.Refuse(WhatIsWrongWithIpv4(bytes));
            return;
        }
        packet.Ip = ip;
        packet.Transport = ip.Payload;
        if (ip.HeaderLength > Ipv4HeaderLength && !TryReadIpv4Options(ref packet, ip.Packet[Ipv4HeaderLength..ip.HeaderLength])) return;
        (packet.HasIp, packet.IpOffset, packet.Protocol) = (true, offset, ip.Protocol);
        packet.IsFragment = ip.IsFragment;
        if (ip.IsFragment) return;
        switch (ip.Protocol)
        {
            case IpProtocol.Ipv4: OpenTunnel(ref packet, PacketKind.Ipv4, ip.Payload, PacketSource.Ipv4Tunnel); break;
            case IpProtocol.Ipv6: OpenTunnel(ref packet, PacketKind.Ipv6, ip.Payload, PacketSource.Ipv4Tunnel, hasFlow: true); break;
            case IpProtocol.Icmpv6: packet.Refuse(DecodeEvent.Ipv4Icmpv6); break;
            case IpProtocol.Icmp: ReadIcmp(ref packet, ip.Payload); break;
            default: ReadTransport(ref packet, ip.Protocol, ip.Payload, options); break;
        }
    }

    private static DecodeEvent WhatIsWrongWithIpv4(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Ipv4HeaderLength) return DecodeEvent.Ipv4PacketTooSmall;
        if (bytes[0] >> 4 != 4) return DecodeEvent.Ipv4WrongIpVersion;
        var headerLength = (bytes[0] & 0xf) * 4;
        if (headerLength < Ipv4HeaderLength) return DecodeEvent.Ipv4HlenTooSmall;
        return U16(bytes, 2) < headerLength ? DecodeEvent.Ipv4IplenSmallerThanHlen : DecodeEvent.Ipv4TruncPacket;
    }

    /// <returns>False if an option ends outside the header: nobody can say what the rest is.</returns>
    private static bool TryReadIpv4Options(ref DecodedPacket packet, ReadOnlySpan<byte> rest)
    {
        if (rest.Length % 8 != 0) packet.Note(DecodeEvent.Ipv4OptPadRequired);
        while (rest is [var type, ..])
        {
            if (type == 0)
            {
                packet.IpOptions |= IpOptions.EndOfList;
                return true;
            }
            if (type == 1)
            {
                packet.IpOptions |= IpOptions.NoOperation;
                rest = rest[1..];
                continue;
            }
            if (rest.Length < 2)
            {
                packet.Note(DecodeEvent.Ipv4OptEolRequired);
                return true;
            }
            if (rest[1] < 2 || rest[1] > rest.Length)
            {
                packet.Refuse(DecodeEvent.Ipv4OptInvalidLen);
                return false;
            }
            var body = rest[2..rest[1]];
            var option = OptionOf(type);
            if (option == IpOptions.None) packet.Note(DecodeEvent.Ipv4OptInvalid);
            else if ((packet.IpOptions & option) != 0) packet.Note(DecodeEvent.Ipv4OptDuplicate);
            else if (WhatIsWrongWith(option, body, rest.Length > 2) is { } wrong)
            {
                packet.Refuse(wrong);
                return true;
            }
            else packet.IpOptions |= option;
            rest = rest[rest[1]..];
        }
        return true;
    }

    private static IpOptions OptionOf(byte type) => type switch
    {
        7 => IpOptions.RecordRoute,
        25 => IpOptions.QuickStart,
        68 => IpOptions.Timestamp,
        130 => IpOptions.Security,
        131 => IpOptions.LooseSourceRoute,
        133 => IpOptions.ExtendedSecurity,
        134 => IpOptions.Cipso,
        136 => IpOptions.StreamId,
        137 => IpOptions.StrictSourceRoute,
        148 => IpOptions.RouterAlert,
        _ => IpOptions.None,
    };

    /// <param name="option">Which.</param>
    /// <param name="body">Behind its type and length.</param>
    /// <param name="hasData">Something follows the length at all, be it another option's.</param>
    private static DecodeEvent? WhatIsWrongWith(IpOptions option, ReadOnlySpan<byte> body, bool hasData)
    {
        var length = body.Length + 2;
        switch (option)
        {
            case IpOptions.RecordRoute or IpOptions.LooseSourceRoute or IpOptions.StrictSourceRoute:
                if (length < 3) return DecodeEvent.Ipv4OptInvalidLen;
                // RFC 791: counts from 1, points behind itself, moves by whole addresses.
                return !hasData || body[0] < 4 || body[0] % 4 != 0 || body[0] > length + 1 ? DecodeEvent.Ipv4OptMalformed : null;
            case IpOptions.Timestamp:
                if (length < 5) return DecodeEvent.Ipv4OptInvalidLen;
                // RFC 781 (flags) and RFC 791: with flag 1 or 3 each record has an address before its time. Suricata takes the octet behind for the flags.
                if (body[0] < 5) return DecodeEvent.Ipv4OptMalformed;
                var flag = body.Length > 3 ? body[3] : 0;
                var record = flag is 1 or 3 ? 8 : 4;
                return (body[0] - 5) % record != 0 || body[0] > length + 1 ? DecodeEvent.Ipv4OptMalformed : null;
            case IpOptions.QuickStart: return length < 8 ? DecodeEvent.Ipv4OptInvalidLen : null;
            case IpOptions.Security or IpOptions.ExtendedSecurity:
                return length < 3 ? DecodeEvent.Ipv4OptInvalidLen : null;
            case IpOptions.StreamId or IpOptions.RouterAlert: return length != 4 ? DecodeEvent.Ipv4OptInvalidLen : null;
            case IpOptions.Cipso: return length < 10 ? DecodeEvent.Ipv4OptInvalidLen : AreCipsoTagsGood(body[4..]) ? null : DecodeEvent.Ipv4OptMalformed;
            default: return null;
        }
    }

    /// <summary>FIPS 188 §3.4: tags of type, length, and (but for type 7) an octet of alignment that is zero.</summary>
    private static bool AreCipsoTagsGood(ReadOnlySpan<byte> tags)
    {
        while (!tags.IsEmpty)
        {
            if (tags.Length < 4) return false;
            var (type, length) = (tags[0], tags[1]);
            if (type is not (1 or 2 or 5 or 6 or 7) || length < 4 || length > tags.Length || (type != 7 && tags[2] != 0)) return false;
            tags = tags[length..];
        }
        return true;
    }
}
