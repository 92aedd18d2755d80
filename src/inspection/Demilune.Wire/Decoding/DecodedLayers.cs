namespace Demilune.Wire.Decoding;

/// <summary>Headers that were read of a packet, or begun to be: what a decoder counts.</summary>
[Flags]
public enum DecodedLayers : uint
{
    None = 0,
    Ethernet = 1 << 0,
    Raw = 1 << 1,
    Null = 1 << 2,
    Sll = 1 << 3,
    Chdlc = 1 << 4,
    Ppp = 1 << 5,
    Pppoe = 1 << 6,
    Vlan = 1 << 7,

    /// <summary>A second and a third tag.</summary>
    VlanQinq = 1 << 8,
    VlanQinqinq = 1 << 9,
    Ieee8021ah = 1 << 10,
    Vntag = 1 << 11,
    Nsh = 1 << 12,
    Mpls = 1 << 13,
    Arp = 1 << 14,
    UnknownEthertype = 1 << 15,
    Ipv4 = 1 << 16,
    Ipv6 = 1 << 17,
    Tcp = 1 << 18,
    Udp = 1 << 19,
    Sctp = 1 << 20,
    Esp = 1 << 21,
    Icmpv4 = 1 << 22,
    Icmpv6 = 1 << 23,
    Gre = 1 << 24,
    Erspan = 1 << 25,
    Vxlan = 1 << 26,
    Geneve = 1 << 27,
    Teredo = 1 << 28,
    Ipv4InIpv6 = 1 << 29,
    Ipv6InIpv6 = 1 << 30,
}
