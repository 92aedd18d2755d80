namespace Demilune.Wire.Ethernet;

/// <summary>IEEE 802 numbers.</summary>
public static class EtherType
{
    public const ushort Ipv4 = 0x0800;
    public const ushort Arp = 0x0806;

    /// <summary>An Ethernet frame (transparent Ethernet bridging).</summary>
    public const ushort Bridge = 0x6558;

    /// <summary>802.1Q.</summary>
    public const ushort Vlan = 0x8100;
    public const ushort Ipv6 = 0x86dd;
    public const ushort MplsUnicast = 0x8847;
    public const ushort MplsMulticast = 0x8848;
    public const ushort PppoeDiscovery = 0x8863;
    public const ushort PppoeSession = 0x8864;

    /// <summary>802.1ad.</summary>
    public const ushort ServiceVlan = 0x88a8;

    /// <summary>ERSPAN types I and II in GRE.</summary>
    public const ushort Erspan = 0x88be;

    /// <summary>802.1ah.</summary>
    public const ushort ProviderBackbone = 0x88e7;

    /// <summary>Cisco Fabric Path.</summary>
    public const ushort FabricPath = 0x8903;

    /// <summary>802.1Qbh.</summary>
    public const ushort VnTag = 0x8926;

    /// <summary>RFC 8300.</summary>
    public const ushort ServiceHeader = 0x894f;

    /// <summary>QinQ before 802.1ad; still sent by switches.</summary>
    public const ushort OldServiceVlan = 0x9100;
}
