using System.Net;
using System.Net.NetworkInformation;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;

namespace Demilune.Linux.Tests.Netlink;

public sealed class RouteNetlinkTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"splicenet{Random.Shared.Next():x8}");
    private readonly NetworkNamespace _here, _there;

    public RouteNetlinkTests()
    {
        Assert.SkipUnless(Environment.UserName == "root", "network namespaces need root");
        _here = NetworkNamespace.Create(Path.Combine(_directory, "here"));
        _there = NetworkNamespace.Create(Path.Combine(_directory, "there"));
    }

    public void Dispose()
    {
        foreach (var one in new[] { _here, _there })
        {
            NetworkNamespace.Delete(one.Path);
            one.Dispose();
        }
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void A_veth_is_born_with_its_far_end_in_the_other_namespace()
    {
        PhysicalAddress near = PhysicalAddress.Parse("02:00:00:00:00:01"), far = PhysicalAddress.Parse("02:00:00:00:00:02");
        var link = _here.Run(() =>
        {
            using var netlink = new RouteNetlink();
            netlink.CreateVeth("near", near, "far", far, _there, 1400);
            netlink.SetLink(netlink.FindLink("near")!.Index, up: true);
            return netlink.FindLink("near")!;
        });
        var other = _there.Run(() =>
        {
            using var netlink = new RouteNetlink();
            return netlink.FindLink("far")!;
        });
        Assert.Equal((near, 1400, true, other.Index), (link.Mac, link.Mtu, link.IsUp, link.PeerIndex));
        Assert.Equal((far, 1400, false), (other.Mac, other.Mtu, other.IsUp));
    }

    [Fact]
    public void Doing_it_twice_is_doing_it_once_and_what_is_not_there_is_no_error() => _here.Run(() =>
    {
        using var netlink = new RouteNetlink();
        var mac = PhysicalAddress.Parse("02:00:00:00:00:02");
        netlink.CreateVeth("near", mac, "far", mac, _there, 1500);
        var index = netlink.FindLink("near")!.Index;
        netlink.SetLink(index, up: true);
        for (var i = 0; i < 2; i++)
            foreach (var (address, gateway) in new[] { ("10.1.1.1", "169.254.1.1"), ("fd00::1", "fe80::1") })
            {
                var own = IPAddress.Parse(address);
                netlink.AddAddress(index, own, own.GetAddressBytes().Length * 8);
                netlink.AddNeighbour(index, IPAddress.Parse(gateway), mac);
                netlink.AddRoute(index, own.GetAddressBytes().Length == 4 ? IPAddress.Any : IPAddress.IPv6Any, 0, IPAddress.Parse(gateway));
            }
        Assert.True(netlink.DeleteRoute(index, IPAddress.Any, 0));
        Assert.False(netlink.DeleteRoute(index, IPAddress.Any, 0));
        Assert.True(netlink.DeleteLink("near"));
        Assert.False(netlink.DeleteLink("near"));
        Assert.Null(netlink.FindLink("near"));
    });

    [Fact]
    public void A_refusal_names_the_step() => _here.Run(() =>
    {
        using var netlink = new RouteNetlink();
        var error = Assert.Throws<NetlinkException>(() => netlink.AddAddress(4711, IPAddress.Parse("10.1.1.1"), 32));
        Assert.StartsWith("add 10.1.1.1/32 to interface 4711: ", error.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Code_run_in_a_namespace_leaves_the_caller_where_it_was()
    {
        string Where() => new FileInfo("/proc/thread-self/ns/net").LinkTarget!;
        var before = Where();
        Assert.NotEqual(before, _here.Run(Where));
        Assert.Equal(before, Where());
        Assert.Throws<InvalidOperationException>(() => _here.Run(() => throw new InvalidOperationException("as thrown")));
    }

    [Fact]
    public void A_device_of_tunnels_is_found_by_its_port_and_its_routes_and_rules_are_read_and_taken_back() => _here.Run(() =>
    {
        using var netlink = new RouteNetlink();
        netlink.SetLink(netlink.FindLink("lo")!.Index, up: true);       // before a namespace's first address the kernel takes every gateway for wrong
        netlink.CreateVxlan("tunnels", 4790, 1400);
        var link = netlink.FindLink("tunnels")!;
        Assert.Equal((4790, 1400), (link.TunnelPort, link.Mtu));
        netlink.SetLink(link.Index, up: true);
        foreach (var (destination, length, gateway, table) in new[] { ("10.9.0.0", 16, "169.254.1.2", RouteNetlink.MainTable), ("192.0.2.7", 32, "169.254.1.2", 25_709), ("fd09::", 64, "fe80::1", 25_709) })
            for (var i = 0; i < 2; i++) netlink.AddRoute(link.Index, IPAddress.Parse(destination), length, IPAddress.Parse(gateway), table: table);
        Assert.Equal(["10.9.0.0/16 254", "192.0.2.7/32 25709", "fd09::/64 25709"],
            netlink.RoutesBy(link.Index).Select(route => $"{route.Destination}/{route.PrefixLength} {route.Table}").Order(StringComparer.Ordinal));
        Assert.Empty(netlink.RoutesBy(netlink.FindLink("lo")!.Index));
        Assert.True(netlink.DeleteRoute(link.Index, IPAddress.Parse("192.0.2.7"), 32, 25_709));
        Assert.False(netlink.DeleteRoute(link.Index, IPAddress.Parse("192.0.2.7"), 32, 25_709));
        foreach (var source in new[] { "10.9.0.0", "fd09::" })
        {
            for (var i = 0; i < 2; i++) netlink.AddRule(IPAddress.Parse(source), 16, 25_709);
            Assert.True(netlink.DeleteRule(IPAddress.Parse(source), 16, 25_709));
            Assert.False(netlink.DeleteRule(IPAddress.Parse(source), 16, 25_709));
        }
        Assert.True(netlink.DeleteLink("tunnels"));
        Assert.Empty(netlink.RoutesBy(link.Index));
    });
}
