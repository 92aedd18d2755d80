using System.Collections.Immutable;
using Demilune.Neutron;

namespace Demilune.Raven.Design;

/// <summary>Ports that are made before anybody needs them, so that a pod waits for one change of a port and not for a port to be made.</summary>
/// <remarks>
/// A spare has addresses, no security group and nobody behind it: nothing may pass. All of one pool have one key; who gets which does not matter.
/// Where the cloud carries the ports each node has its own pool, bound there; where nodes carry them one pool serves all.
/// </remarks>
/// <param name="Spares">Key of the pool → what each of its ports is.</param>
/// <param name="Least">Fewer than these, and as many are made as <paramref name="Most"/> wants.</param>
/// <param name="Most">More than these are deleted.</param>
internal sealed record PortPools(ImmutableSortedDictionary<string, Port> Spares, int Least, int Most)
{
    public static readonly PortPools None = new(ImmutableSortedDictionary<string, Port>.Empty, 0, 0);

    /// <param name="nodes">Of the cluster.</param>
    public static PortPools Of(RavenOptions options, IEnumerable<string> nodes)
    {
        if (options.MostSparePorts == 0) return None;
        var spares = options.Steering == SteeringDriver.PortChains
            ? nodes.Select(node => (Key.SpareOn(node), Spare(options, node)))
            : [(Key.Spare, Spare(options, null))];
        return new(spares.ToImmutableSortedDictionary(pool => pool.Item1, pool => pool.Item2, StringComparer.Ordinal), Math.Min(options.LeastSparePorts, options.MostSparePorts), options.MostSparePorts);
    }

    private static Port Spare(RavenOptions options, string? node) => new()
    {
        Name = $"demilune-{options.ClusterName}-spare",
        Description = Key.Mark(options.ClusterName, node is null ? Key.Spare : Key.SpareOn(node)),
        NetworkId = Key.Reference(Key.Network),
        DeviceOwner = DeviceOwners.Spare,
        SecurityGroups = [],
        HostId = node,
    };
}
