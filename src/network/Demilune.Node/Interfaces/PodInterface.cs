using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;
using Demilune.Node.Datapath;

namespace Demilune.Node.Interfaces;

/// <summary>
/// A pod's interface and its host side. Pods are routed, not bridged: each has host addresses (/32, /128) and everything else
/// behind a gateway that exists only as a permanent neighbour, 169.254.1.1 and fe80::ecee:eeff:feee:eeee, both ee:ee:ee:ee:ee:ee.
/// </summary>
internal static class PodInterface
{
    internal static readonly PhysicalAddress GatewayMac = PhysicalAddress.Parse("ee:ee:ee:ee:ee:ee");

    internal static readonly IPAddress Gateway4 = IPAddress.Parse("169.254.1.1");
    internal static readonly IPAddress Gateway6 = IPAddress.Parse("fe80::ecee:eeff:feee:eeee");

    /// <summary>Then it goes on as it is: the first packets may be lost, as on any new cable.</summary>
    private const int MostCarrierMilliseconds = 500;

    /// <summary>Creates the pair, or completes one that is there: running it twice is running it once.</summary>
    /// <exception cref="NetlinkException">The kernel said no; the message names the step.</exception>
    /// <exception cref="IOException">The namespace or a kernel setting is missing.</exception>
    public static void Create(InterfacePlan plan)
    {
        using var pod = NetworkNamespace.Open(plan.Netns);
        using var host = new RouteNetlink();
        var isPod = plan.Kind == Port.Types.Kind.Pod;
        var mac = PhysicalAddress.Parse(plan.Mac);
        IPAddress[] addresses = [.. plan.Addresses.Select(IPAddress.Parse)];

        var there = host.FindLink(plan.HostName);
        if (there is not null && pod.Run(() => InsideIndex(plan.Name)) is var inside && (inside == 0 || inside != there.PeerIndex))
        {
            host.DeleteLink(plan.HostName);     // of a container that is gone
            there = null;
        }
        if (there is null) host.CreateVeth(plan.HostName, GatewayMac, plan.Name, mac, pod, plan.Mtu);
        var link = host.FindLink(plan.HostName) ?? throw new IOException($"{plan.HostName} vanished while it was set up");

        pod.Run(() => SetUpInside(plan.Name, addresses, isPod));
        SetUpHost(host, link, mac, plan.IsApart ? [] : addresses, isPod);
        // An interface drops without a word what is given to it before the kernel has worked through its carrier's coming.
        for (var waited = 0; waited < MostCarrierMilliseconds && !(host.FindLink(plan.HostName) is { IsRunning: true } && pod.Run(() => IsRunning(plan.Name))); waited++)
            Thread.Sleep(1);
    }

    /// <summary>False: there was none. Takes the pod's end and all routes with it.</summary>
    public static bool Delete(string hostName)
    {
        using var host = new RouteNetlink();
        return host.DeleteLink(hostName);
    }

    /// <returns>The host side's ifindex; null: no such interface.</returns>
    public static int? IndexOf(string hostName)
    {
        using var host = new RouteNetlink();
        return host.FindLink(hostName)?.Index;
    }

    /// <returns>Null: as <see cref="Create"/> left it; else what is wrong.</returns>
    public static string? Check(InterfacePlan plan)
    {
        using var host = new RouteNetlink();
        if (host.FindLink(plan.HostName) is not { } link) return $"{plan.HostName} does not exist";
        if (!link.IsUp) return $"{plan.HostName} is down";
        if (!File.Exists(plan.Netns)) return $"network namespace {plan.Netns} does not exist";
        using var pod = NetworkNamespace.Open(plan.Netns);
        return pod.Run(() =>
        {
            using var inside = new RouteNetlink();
            if (inside.FindLink(plan.Name) is not { } end) return $"{plan.Name} does not exist in {plan.Netns}";
            if (end.Index != link.PeerIndex) return $"{plan.Name} in {plan.Netns} is not the other end of {plan.HostName}";
            if (!end.IsUp) return $"{plan.Name} in {plan.Netns} is down";
            if (!end.Mac.Equals(PhysicalAddress.Parse(plan.Mac))) return $"{plan.Name} in {plan.Netns} has MAC {end.Mac}, not {plan.Mac}";
            var present = NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(one => one.Name == plan.Name)?
                .GetIPProperties().UnicastAddresses.Select(one => one.Address).ToHashSet() ?? [];
            return plan.Addresses.FirstOrDefault(address => !present.Contains(IPAddress.Parse(address))) is { } missing
                ? $"{plan.Name} in {plan.Netns} has not {missing}" : null;
        });
    }

    private static bool IsRunning(string name)
    {
        using var inside = new RouteNetlink();
        return inside.FindLink(name) is { IsRunning: true };
    }

    private static int InsideIndex(string name)
    {
        using var inside = new RouteNetlink();
        return inside.FindLink(name)?.Index ?? 0;
    }

    private static void SetUpInside(string name, IPAddress[] addresses, bool isPod)
    {
        using var netlink = new RouteNetlink();
        var link = netlink.FindLink(name) ?? throw new IOException($"{name} vanished while it was set up");
        if (netlink.FindLink("lo") is { IsUp: false } loopback) netlink.SetLink(loopback.Index, up: true);
        if (!isPod)
        {
            // A bump in the wire: the firewall's own stack has no business there and must answer nothing.
            SetIfPresent($"net/ipv6/conf/{name}/disable_ipv6", "1");
            Sysctl.Write($"net/ipv4/conf/{name}/arp_ignore", "8");
            netlink.SetLink(link.Index, up: true);
            return;
        }
        var wantsIpv6 = addresses.Any(address => address.AddressFamily == AddressFamily.InterNetworkV6);
        if (wantsIpv6) Sysctl.Write($"net/ipv6/conf/{name}/disable_ipv6", "0");     // container runtimes like to switch it off
        SetIfPresent($"net/ipv6/conf/{name}/accept_ra", "0");       // nobody in this network may announce routes
        netlink.SetLink(link.Index, up: true);
        foreach (var address in addresses)
        {
            var ipv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
            var gateway = ipv6 ? Gateway6 : Gateway4;
            netlink.AddAddress(link.Index, address, ipv6 ? 128 : 32);
            netlink.AddNeighbour(link.Index, gateway, GatewayMac);
            netlink.AddRoute(link.Index, ipv6 ? IPAddress.IPv6Any : IPAddress.Any, 0, gateway);
        }
    }

    private static void SetUpHost(RouteNetlink netlink, Link link, PhysicalAddress podMac, IPAddress[] addresses, bool isPod)
    {
        // No address of its own making: a link-local one derived from the gateway's MAC would be on every port.
        SetIfPresent($"net/ipv6/conf/{link.Name}/addr_gen_mode", "1");
        SetIfPresent($"net/ipv6/conf/{link.Name}/accept_ra", "0");
        if (!isPod) SetIfPresent($"net/ipv6/conf/{link.Name}/disable_ipv6", "1");
        netlink.SetLink(link.Index, up: true);
        if (!isPod) return;
        Sysctl.Write($"net/ipv4/conf/{link.Name}/forwarding", "1");
        SetIfPresent($"net/ipv6/conf/{link.Name}/forwarding", "1");
        foreach (var address in addresses)
        {
            var ipv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
            if (ipv6) Sysctl.Write($"net/ipv6/conf/{link.Name}/disable_ipv6", "0");
            // The gateway's address on our end: what the node itself says to the pod has a source even where the node has no other.
            netlink.AddAddress(link.Index, ipv6 ? Gateway6 : Gateway4, ipv6 ? 64 : 32);
            netlink.AddNeighbour(link.Index, address, podMac);      // the splice eats the answers to ARP and solicitations
            netlink.AddRoute(link.Index, address, ipv6 ? 128 : 32);
        }
    }

    private static void SetIfPresent(string key, string value)
    {
        if (Sysctl.Read(key) is not null) Sysctl.Write(key, value);     // a kernel without IPv6 has no such setting
    }
}
