using System.Buffers.Binary;
using Demilune.Wire.Ethernet;

namespace Demilune.Wire.Decoding;

/// <summary>
/// Reads a packet's headers from the link to the transport, notices what is odd about them where Suricata does, and finds the packet that a tunnel
/// carries. Pure; never throws; reads each byte a bounded number of times.
/// </summary>
public static partial class PacketDecoder
{
    private const int EthernetHeaderLength = 14;
    private const int VlanTagLength = 4;

    /// <summary>Flags and service id, two addresses, a type.</summary>
    private const int ProviderBackboneLength = 18;
    private const int VnTagLength = 6;

    /// <summary>What Fabric Path puts between its own Ethernet header and the one it carries.</summary>
    private const int FabricPathLength = 2;

    /// <param name="kind">What <paramref name="bytes"/> begin with.</param>
    /// <param name="bytes">To the end of the frame, or of what a tunnel carries.</param>
    /// <param name="options">What may be a tunnel.</param>
    /// <param name="layers">Layers around it: <see cref="DecodedPacket.Layers"/> of the packet that carries this one, or 0.</param>
    /// <param name="packet">What could be read.</param>
    public static void Decode(PacketKind kind, ReadOnlySpan<byte> bytes, TunnelOptions options, int layers, out DecodedPacket packet)
    {
        packet = default;
        packet.Bytes = bytes;
        packet.Layers = layers;
        packet.EthernetOffset = -1;
        switch (kind)
        {
            case PacketKind.Ethernet: ReadEthernet(ref packet, 0, options); break;
            case PacketKind.RawIp: ReadRaw(ref packet, options); break;
            case PacketKind.Ipv4: ReadIpv4(ref packet, 0, options); break;
            case PacketKind.Ipv6: ReadIpv6(ref packet, 0, options); break;
            case PacketKind.Ppp: ReadPpp(ref packet, 0, options); break;
            case PacketKind.LinuxCooked: ReadCooked(ref packet, 16, 14, options); break;
            case PacketKind.LinuxCooked2: ReadCooked(ref packet, 20, 0, options); break;
            case PacketKind.Loopback: ReadLoopback(ref packet, options); break;
            case PacketKind.CiscoHdlc: ReadCiscoHdlc(ref packet, options); break;
            case PacketKind.Vlan: ReadVlan(ref packet, 0, options); break;
            case PacketKind.Erspan1: ReadErspan1(ref packet, options); break;
            case PacketKind.Erspan2: ReadErspan2(ref packet, options); break;
        }
    }

    /// <summary>The same for what was put together from fragments.</summary>
    /// <param name="bytes">With the link header of the first fragment.</param>
    /// <param name="offset">Where the IP header begins.</param>
    /// <param name="fragment">Its last fragment: the link's part is the same.</param>
    /// <param name="options">What may be a tunnel.</param>
    /// <param name="packet">What could be read.</param>
    public static void DecodeDatagram(ReadOnlySpan<byte> bytes, int offset, scoped ref DecodedPacket fragment, TunnelOptions options, out DecodedPacket packet)
    {
        packet = default;
        packet.Bytes = bytes;
        (packet.Layers, packet.Vlans, packet.EthernetOffset, packet.EtherType) = (fragment.Layers, fragment.Vlans, fragment.EthernetOffset, fragment.EtherType);
        if (bytes.Length > offset && bytes[offset] >> 4 == 6) ReadIpv6(ref packet, offset, options);
        else ReadIpv4(ref packet, offset, options);
    }

    private static void ReadEthernet(ref DecodedPacket packet, int offset, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Ethernet;
        if (packet.Bytes.Length - offset < EthernetHeaderLength)
        {
            packet.Refuse(DecodeEvent.EthernetPacketTooSmall);
            return;
        }
        if (!packet.Descend(options.MaxLayers)) return;
        if (packet.EthernetOffset < 0) packet.EthernetOffset = offset;
        // What is not known is no lie about itself: spanning tree, link discovery.
        ReadNetwork(ref packet, U16(packet.Bytes, offset + 12), offset + EthernetHeaderLength, options);
    }

    /// <returns>False: nobody knows this EtherType.</returns>
    private static bool ReadNetwork(ref DecodedPacket packet, ushort type, int offset, TunnelOptions options)
    {
        packet.EtherType = type;
        switch (type)
        {
            case EtherType.Ipv4: ReadIpv4(ref packet, offset, options); return true;
            case EtherType.Ipv6: ReadIpv6(ref packet, offset, options); return true;
            case EtherType.Vlan or EtherType.ServiceVlan or EtherType.OldServiceVlan: ReadVlan(ref packet, offset, options); return true;
            case EtherType.Arp: packet.Seen |= DecodedLayers.Arp; return true;
            case EtherType.MplsUnicast or EtherType.MplsMulticast: ReadMpls(ref packet, offset, options); return true;
            case EtherType.PppoeSession: ReadPppoeSession(ref packet, offset, options); return true;
            case EtherType.PppoeDiscovery: ReadPppoeDiscovery(ref packet, offset, options); return true;
            case EtherType.ProviderBackbone: ReadProviderBackbone(ref packet, offset, options); return true;
            case EtherType.VnTag: ReadVnTag(ref packet, offset, options); return true;
            case EtherType.ServiceHeader: ReadServiceHeader(ref packet, offset, options); return true;
            case EtherType.FabricPath: ReadFabricPath(ref packet, offset, options); return true;
            default: packet.Seen |= DecodedLayers.UnknownEthertype; return false;
        }
    }

    private static void ReadVlan(ref DecodedPacket packet, int offset, TunnelOptions options)
    {
        packet.Seen |= packet.Vlans.Count switch { 0 => DecodedLayers.Vlan, 1 => DecodedLayers.VlanQinq, _ => DecodedLayers.VlanQinqinq };
        if (packet.Bytes.Length - offset < VlanTagLength)
        {
            packet.Refuse(DecodeEvent.VlanHeaderTooSmall);
            return;
        }
        if (!packet.Descend(options.MaxLayers)) return;
        if (!packet.TryAddVlan(U16(packet.Bytes, offset) & 0xfff))
        {
            packet.Note(DecodeEvent.VlanTooManyLayers);
            return;
        }
        if (!ReadNetwork(ref packet, U16(packet.Bytes, offset + 2), offset + VlanTagLength, options)) packet.Refuse(DecodeEvent.VlanUnknownType);
    }

    private static void ReadProviderBackbone(ref DecodedPacket packet, int offset, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Ieee8021ah;
        if (packet.Bytes.Length - offset < ProviderBackboneLength)
        {
            packet.Refuse(DecodeEvent.Ieee8021ahHeaderTooSmall);
            return;
        }
        if (packet.Descend(options.MaxLayers)) ReadNetwork(ref packet, U16(packet.Bytes, offset + 16), offset + ProviderBackboneLength, options);
    }

    private static void ReadVnTag(ref DecodedPacket packet, int offset, TunnelOptions options)
    {
        packet.Seen |= DecodedLayers.Vntag;
        if (packet.Bytes.Length - offset < VnTagLength)
        {
            packet.Refuse(DecodeEvent.VntagHeaderTooSmall);
            return;
        }
        if (!packet.Descend(options.MaxLayers)) return;
        if (!ReadNetwork(ref packet, U16(packet.Bytes, offset + 4), offset + VnTagLength, options)) packet.Refuse(DecodeEvent.VntagUnknownType);
    }

    private static void ReadFabricPath(ref DecodedPacket packet, int offset, TunnelOptions options)
    {
        if (packet.Bytes.Length - offset < FabricPathLength) packet.Refuse(DecodeEvent.DcePacketTooSmall);
        else ReadEthernet(ref packet, offset + FabricPathLength, options);
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16BigEndian(bytes[offset..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]);
}
