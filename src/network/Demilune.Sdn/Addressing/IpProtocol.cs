using System.Collections.Frozen;
using System.Globalization;

namespace Demilune.Sdn.Addressing;

/// <summary>IANA protocol numbers by the names that Neutron knows.</summary>
internal static class IpProtocol
{
    public const int Icmp = 1;
    public const int Tcp = 6;
    public const int Udp = 17;
    public const int IcmpV6 = 58;

    private static readonly FrozenDictionary<string, int> Numbers = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase)
    {
        ["ah"] = 51, ["dccp"] = 33, ["egp"] = 8, ["esp"] = 50, ["gre"] = 47, ["icmp"] = Icmp, ["icmpv6"] = IcmpV6, ["igmp"] = 2,
        ["ip"] = 0, ["ipip"] = 4, ["ipv6-encap"] = 41, ["ipv6-frag"] = 44, ["ipv6-icmp"] = IcmpV6, ["ipv6-nonxt"] = 59,
        ["ipv6-opts"] = 60, ["ipv6-route"] = 43, ["ospf"] = 89, ["pgm"] = 113, ["rsvp"] = 46, ["sctp"] = 132, ["tcp"] = Tcp,
        ["udp"] = Udp, ["udplite"] = 136, ["vrrp"] = 112,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static IEnumerable<string> Names => Numbers.Keys.Order(StringComparer.Ordinal);

    /// <summary>A name or 0..255; null is any, which is 0.</summary>
    public static bool TryParse(string? text, out int number)
    {
        number = 0;
        return text is null || Numbers.TryGetValue(text, out number)
            || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= 255;
    }

    /// <summary>By name or number: there is none of it in IPv4. (Also the tunnel, 41, which Neutron counts among them.)</summary>
    public static bool IsOfIpv6(int number) => number is IcmpV6 or 41 or 43 or 44 or 59 or 60;

    public static bool HasPorts(int number) => number is Tcp or Udp or 132 or 33 or 136;

    /// <summary>In an IPv6 rule "icmp" means ICMPv6, as it does for Neutron.</summary>
    public static int In(bool ipv6, int number) => ipv6 && number == Icmp ? IcmpV6 : number;
}
