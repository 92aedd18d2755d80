using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;
using Demilune.Node.Datapath;
using Demilune.Node.Interfaces;

namespace Demilune.Node.Gateways;

/// <summary>
/// A router's gateway in the kernel: a network namespace that forwards between an end in the router's domain ("inside", a pod to the splice) and one
/// on the network of the node's external interface ("outside"), with the kernel's own connection tracking between them.
/// </summary>
internal static class GatewayNamespace
{
    /// <summary>Where Debian has it, which is not in every PATH.</summary>
    private const string UsualNft = "/usr/sbin/nft";

    /// <summary>Of the veth whose other end is inside. The same for an agent and its successor.</summary>
    public static string HostNameFor(string portId) => "dg" + portId.Replace("-", "", StringComparison.Ordinal)[..8];

    /// <summary>Makes it, or makes what is there as it should be: doing it twice is doing it once. Connections that may go on go on.</summary>
    /// <param name="path">Where the namespace has its name.</param>
    /// <param name="external">The node's interface to the outside.</param>
    /// <param name="attach">Puts the splice on the host's side of the inner end, of that name.</param>
    /// <exception cref="IOException">What is missing, or what the kernel said.</exception>
    /// <exception cref="NetlinkException">The kernel said no; the message names the step.</exception>
    /// <exception cref="FormatException">The state has something for an address that is none.</exception>
    public static void Make(string path, string external, Router router, Port port, Action<string> attach)
    {
        var rules = GatewayRules.Of(router);
        using var netns = OpenOrCreate(path);
        // Its host side is like that of a pod whom the host's stack does not know.
        PodInterface.Create(new(port.Id, Port.Types.Kind.Pod, path, GatewayRules.Inside, HostNameFor(port.Id), port.Mac, [], (int)port.Mtu) { IsApart = true });
        attach(HostNameFor(port.Id));       // before anybody outside reaches the other end
        CreateOutside(netns, external, PhysicalAddress.Parse(port.Mac));
        netns.Run(() =>
        {
            // Nothing is forwarded untranslated, not even between two steps of this.
            Translate(rules);
            using var netlink = new RouteNetlink();
            Prepare();
            PrepareIpv6(GatewayRules.Inside, port.Addresses);
            PrepareIpv6(GatewayRules.Outside, router.Gateway.Addresses.Select(address => address.Address));
            SetUpInside(netlink, router, port);
            SetUpOutside(netlink, router.Gateway);
        });
    }

    /// <summary>Both ends are there: neither the namespace nor the external interface was taken from under it.</summary>
    public static bool IsWhole(string path)
    {
        if (!File.Exists(path) || PodInterface.IndexOf(HostNameFor(Path.GetFileName(path))) is null) return false;
        using var netns = NetworkNamespace.Open(path);
        return netns.Run(() =>
        {
            using var netlink = new RouteNetlink();
            return netlink.FindLink(GatewayRules.Outside) is { IsUp: true };
        });
    }

    /// <summary>Takes it away, with all that is in it. Nothing there: nothing done.</summary>
    public static void Delete(string path)
    {
        PodInterface.Delete(HostNameFor(Path.GetFileName(path)));
        NetworkNamespace.Delete(path);
    }

    private static NetworkNamespace OpenOrCreate(string path)
    {
        if (!File.Exists(path)) return NetworkNamespace.Create(path);
        var netns = NetworkNamespace.Open(path);
        try
        {
            netns.Run(static () => { });
            return netns;
        }
        catch (IOException)
        {
            // The name of one that is gone: the file outlived a restart of the machine, or of the container that had it mounted.
            netns.Dispose();
            Delete(path);
            return NetworkNamespace.Create(path);
        }
    }

    private static void CreateOutside(NetworkNamespace netns, string external, PhysicalAddress mac)
    {
        using var host = new RouteNetlink();
        var parent = host.FindLink(external) ?? throw new IOException($"{external}, which --gateway-interface names, does not exist");
        var isThere = netns.Run(() =>
        {
            using var inside = new RouteNetlink();
            if (inside.FindLink(GatewayRules.Outside) is not { } there) return false;
            if (there.PeerIndex == parent.Index && there.Mac.Equals(mac)) return true;
            inside.DeleteLink(GatewayRules.Outside);
            return false;
        });
        if (!isThere) host.CreateMacvlan(GatewayRules.Outside, parent.Index, mac, netns);
    }

    private static void Prepare()
    {
        Sysctl.Write("net/ipv4/ip_forward", "1");
        // Each side answers for its own addresses, and says so when it comes up: the router may have been on another node.
        Sysctl.Write($"net/ipv4/conf/{GatewayRules.Outside}/arp_ignore", "1");
        Sysctl.Write($"net/ipv4/conf/{GatewayRules.Outside}/arp_announce", "2");
        Sysctl.Write($"net/ipv4/conf/{GatewayRules.Outside}/arp_notify", "1");
        // The rules look from where somebody may come, for both families alike.
        foreach (var name in (string[])["all", GatewayRules.Inside, GatewayRules.Outside]) Sysctl.Write($"net/ipv4/conf/{name}/rp_filter", "0");
        if (Sysctl.Read("net/ipv6/conf/all/forwarding") is not null) Sysctl.Write("net/ipv6/conf/all/forwarding", "1");
    }

    private static void PrepareIpv6(string name, IEnumerable<string> addresses)
    {
        var settings = $"net/ipv6/conf/{name}";
        if (Sysctl.Read($"{settings}/disable_ipv6") is null) return;        // a kernel without IPv6
        Sysctl.Write($"{settings}/accept_ra", "0");
        Sysctl.Write($"{settings}/ndisc_notify", "1");
        Sysctl.Write($"{settings}/disable_ipv6", addresses.Any(address => address.Contains(':', StringComparison.Ordinal)) ? "0" : "1");
    }

    private static void SetUpInside(RouteNetlink netlink, Router router, Port port)
    {
        var link = Find(netlink, GatewayRules.Inside);
        List<IPAddress> own = [.. port.Addresses.Select(IPAddress.Parse)];
        Address(netlink, link.Index, own.Select(Host));
        foreach (var isIpv6 in own.Select(IsIpv6).Distinct()) netlink.AddNeighbour(link.Index, Splice(isIpv6), PodInterface.GatewayMac);
        var beyond = router.Routes.Where(route => route.NextHop.Length > 0 && !port.Addresses.Contains(route.NextHop)).Select(route => route.Prefix);
        Route(netlink, link.Index,
        [
            .. router.Prefixes.Concat(beyond).Select(IPNetwork.Parse).Where(prefix => own.Exists(address => IsIpv6(address) == IsIpv6(prefix.BaseAddress)))
                .Select(prefix => (prefix, Splice(IsIpv6(prefix.BaseAddress)))),
        ]);
    }

    private static void SetUpOutside(RouteNetlink netlink, Gateway gateway)
    {
        var link = Find(netlink, GatewayRules.Outside);
        // Those of the subnet, from which is chosen what is said by the gateway itself, before the floating ones.
        var news = Address(netlink, link.Index, gateway.Addresses.Select(OnLink).Concat(gateway.Floating.Select(one => Host(IPAddress.Parse(one.Outside)))));
        if (!link.IsUp) netlink.SetLink(link.Index, up: true);
        ArpAnnouncement.Send(GatewayRules.Outside, link.Mac, [.. news.Where(address => !IsIpv6(address))]);
        Route(netlink, link.Index,
        [
            .. gateway.Addresses.Where(address => address.Gateway.Length > 0).Select(address => IPAddress.Parse(address.Gateway))
                .Select(hop => (new IPNetwork(IsIpv6(hop) ? IPAddress.IPv6Any : IPAddress.Any, 0), hop)),
            .. gateway.Routes.Select(route => (IPNetwork.Parse(route.Prefix), IPAddress.Parse(route.NextHop))),
        ]);
    }

    /// <summary>These and no others.</summary>
    /// <returns>Those that were not there.</returns>
    private static List<IPAddress> Address(RouteNetlink netlink, int index, IEnumerable<(IPAddress Address, int Length)> addresses)
    {
        List<(IPAddress Address, int Length)> wanted = [.. addresses];
        var present = netlink.AddressesOf(index);
        foreach (var (address, length) in present.Except(wanted).ToArray()) netlink.DeleteAddress(index, address, length);
        // One that is deleted takes others of its subnet with it: those that stay are said again.
        foreach (var (address, length) in wanted) netlink.AddAddress(index, address, length);
        return [.. wanted.Except(present).Select(one => one.Address)];
    }

    /// <summary>These and no others.</summary>
    private static void Route(RouteNetlink netlink, int index, IReadOnlyCollection<(IPNetwork Prefix, IPAddress Via)> routes)
    {
        var wanted = routes.Select(route => (route.Prefix.BaseAddress, route.Prefix.PrefixLength)).ToHashSet();
        foreach (var (destination, length, table) in netlink.RoutesBy(index))
            if (!wanted.Contains((destination, length))) netlink.DeleteRoute(index, destination, length, table);
        foreach (var (prefix, via) in routes) netlink.AddRoute(index, prefix.BaseAddress, prefix.PrefixLength, via);
    }

    private static void Translate(string rules)
    {
        ProcessStartInfo start = new(File.Exists(UsualNft) ? UsualNft : "nft", ["-f", "-"]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        try
        {
            // A process begins in the namespace of the thread that starts it.
            using var nft = Process.Start(start) ?? throw new IOException("nft did not start");
            nft.StandardInput.Write(rules);
            nft.StandardInput.Close();
            var said = nft.StandardError.ReadToEnd();
            nft.WaitForExit();
            if (nft.ExitCode != 0) throw new IOException($"nft refused the rules of the gateway: {said.Trim()}");
        }
        catch (Win32Exception error)
        {
            throw new IOException($"nft cannot be run ({error.Message}): a node with --gateway-interface needs the package nftables", error);
        }
    }

    private static Link Find(RouteNetlink netlink, string name) => netlink.FindLink(name) ?? throw new IOException($"{name} vanished while it was set up");

    private static (IPAddress, int) Host(IPAddress address) => (address, IsIpv6(address) ? 128 : 32);

    private static (IPAddress, int) OnLink(OnLink onLink)
    {
        var slash = onLink.Address.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && byte.TryParse(onLink.Address[(slash + 1)..], out var length) ? (IPAddress.Parse(onLink.Address[..slash]), length)
            : throw new FormatException($"\"{onLink.Address}\" is no address with its prefix's length");
    }

    /// <summary>Whom the inner end knows all of the domain behind.</summary>
    private static IPAddress Splice(bool isIpv6) => isIpv6 ? PodInterface.Gateway6 : PodInterface.Gateway4;

    private static bool IsIpv6(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;
}
