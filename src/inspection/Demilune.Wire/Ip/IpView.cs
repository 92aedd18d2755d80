using System.Buffers.Binary;

namespace Demilune.Wire.Ip;

/// <summary>An IP packet of either version, seen in place: the fixed header, and where what it carries begins and ends.</summary>
/// <remarks>Bytes past the packet's own length are padding of the link, not payload. A length of zero in a frame of more than 64 KB is BIG TCP: the frame says how long.</remarks>
public readonly ref struct IpView
{
    private const int V4HeaderLength = 20;
    private const int V6HeaderLength = 40;

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

    /// <summary>IPv6: where the fragment header begins in <see cref="Packet"/>; 0 without one.</summary>
    public int FragmentHeaderOffset { get; private init; }

    /// <param name="bytes">From the first byte of the IPv4 header to the end of the frame.</param>
    /// <param name="view">The packet without what follows it.</param>
    public static bool TryViewV4(ReadOnlySpan<byte> bytes, out IpView view)
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

    /// <summary>IPv6's fixed header; <see cref="At"/> and <see cref="WithFragment"/> add what its extension headers say.</summary>
    /// <param name="packet">As long as it says it is.</param>
    internal static IpView OfV6(ReadOnlySpan<byte> packet) => new(packet)
    {
        HeaderLength = V6HeaderLength,
        Source = IpAddress.FromV6(packet[8..24]),
        Destination = IpAddress.FromV6(packet[24..40]),
        Protocol = packet[6],
        Ttl = packet[7],
        Tos = (byte)(BinaryPrimitives.ReadUInt16BigEndian(packet) >> 4),
        IsV6 = true,
    };

    /// <summary>The same packet, when its chain of headers has been followed to <paramref name="offset"/>.</summary>
    internal IpView At(byte protocol, int offset) => this with { Protocol = protocol, HeaderLength = offset };

    /// <summary>The same packet with what its fragment header says (RFC 8200 §4.5).</summary>
    /// <param name="header">Eight bytes.</param>
    /// <param name="offset">Where it begins in <see cref="Packet"/>.</param>
    internal IpView WithFragment(ReadOnlySpan<byte> header, int offset)
    {
        var word = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
        return this with
        {
            FragmentHeaderOffset = offset,
            FragmentOffset = word & 0xfff8,
            MoreFragments = (word & 1) != 0,
            FragmentBits = (byte)(word & 1),
            Id = BinaryPrimitives.ReadUInt32BigEndian(header[4..]),
        };
    }

    /// <summary>Makes <paramref name="protocol"/> what follows a chain of IPv6 headers that ends with the span.</summary>
    public static void SetNextHeader(Span<byte> headers, byte protocol)
    {
        var (pointer, offset) = (6, V6HeaderLength);
        while (offset + 1 < headers.Length)
        {
            var extent = headers[pointer] == IpProtocol.Authentication ? 12 + Math.Max(0, headers[offset + 1] - 1) * 4 : (headers[offset + 1] + 1) * 8;
            pointer = offset;
            offset += extent;
        }
        headers[pointer] = protocol;
    }

    /// <summary>Whether another header follows this one that is not yet a transport.</summary>
    internal static bool IsExtension(byte protocol) => protocol is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.Fragment
        or IpProtocol.DestinationOptions or IpProtocol.Authentication or IpProtocol.Mobility or IpProtocol.HostIdentity or IpProtocol.Shim6;
}
