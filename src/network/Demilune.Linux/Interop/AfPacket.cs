#pragma warning disable CS8981 // the names of the C headers are kept
using System.Runtime.InteropServices;

namespace Demilune.Linux.Interop;

/// <summary>linux/if_packet.h and linux/virtio_net.h, as far as packet I/O needs them.</summary>
internal static class AfPacket
{
    internal const int AF_PACKET = 17;
    internal const int SOL_PACKET = 263;
    internal const int PACKET_STATISTICS = 6;
    internal const int PACKET_AUXDATA = 8;
    internal const int PACKET_VNET_HDR = 15;
    internal const int PACKET_QDISC_BYPASS = 20;
    internal const int PACKET_IGNORE_OUTGOING = 23;

    internal const ushort ETH_P_ALL = 0x0003;
    internal const ushort ETH_P_8021Q = 0x8100;

    internal const uint TP_STATUS_VLAN_VALID = 1 << 4;
    internal const uint TP_STATUS_VLAN_TPID_VALID = 1 << 6;

    internal const byte VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
    internal const byte VIRTIO_NET_HDR_F_DATA_VALID = 2;
    internal const byte VIRTIO_NET_HDR_GSO_NONE = 0;

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    internal struct sockaddr_ll
    {
        internal ushort sll_family;
        internal ushort sll_protocol;   // network byte order
        internal int sll_ifindex;
        internal ushort sll_hatype;
        internal byte sll_pkttype;
        internal byte sll_halen;
        internal ulong sll_addr;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct tpacket_auxdata
    {
        internal uint tp_status;
        internal uint tp_len;
        internal uint tp_snaplen;
        internal ushort tp_mac;
        internal ushort tp_net;
        internal ushort tp_vlan_tci;
        internal ushort tp_vlan_tpid;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct tpacket_stats
    {
        internal uint tp_packets;
        internal uint tp_drops;
    }

    /// <summary>In the byte order of the machine: a packet socket speaks the legacy virtio dialect.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct virtio_net_hdr
    {
        internal byte flags;
        internal byte gso_type;
        internal ushort hdr_len;
        internal ushort gso_size;
        internal ushort csum_start;
        internal ushort csum_offset;
    }
}
