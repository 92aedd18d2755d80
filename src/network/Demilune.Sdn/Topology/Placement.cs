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
    private readonly HashSet<uint> _networks;

    /// <param name="former">Of a state before: what is the same in both is the same object, so that nobody has to compare it.</param>
    public Placement(NetworkState state, Placement? former)
    {
        Dictionary<(string, uint), List<string>> addresses = [];
        SortedDictionary<uint, Network> networks = [];
        foreach (var port in state.All<Port>().Where(IsTunnelled))
        {
            // A cloud's network may have no number that we are told.
            if (state.Find<Network>(port.NetworkId) is not { } network || (uint)ProviderNetworks.NumberOf(network) is not (> 0 and var number)) continue;
            networks[number] = network;
            foreach (var ip in port.FixedIps ?? [])
            {
                var (address, version) = ip.IpAddress!.Contains(':', StringComparison.Ordinal) ? ($"{ip.IpAddress}/128", 6) : ($"{ip.IpAddress}/32", 4);
                Add(port.HostId!, number, address);
                if (Domains.RouterOf(state, port, version) is { Number: { } domain }) Add(port.HostId!, (uint)domain, address);
            }
        }
        // Whoever is behind a router finds its gateway so.
        foreach (var (gateway, router) in Gateways.Of(state, state.All<Port>()))
            foreach (var address in Gateways.InnerAddresses(state, router)) Add(gateway.HostId!, (uint)router.Number!.Value, $"{address}/{(address.Contains(':', StringComparison.Ordinal) ? 128 : 32)}");
        foreach (var (key, pods) in addresses)
        {
            var set = AddressSets.Of($"node {key.Item1} {key.Item2}", pods);
            _sets[key] = former?._sets.GetValueOrDefault(key) is { } known && known.Equals(set) ? known : set;
        }
        _networks = [.. networks.Keys];
        Networks = [.. networks.Keys, .. addresses.Keys.Select(key => key.Item2).Distinct().Where(number => !networks.ContainsKey(number)).Order()];
        Prefixes =
        [
            .. networks.Where(network => !Domains.IsApart(state, network.Value)).SelectMany(network => state.Referrers<Subnet>(network.Value.Id).Select(subnet => new TunnelledPrefix { Prefix = subnet.Cidr, Network = network.Key }))
                .OrderBy(prefix => prefix.Network).ThenBy(prefix => prefix.Prefix, StringComparer.Ordinal),
        ];

        void Add(string node, uint number, string address)
        {
            if (!addresses.TryGetValue((node, number), out var here)) addresses[(node, number)] = here = [];
            here.Add(address);
        }
    }

    /// <summary>Numbers of the networks that pods are on, then those of the domains that they are in.</summary>
    public IReadOnlyList<uint> Networks { get; }

    /// <summary>Of the networks that the hosts' stacks know.</summary>
    public IReadOnlyList<TunnelledPrefix> Prefixes { get; }

    /// <summary>False: a router's domain.</summary>
    public bool IsNetwork(uint number) => _networks.Contains(number);

    /// <summary>Its pods' addresses; null: it has none there.</summary>
    public AddressSet? Of(string node, uint network) => _sets.GetValueOrDefault((node, network));

    /// <summary>True if other nodes have to know where the port is.</summary>
    public static bool IsTunnelled(Port port) =>
        port is { HostId.Length: > 0, DeviceOwner: not (DeviceOwners.FirewallIn or DeviceOwners.FirewallOut or Resources.Routers.GatewayOwner) } && Bindings.IsOwn(port);
}
