using Demilune.Contracts.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Resources;
using Network = Demilune.Neutron.Network;
using Port = Demilune.Neutron.Port;

namespace Demilune.Sdn.Topology;

/// <summary>Which node has which pods: what every node is told that tunnels to the others. Immutable; worked out once for a state of the network.</summary>
internal sealed class Placement
{
    private readonly Dictionary<(string Node, uint Network), AddressSet> _sets = [];

    /// <param name="former">Of a state before: what is the same in both is the same object, so that nobody has to compare it.</param>
    public Placement(NetworkState state, Placement? former)
    {
        Dictionary<(string, uint), List<string>> addresses = [];
        SortedDictionary<uint, Network> networks = [];
        foreach (var port in state.All<Port>().Where(IsTunnelled))
        {
            if (state.Find<Network>(port.NetworkId) is not { SegmentationId: { } number } network) continue;
            networks[(uint)number] = network;
            if (!addresses.TryGetValue((port.HostId!, (uint)number), out var here)) addresses[(port.HostId!, (uint)number)] = here = [];
            here.AddRange((port.FixedIps ?? []).Select(ip => ip.IpAddress!).Select(ip => ip.Contains(':', StringComparison.Ordinal) ? $"{ip}/128" : $"{ip}/32"));
        }
        foreach (var (key, pods) in addresses)
        {
            var set = AddressSets.Of($"node {key.Item1} {key.Item2}", pods);
            _sets[key] = former?._sets.GetValueOrDefault(key) is { } known && known.Equals(set) ? known : set;
        }
        Networks = [.. networks.Keys];
        Prefixes =
        [
            .. networks.SelectMany(network => state.Referrers<Subnet>(network.Value.Id).Select(subnet => new TunnelledPrefix { Prefix = subnet.Cidr, Network = network.Key }))
                .OrderBy(prefix => prefix.Network).ThenBy(prefix => prefix.Prefix, StringComparer.Ordinal),
        ];
    }

    /// <summary>Numbers of the networks that pods are on.</summary>
    public IReadOnlyList<uint> Networks { get; }

    public IReadOnlyList<TunnelledPrefix> Prefixes { get; }

    /// <summary>Its pods' addresses; null: it has none there.</summary>
    public AddressSet? Of(string node, uint network) => _sets.GetValueOrDefault((node, network));

    /// <summary>True if other nodes have to know where the port is.</summary>
    public static bool IsTunnelled(Port port) =>
        port is { HostId.Length: > 0, DeviceOwner: not (DeviceOwners.FirewallIn or DeviceOwners.FirewallOut) } && Bindings.IsOwn(port);
}
