namespace Demilune.Wire.Decoding;

/// <summary>What a run of bytes begins with.</summary>
public enum PacketKind : byte
{
    /// <summary>Nothing: there is no packet.</summary>
    None,
    Ethernet,

    /// <summary>IP of either version, which its first byte says.</summary>
    RawIp,
    Ipv4,
    Ipv6,

    /// <summary>RFC 1661, with or without address and control.</summary>
    Ppp,

    /// <summary>Linux "cooked" captures, the older and the newer header.</summary>
    LinuxCooked,
    LinuxCooked2,

    /// <summary>BSD loopback: an address family in the byte order of whoever captured.</summary>
    Loopback,

    /// <summary>Cisco HDLC.</summary>
    CiscoHdlc,

    /// <summary>A VLAN tag without an Ethernet header in front (GRE).</summary>
    Vlan,
    Erspan1,
    Erspan2,
    Arp,
}
