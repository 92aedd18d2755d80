using Demilune.Wire.Decoding;

namespace Demilune.Wire.Captures;

/// <summary>LINKTYPE_ numbers of captures (tcpdump.org/linktypes.html), as far as we read them.</summary>
public static class LinkType
{
    public const int Ethernet = 1;

    /// <summary>What packets of this link begin with; None: we cannot read them.</summary>
    public static PacketKind KindOf(int link) => link switch
    {
        0 or 108 => PacketKind.Loopback,
        Ethernet => PacketKind.Ethernet,
        9 or 50 => PacketKind.Ppp,
        12 or 14 or 101 or 228 or 229 => PacketKind.RawIp,
        104 => PacketKind.CiscoHdlc,
        113 => PacketKind.LinuxCooked,
        276 => PacketKind.LinuxCooked2,
        _ => PacketKind.None,
    };
}
