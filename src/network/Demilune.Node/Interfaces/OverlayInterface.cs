using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Netlink;

namespace Demilune.Node.Interfaces;

/// <summary>
/// The node's end of the tunnels to all other nodes, and the host's routes to it. It is one hop for the host's stack: behind it is a
/// gateway with a permanent neighbour, and the splice says to which node each packet goes. So nothing is asked for by broadcast.
/// </summary>
internal static class OverlayInterface
{
    /// <summary>Stands for whichever node it is; not the gateway of pods, whose address is the host's own.</summary>
    private static readonly IPAddress Gateway4 = IPAddress.Parse("169.254.1.2"), Gateway6 = IPAddress.Parse("fe80::ecee:eeff:feee:eeef");

    /// <summary>The routing table that only what comes from pods is asked of; its number is its rule's priority too.</summary>
    private const int FromPods = 25_709;

    /// <summary>The same for an agent and its successor, another for another agent on this machine.</summary>
    public static string NameFor(string bpfDirectory) =>
        "dv" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(bpfDirectory))))[..8];

    /// <summary>Creates the interface unless it is there; nothing passes by it before <see cref="Open"/>.</summary>
    /// <returns>Its ifindex.</returns>
    /// <exception cref="NetlinkException">The kernel said no; the message names the step.</exception>
    public static int Create(string name, Overlay overlay)
    {
        using var netlink = new RouteNetlink();
        if (netlink.FindLink(name) is { } there && there.TunnelPort != overlay.Port) netlink.DeleteLink(name);
        if (netlink.FindLink(name) is null) netlink.CreateVxlan(name, (int)overlay.Port, (int)overlay.Mtu);
        return (netlink.FindLink(name) ?? throw new IOException($"{name} vanished while it was set up")).Index;
    }

    /// <summary>Up, with routes to pods everywhere and from pods to other nodes; what is already so stays so, what is no more goes.</summary>
    /// <param name="nodes">Other nodes' own addresses: pods reach them by the tunnel, as they reach pods. The node itself goes to them as it always did.</param>
    public static void Open(string name, Overlay overlay, IEnumerable<string> nodes)
    {
        using var netlink = new RouteNetlink();
        var link = netlink.FindLink(name) ?? throw new IOException($"{name} vanished while it was set up");
        Prepare(name);
        if (!link.IsUp || link.Mtu != overlay.Mtu) netlink.SetLink(link.Index, up: true, mtu: (int)overlay.Mtu);
        foreach (var gateway in new[] { Gateway4, Gateway6 }) netlink.AddNeighbour(link.Index, gateway, PodInterface.GatewayMac);
        IPAddress[] own = [.. overlay.Addresses.Select(IPAddress.Parse)];
        // What the node itself says to a pod elsewhere says it by an address that the other node knows to be this node's; masquerading looks for one here.
        foreach (var address in own) netlink.AddAddress(link.Index, address, Bits(address));

        HashSet<(IPAddress, int, int)> wanted = [];
        foreach (var (destination, length) in overlay.Prefixes.Select(Parse)) Add(destination, length, RouteNetlink.MainTable);
        foreach (var address in nodes.Select(IPAddress.Parse)) Add(address, Bits(address), FromPods);
        foreach (var (destination, length, table) in netlink.RoutesBy(link.Index))
            if (!wanted.Contains((destination, length, table))) netlink.DeleteRoute(link.Index, destination, length, table);
        foreach (var (source, length) in overlay.Prefixes.Select(Parse)) netlink.AddRule(source, length, FromPods);

        void Add(IPAddress destination, int length, int table)
        {
            if (!wanted.Add((destination, length, table))) return;
            var source = table == RouteNetlink.MainTable ? own.FirstOrDefault(one => one.AddressFamily == destination.AddressFamily) : null;
            netlink.AddRoute(link.Index, destination, length, destination.AddressFamily == AddressFamily.InterNetworkV6 ? Gateway6 : Gateway4, source, table);
        }
    }

    /// <summary>
    /// While there is no tunnel, for whatever reason, the host's stack refuses what is for pods elsewhere: by its default route it would go where nobody knows
    /// of pods, and without their policy. Those of this node have better routes.
    /// </summary>
    public static void Refuse(string name, Overlay overlay)
    {
        using var netlink = new RouteNetlink();
        HashSet<(IPAddress, int)> wanted = [.. overlay.Prefixes.Select(Parse)];
        foreach (var (destination, length) in wanted) netlink.AddRefusal(destination, length, MetricOf(name));
        foreach (var (destination, length) in netlink.Refused(MetricOf(name)))
            if (!wanted.Contains((destination, length))) netlink.DeleteRefusal(destination, length, MetricOf(name));
    }

    /// <summary>Takes it away, with its routes and rules. Nothing there: nothing done.</summary>
    public static void Delete(string name)
    {
        using var netlink = new RouteNetlink();
        foreach (var (destination, length) in netlink.Refused(MetricOf(name))) netlink.DeleteRefusal(destination, length, MetricOf(name));
        if (netlink.FindLink(name) is not { } link) return;
        foreach (var (destination, length, table) in netlink.RoutesBy(link.Index))
            if (table == RouteNetlink.MainTable) netlink.DeleteRule(destination, length, FromPods);
        netlink.DeleteLink(name);
    }

    private static void Prepare(string name)
    {
        // What comes by a tunnel is checked where it comes in, by who sent it.
        Sysctl.Write($"net/ipv4/conf/{name}/rp_filter", "0");
        Sysctl.Write($"net/ipv4/conf/{name}/forwarding", "1");
        var ipv6 = $"net/ipv6/conf/{name}";
        if (Sysctl.Read($"{ipv6}/disable_ipv6") is null) return;     // a kernel without IPv6
        Sysctl.Write($"{ipv6}/disable_ipv6", "0");
        Sysctl.Write($"{ipv6}/addr_gen_mode", "1");
        Sysctl.Write($"{ipv6}/accept_ra", "0");
        Sysctl.Write($"{ipv6}/forwarding", "1");
    }

    /// <summary>Worse than any route has, and another for another agent on this machine.</summary>
    private static uint MetricOf(string name) => 0x40000000 | (Convert.ToUInt32(name[2..], 16) >> 2);

    private static int Bits(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;

    private static (IPAddress Destination, int Length) Parse(TunnelledPrefix prefix) =>
        IPNetwork.TryParse(prefix.Prefix, out var network) ? (network.BaseAddress, network.PrefixLength) : throw new IOException($"\"{prefix.Prefix}\" is no prefix that pods can be in");
}
