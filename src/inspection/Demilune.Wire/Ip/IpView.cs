using System.Buffers.Binary;
using Demilune.Wire.Ethernet;

namespace Demilune.Wire.Ip;

/// <summary>An IP packet of either version, seen in place: the fixed header, and where what it carries begins and ends.</summary>
/// <remarks>Bytes past the packet's own length are padding of the link, not payload. A length of zero in a frame of more than 64 KB is BIG TCP: the frame says how long.</remarks>
public readonly ref struct IpView
{
    private const int V4HeaderLength = 20;
    private const int V6HeaderLength = 40;

    /// <summary>Extension headers of one packet. Linux' own limit of options is 8 per header; nobody honest chains as many headers.</summary>
    private const int MaxExtensionHeaders = 8;

    private IpView(ReadOnlySpan<byte> packet) => Packet = packet;

    /// <summary>Header and payload.</summary>
    public ReadOnlySpan<byte> Packet { get; }

    /// <summary>Bytes of the header with its options, or with its extension headers.</summary>
    public int HeaderLength { get; private init; }
    public IpAddress Source { get; private init; }
    public IpAddress Destination { get; private init; }

    /// <summary>What <see cref="Payload"/> is; for IPv6 the last in the chain.</summary>
    public byte Protocol { get; private init; }

    /// <summary>Time to live, or hop limit.</summary>
    public byte Ttl { get; private init; }

    /// <summary>Type of service, or traffic class.</summary>
    public byte Tos { get; private init; }

    /// <summary>Of the datagram that fragments belong to.</summary>
    public uint Id { get; private init; }

    /// <summary>In bytes.</summary>
    public int FragmentOffset { get; private init; }
    public bool MoreFragments { get; private init; }

    /// <summary>RFC 791: the top three bits of the fragment word.</summary>
    public byte FragmentBits { get; private init; }
    public bool IsV6 { get; private init; }
    public bool IsFragment => FragmentOffset != 0 || MoreFragments;
    public ReadOnlySpan<byte> Payload => Packet[HeaderLength..];

    /// <param name="type">The EtherType.</param>
    /// <param name="bytes">From the first byte of the IP header to the end of the frame.</param>
    public static bool TryView(ushort type, ReadOnlySpan<byte> bytes, out IpView view)
    {
        view = default;
        return type switch
        {
            EtherType.Ipv4 => TryViewV4(bytes, out view),
            EtherType.Ipv6 => TryViewV6(bytes, out view),
            _ => false,
        };
    }

    private static bool TryViewV4(ReadOnlySpan<byte> bytes, out IpView view)
    {
        view = default;
        if (bytes.Length < V4HeaderLength || bytes[0] >> 4 != 4) return false;
        var headerLength = (bytes[0] & 0xf) * 4;
        int total = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (total == 0 && bytes.Length > ushort.MaxValue) total = bytes.Length;
        if (headerLength < V4HeaderLength || total < headerLength || total > bytes.Length) return false;
        var fragment = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
        view = new(bytes[..total])
        {
            HeaderLength = headerLength,
            Source = IpAddress.FromV4(bytes[12..16]),
            Destination = IpAddress.FromV4(bytes[16..20]),
            Protocol = bytes[9],
            Ttl = bytes[8],
            Tos = bytes[1],
            Id = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]),
            FragmentBits = (byte)(fragment >> 13),
            FragmentOffset = (fragment & 0x1fff) * 8,
            MoreFragments = (fragment & 0x2000) != 0,
        };
        return true;
    }

    private static bool TryViewV6(ReadOnlySpan<byte> bytes, out IpView view)
    {
        view = default;
        if (bytes.Length < V6HeaderLength || bytes[0] >> 4 != 6) return false;
        var length = V6HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (length == V6HeaderLength && bytes.Length > ushort.MaxValue) length = bytes.Length;
        if (length > bytes.Length) return false;
        var packet = bytes[..length];
        var (offset, next) = (V6HeaderLength, bytes[6]);
        var (fragmentOffset, more, id) = (0, false, 0u);
        for (var headers = 0; IsExtension(next); headers++)
        {
            if (headers == MaxExtensionHeaders || packet.Length < offset + 8) return false;
            var header = packet[offset..];
            if (next == IpProtocol.Fragment)
            {
                var word = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
                (fragmentOffset, more, id) = (word & 0xfff8, (word & 1) != 0, BinaryPrimitives.ReadUInt32BigEndian(header[4..]));
                next = header[0];
                offset += 8;
                break;      // what follows belongs to the datagram, and is only there whole when it is reassembled
            }
            var extent = next == IpProtocol.Authentication ? (header[1] + 2) * 4 : (header[1] + 1) * 8;
            if (extent > header.Length) return false;
            next = header[0];
            offset += extent;
        }
        // Without fragments the chain ends in a transport; a fragment's own chain is walked again after reassembly.
        view = new(packet)
        {
            HeaderLength = offset,
            Source = IpAddress.FromV6(bytes[8..24]),
            Destination = IpAddress.FromV6(bytes[24..40]),
            Protocol = next,
            Ttl = bytes[7],
            Tos = (byte)(BinaryPrimitives.ReadUInt16BigEndian(bytes) >> 4),
            Id = id,
            FragmentOffset = fragmentOffset,
            MoreFragments = more,
            IsV6 = true,
        };
        return true;
    }

    /// <summary>Walks the extension headers that came inside the fragments of an IPv6 datagram.</summary>
    /// <returns>False if they are too many, cut, or hold a fragment header again.</returns>
    public static bool TrySkipExtensions(ref byte protocol, ref ReadOnlySpan<byte> payload)
    {
        for (var headers = 0; IsExtension(protocol); headers++)
        {
            if (headers == MaxExtensionHeaders || payload.Length < 8 || protocol == IpProtocol.Fragment) return false;
            var extent = protocol == IpProtocol.Authentication ? (payload[1] + 2) * 4 : (payload[1] + 1) * 8;
            if (extent > payload.Length) return false;
            protocol = payload[0];
            payload = payload[extent..];
        }
        return true;
    }

    private static bool IsExtension(byte protocol) => protocol is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.Fragment
        or IpProtocol.DestinationOptions or IpProtocol.Authentication or IpProtocol.Mobility or IpProtocol.HostIdentity or IpProtocol.Shim6;
}
