using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>Several nodes, a router between them that knows nothing of pods, and the overlay that they make over it.</summary>
internal sealed class Underlay : IDisposable
{
    public const uint Port = 4789, Mtu = 1450;
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"splicenodes{Random.Shared.Next():x8}");
    private readonly List<Lab> _nodes = [];
    private readonly bool _isIpv6;
    private int _members;

    /// <param name="ipv6">Tunnels go over IPv6.</param>
    public Underlay(bool ipv6 = false)
    {
        _isIpv6 = ipv6;
        Assert.SkipUnless(Environment.UserName == "root", "network namespaces and eBPF need root");
        Router = NetworkNamespace.Create(Path.Combine(_directory, "router"));
        Router.Run(() =>
        {
            Sysctl.Write("net/ipv4/ip_forward", "1");
            Sysctl.Write("net/ipv6/conf/all/forwarding", "1");
        });
    }

    public NetworkNamespace Router { get; }

    /// <summary>Of pods, as the nodes are told.</summary>
    public List<TunnelledPrefix> Prefixes { get; } = [new() { Prefix = "10.9.0.0/16", Network = 1 }, new() { Prefix = "fd09::/64", Network = 1 }];
    public IReadOnlyList<Lab> Nodes => _nodes;

    /// <summary>A node's own address, from 0; the one its tunnels end at.</summary>
    public IPAddress AddressOf(int member) => IPAddress.Parse(_isIpv6 ? $"fd77:{member + 1}::1" : $"10.77.{member + 1}.1");

    public Lab AddNode()
    {
        Lab lab = new() { Mtu = _isIpv6 ? Mtu - 20 : Mtu };
        Connect(lab.Host);
        _nodes.Add(lab);
        return lab;
    }

    /// <summary>Somebody in the same data centre who is no node.</summary>
    /// <returns>Its number, for <see cref="AddressOf"/>.</returns>
    public int Connect(NetworkNamespace host)
    {
        var index = ++_members;
        host.Run(() =>
        {
            using var netlink = new RouteNetlink();
            netlink.CreateVeth("uplink", Mac(1, index), $"to{index}", Mac(2, index), Router, 1500);
            SetUp(netlink, "uplink", index, 1);
            var link = netlink.FindLink("uplink")!;
            netlink.AddRoute(link.Index, IPAddress.Any, 0, IPAddress.Parse($"10.77.{index}.254"));
            netlink.AddRoute(link.Index, IPAddress.IPv6Any, 0, IPAddress.Parse($"fd77:{index}::fe"));
        });
        Router.Run(() =>
        {
            using var netlink = new RouteNetlink();
            SetUp(netlink, $"to{index}", index, 254);
        });
        // Until then an interface drops without a word what is given to it.
        Assert.True(SpinWait.SpinUntil(() => IsRunning(host, "uplink") && IsRunning(Router, $"to{index}"), Traffic.Patience));
        return index - 1;
    }

    /// <summary>Tells every node who is where, and puts it in force.</summary>
    public void Apply()
    {
        foreach (var (node, number) in _nodes.Select((node, number) => (node, number)))
        {
            node.State.Overlay = new()
            {
                Addresses = { AddressOf(number).ToString() }, Port = Port, Mtu = node.Mtu,
                Prefixes = { Prefixes },
            };
            node.State.RemoteNodes.Clear();
            foreach (var set in node.State.AddressSets.Where(set => set.Id.StartsWith("node", StringComparison.Ordinal)).ToArray()) node.State.AddressSets.Remove(set);
            foreach (var (other, index) in _nodes.Select((other, index) => (other, index)).Where(other => other.index != number))
            {
                foreach (var network in other.State.Ports.SelectMany(port => (uint[])[port.Network, port.RouterIpv4]).Append(1u).Where(network => network != 0).Distinct())
                {
                    var set = $"node{index} {network}";
                    node.State.RemoteNodes.Add(new RemoteNode { Name = $"node{index}", Network = network, Addresses = { AddressOf(index).ToString() }, AddressSet = set });
                    node.State.AddressSets.Add(new AddressSet
                    {
                        Id = set, Prefixes = { other.State.Ports.Where(port => port.Network == network || port.RouterIpv4 == network).SelectMany(port => port.Addresses) },
                    });
                }
            }
            node.Apply();
        }
    }

    public void Dispose()
    {
        foreach (var node in _nodes) node.Dispose();
        NetworkNamespace.Delete(Router.Path);
        Router.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static void SetUp(RouteNetlink netlink, string name, int index, int last)
    {
        var link = netlink.FindLink(name)!;
        netlink.SetLink(link.Index, up: true);
        netlink.AddAddress(link.Index, IPAddress.Parse($"10.77.{index}.{last}"), 24);
        netlink.AddAddress(link.Index, IPAddress.Parse(last == 1 ? $"fd77:{index}::1" : $"fd77:{index}::fe"), 64);
    }

    private static bool IsRunning(NetworkNamespace netns, string name) => netns.Run(() =>
    {
        using var netlink = new RouteNetlink();
        return netlink.FindLink(name) is { IsRunning: true };
    });

    private static PhysicalAddress Mac(int side, int index) => PhysicalAddress.Parse($"02:00:00:77:{side:x2}:{index:x2}");
}
