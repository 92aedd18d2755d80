using System.Net;
using System.Net.NetworkInformation;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>A machine beyond the node's uplink: 203.0.113.5.</summary>
internal sealed class World : IDisposable
{
    public World(Lab lab)
    {
        Netns = NetworkNamespace.Create(Path.Combine(Path.GetTempPath(), $"spliceworld{Random.Shared.Next():x8}", "net"));
        Pod = new(Netns);
        lab.Host.Run(() =>
        {
            using var netlink = new RouteNetlink();
            netlink.CreateVeth("uplink", PhysicalAddress.Parse("02:00:00:00:98:01"), "eth0",
                PhysicalAddress.Parse("02:00:00:00:98:02"), Netns, 1500);
            var link = netlink.FindLink("uplink")!;
            netlink.SetLink(link.Index, up: true);
            netlink.AddAddress(link.Index, IPAddress.Parse("203.0.113.1"), 24);
        });
        Netns.Run(() =>
        {
            using var netlink = new RouteNetlink();
            netlink.SetLink(netlink.FindLink("lo")!.Index, up: true);
            var link = netlink.FindLink("eth0")!;
            netlink.SetLink(link.Index, up: true);
            netlink.AddAddress(link.Index, Address, 24);
            netlink.AddRoute(link.Index, IPAddress.Any, 0, IPAddress.Parse("203.0.113.1"));
        });
    }

    public NetworkNamespace Netns { get; }
    public LabPod Pod { get; }
    public IPAddress Address { get; } = IPAddress.Parse("203.0.113.5");

    public void AddAddress(string address) => Netns.Run(() =>
    {
        using var netlink = new RouteNetlink();
        netlink.AddAddress(netlink.FindLink("eth0")!.Index, IPAddress.Parse(address), 32);
    });

    public void Dispose()
    {
        NetworkNamespace.Delete(Netns.Path);
        Directory.Delete(Path.GetDirectoryName(Netns.Path)!, recursive: true);
        Netns.Dispose();
    }
}
