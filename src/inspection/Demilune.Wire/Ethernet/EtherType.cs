namespace Demilune.Wire.Ethernet;

/// <summary>IEEE 802 numbers.</summary>
public static class EtherType
{
    public const ushort Ipv4 = 0x0800;
    public const ushort Arp = 0x0806;

    /// <summary>802.1Q.</summary>
    public const ushort Vlan = 0x8100;

    /// <summary>802.1ad.</summary>
    public const ushort ServiceVlan = 0x88a8;

    /// <summary>QinQ before 802.1ad; still sent by switches.</summary>
    public const ushort OldServiceVlan = 0x9100;
    public const ushort Ipv6 = 0x86dd;
}
