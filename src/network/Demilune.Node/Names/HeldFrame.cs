using System.Buffers.Binary;

namespace Demilune.Node.Names;

/// <summary>A frame that the splice holds for us (bpf/frames.h), seen in place: whose it is, and what of the transport is in it.</summary>
internal readonly ref struct HeldFrame
{
    public const byte Tcp = 6, Udp = 17;

    private const ushort AddressPrefix = 0x02d2, Ipv4 = 0x0800, Ipv6 = 0x86dd;
    private const int EthernetLength = 14, Ipv4Length = 20, Ipv6Length = 40, FragmentLength = 8;
    private const byte FragmentHeader = 44;

    /// <summary>Host side of the pod's interface.</summary>
    public int Pod { get; private init; }

    public bool IsIpv6 { get; private init; }
    public byte Protocol { get; private init; }

    /// <summary>In bytes of the datagram's data; 0 also where nothing is fragmented.</summary>
    public int FragmentOffset { get; private init; }
    public bool IsFragment { get; private init; }

    /// <summary>Of both, one after the other: with the ports, what a connection is known by.</summary>
    public ReadOnlySpan<byte> Addresses { get; private init; }

    /// <summary>From the transport header on, without Ethernet's padding.</summary>
    public ReadOnlySpan<byte> Transport { get; private init; }

    /// <summary>False: nothing that we look into; whoever gets it may judge.</summary>
    public static bool TryView(ReadOnlySpan<byte> frame, out HeldFrame view)
    {
        view = default;
        if (frame.Length < EthernetLength || BinaryPrimitives.ReadUInt16BigEndian(frame) != AddressPrefix) return false;
        var pod = BinaryPrimitives.ReadInt32BigEndian(frame[2..]);
        var packet = frame[EthernetLength..];
        switch (BinaryPrimitives.ReadUInt16BigEndian(frame[12..]))
        {
            case Ipv4 when packet.Length >= Ipv4Length && packet[0] == 0x45:     // the splice lets no options through
                int length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]), fragment = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x3fff;
                if (length < Ipv4Length || length > packet.Length) return false;
                view = new()
                {
                    Pod = pod, Protocol = packet[9], Addresses = packet[12..20], Transport = packet[Ipv4Length..length],
                    IsFragment = fragment != 0, FragmentOffset = (fragment & 0x1fff) * 8,
                };
                return true;
            case Ipv6 when packet.Length >= Ipv6Length:
                var payload = packet[Ipv6Length..];
                int rest = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
                if (rest > payload.Length) return false;
                payload = payload[..rest];
                var isFragment = packet[6] == FragmentHeader && payload.Length >= FragmentLength;
                view = new()
                {
                    Pod = pod, IsIpv6 = true, Addresses = packet[8..40], Protocol = isFragment ? payload[0] : packet[6],
                    Transport = isFragment ? payload[FragmentLength..] : payload,
                    IsFragment = isFragment, FragmentOffset = isFragment ? BinaryPrimitives.ReadUInt16BigEndian(payload[2..]) & 0xfff8 : 0,
                };
                return true;
            default:
                return false;
        }
    }
}
