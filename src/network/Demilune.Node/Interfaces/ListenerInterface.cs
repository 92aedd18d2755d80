using System.Net.NetworkInformation;
using System.Security.Cryptography;
using System.Text;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;

namespace Demilune.Node.Interfaces;

/// <summary>
/// A veth of the node's own, on which answers of name servers come to the agent and go back: the splice sends them out of one end, the agent
/// reads and writes the other. Neither has an address, and the node's stack takes nothing from them.
/// </summary>
internal static class ListenerInterface
{
    // A whole super-frame of DNS over TCP comes as one.
    private const int Mtu = 65535;

    private static readonly PhysicalAddress SpliceMac = PhysicalAddress.Parse("02:d2:00:00:00:01"), AgentMac = PhysicalAddress.Parse("02:d2:00:00:00:02");

    /// <summary>The same for an agent and its successor, another for another agent on this machine.</summary>
    public static string NameFor(string bpfDirectory) =>
        "dn" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(bpfDirectory))))[..8];

    public static string AgentEnd(string name) => name + "a";

    /// <summary>Creates the pair unless it is there.</summary>
    /// <returns>The ifindex of the splice's end.</returns>
    public static int Create(string name)
    {
        using var netlink = new RouteNetlink();
        if (netlink.FindLink(name) is null)
        {
            using var here = NetworkNamespace.Open("/proc/thread-self/ns/net");
            netlink.CreateVeth(name, SpliceMac, AgentEnd(name), AgentMac, here, Mtu);
        }
        foreach (var end in new[] { AgentEnd(name), name })
        {
            if (Sysctl.Read($"net/ipv6/conf/{end}/disable_ipv6") is not null) Sysctl.Write($"net/ipv6/conf/{end}/disable_ipv6", "1");
            Sysctl.Write($"net/ipv4/conf/{end}/arp_ignore", "8");
            netlink.SetLink((netlink.FindLink(end) ?? throw new IOException($"{end} vanished while it was set up")).Index, up: true);
        }
        return netlink.FindLink(name)!.Index;
    }

    public static void Delete(string name)
    {
        using var netlink = new RouteNetlink();
        netlink.DeleteLink(name);
    }
}
