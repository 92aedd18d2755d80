using System.Net;
using System.Net.Sockets;
using System.Text;
using Demilune.Contracts.Nodes;

namespace Demilune.Node.Gateways;

/// <summary>
/// What the kernel translates between a router's networks and the outside, for nft. One table; read again it replaces what it said before in one step,
/// and connections go on. Pure.
/// </summary>
/// <remarks>
/// A connection is translated as it was when it began. So that nobody goes on by an address that was taken from him, what is translated otherwise than the
/// state says passes no more. What leaves again to where it came from has been sent to a floating address by a pod: there its source is translated too, or
/// the answer would go past us.
/// </remarks>
internal static class GatewayRules
{
    public const string Inside = "inside", Outside = "outside";

    /// <exception cref="FormatException">What should be an address is none.</exception>
    public static string Of(Router router)
    {
        var gateway = router.Gateway;
        var own = gateway.Addresses.Select(address => IPAddress.Parse(address.Address.Split('/')[0])).FirstOrDefault(IsIpv4);
        (IPAddress Outside, IPAddress Inside)[] floating = [.. gateway.Floating.Select(one => (IPAddress.Parse(one.Outside), IPAddress.Parse(one.Inside)))];
        var joined = router.Prefixes.Select(IPNetwork.Parse).Where(prefix => IsIpv4(prefix.BaseAddress));

        StringBuilder text = new();
        // Emptied and filled in one transaction. Chains stay: taken away, the kernel would forget what it has begun to translate.
        text.Append("""
            table inet demilune {
              set joined { type ipv4_addr; flags interval; }
              map inward { type ipv4_addr : ipv4_addr; }
              map outward { type ipv4_addr : ipv4_addr; }
              set pairs { type ipv4_addr . ipv4_addr; }
              chain prerouting { type nat hook prerouting priority dstnat; }
              chain postrouting { type nat hook postrouting priority srcnat; }
              chain forward { type filter hook forward priority filter; }
            }
            flush table inet demilune
            flush set inet demilune joined
            flush map inet demilune inward
            flush map inet demilune outward
            flush set inet demilune pairs

            """);
        Fill(text, "joined", joined.Select(prefix => prefix.ToString()));
        Fill(text, "inward", floating.Select(one => $"{one.Outside} : {one.Inside}"));
        Fill(text, "outward", floating.Select(one => $"{one.Inside} : {one.Outside}"));
        Fill(text, "pairs", floating.Select(one => $"{one.Outside} . {one.Inside}"));
        Add(text, "prerouting", "dnat ip to ip daddr map @inward");
        Add(text, "postrouting", $"oifname \"{Inside}\" ip saddr != @joined accept");
        Add(text, "postrouting", "snat ip to ip saddr map @outward");
        if (own is not null) Add(text, "postrouting", $"{(gateway.Translates ? "" : $"oifname \"{Inside}\" ")}meta nfproto ipv4 snat ip to {own}");
        // What belongs to no connection would leave untranslated.
        Add(text, "forward", "ct state invalid drop");
        // Who says he is on one side comes by that side.
        Add(text, "forward", "fib saddr . iif oif missing drop");
        Add(text, "forward", "ct status dnat ct original ip daddr . ct reply ip saddr != @pairs drop");
        Add(text, "forward", $"ct status snat {(own is null ? "" : $"ct reply ip daddr != {own} ")}ct reply ip daddr . ct original ip saddr != @pairs drop");
        return text.ToString();
    }

    private static void Fill(StringBuilder text, string set, IEnumerable<string> elements)
    {
        var all = string.Join(", ", elements);
        if (all.Length > 0) text.Append("add element inet demilune ").Append(set).Append(" { ").Append(all).Append(" }\n");
    }

    private static void Add(StringBuilder text, string chain, string rule) => text.Append("add rule inet demilune ").Append(chain).Append(' ').Append(rule).Append('\n');

    private static bool IsIpv4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork;
}
