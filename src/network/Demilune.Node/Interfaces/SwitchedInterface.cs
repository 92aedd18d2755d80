using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;
using Demilune.Node.Datapath;

namespace Demilune.Node.Interfaces;

/// <summary>
/// A pod's interface that is a port of another switch: a plain host on its subnet, with the subnet's gateway. What it may do there is the
/// switch's matter.
/// </summary>
internal static class SwitchedInterface
{
    /// <summary>Creates the pair, or completes one that is there. Not yet plugged in.</summary>
    /// <exception cref="NetlinkException">The kernel said no; the message names the step.</exception>
    /// <exception cref="IOException">The namespace or a kernel setting is missing.</exception>
    public static void Create(InterfacePlan plan, SwitchPort port)
    {
        using var pod = NetworkNamespace.Open(plan.Netns);
        using var host = new RouteNetlink();
        var mac = PhysicalAddress.Parse(plan.Mac);
        var there = host.FindLink(plan.HostName);
        if (there is not null && pod.Run(() => InsideIndex(plan.Name)) is var inside && (inside == 0 || inside != there.PeerIndex))
        {
            host.DeleteLink(plan.HostName);     // of a container that is gone
            there = null;
        }
        if (there is null) host.CreateVeth(plan.HostName, HostMac(mac), plan.Name, mac, pod, plan.Mtu);
        var link = host.FindLink(plan.HostName) ?? throw new IOException($"{plan.HostName} vanished while it was set up");
        pod.Run(() => SetUpInside(plan, port));
        // The host has no part in what passes here.
        SetIfPresent($"net/ipv6/conf/{plan.HostName}/disable_ipv6", "1");
        host.SetLink(link.Index, up: true);
    }

    private static void SetUpInside(InterfacePlan plan, SwitchPort port)
    {
        using var netlink = new RouteNetlink();
        var link = netlink.FindLink(plan.Name) ?? throw new IOException($"{plan.Name} vanished while it was set up");
        if (netlink.FindLink("lo") is { IsUp: false } loopback) netlink.SetLink(loopback.Index, up: true);
        if (port.UserSpace) Offloads.DisableTransmit(plan.Name);
        if (plan.Kind != Port.Types.Kind.Pod)
        {
            // The firewall's engine answers for this interface, its stack must not.
            SetIfPresent($"net/ipv6/conf/{plan.Name}/disable_ipv6", "1");
            Sysctl.Write($"net/ipv4/conf/{plan.Name}/arp_ignore", "8");
            netlink.SetLink(link.Index, up: true);
            return;
        }
        var wantsIpv6 = plan.Addresses.Any(address => address.Contains(':', StringComparison.Ordinal));
        if (wantsIpv6) Sysctl.Write($"net/ipv6/conf/{plan.Name}/disable_ipv6", "0");
        SetIfPresent($"net/ipv6/conf/{plan.Name}/accept_dad", "0");     // Neutron gives an address once; a second of silence would be for nothing
        SetIfPresent($"net/ipv6/conf/{plan.Name}/accept_ra", "0");      // the routes are those of Neutron's subnet
        netlink.SetLink(link.Index, up: true);
        foreach (var one in port.Addresses)
        {
            var parts = one.Address.Split('/');
            netlink.AddAddress(link.Index, IPAddress.Parse(parts[0]), byte.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
        }
        foreach (var one in port.Addresses.Where(one => one.Gateway.Length > 0))
        {
            var gateway = IPAddress.Parse(one.Gateway);
            netlink.AddRoute(link.Index, gateway.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0, gateway);
        }
    }

    /// <summary>As os-vif has it: the pod's with another first byte, so that the switch learns each where it belongs.</summary>
    private static PhysicalAddress HostMac(PhysicalAddress pod)
    {
        var bytes = pod.GetAddressBytes();
        bytes[0] = 0xfe;
        return new(bytes);
    }

    private static int InsideIndex(string name)
    {
        using var inside = new RouteNetlink();
        return inside.FindLink(name)?.Index ?? 0;
    }

    private static void SetIfPresent(string key, string value)
    {
        if (Sysctl.Read(key) is not null) Sysctl.Write(key, value);     // a kernel without IPv6 has no such setting
    }
}
