namespace Demilune.Wire.Decoding;

/// <summary>Where a packet was found: EVE's <c>pkt_src</c>.</summary>
public enum PacketSource : byte
{
    /// <summary>On the wire, or in a capture.</summary>
    Wire,
    Gre,
    Ipv4Tunnel,
    Ipv6Tunnel,
    Teredo,
    Vxlan,
    Geneve,

    /// <summary>Put together from fragments.</summary>
    Defragmented,
}
