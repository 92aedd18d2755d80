using Demilune.Policy.Addresses;

namespace Demilune.Raven;

/// <summary>The cluster's place on the network.</summary>
public sealed record RavenOptions
{
    /// <summary>Names what is ours on a Neutron that others use too. At most 40 characters.</summary>
    public string ClusterName { get; init; } = "local";

    /// <summary>Pods get addresses of these, one per family. Default 10.244.0.0/16 and fd00:244::/64: Flannel's, so that habits hold.</summary>
    public IReadOnlyList<string> PodNetworks { get; init; } = ["10.244.0.0/16", "fd00:244::/64"];

    /// <summary>Changes within this time are one. Default 20 ms: a burst of events costs one plan, and nobody notices the wait.</summary>
    public TimeSpan Coalescing { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How often the network is read anew although nothing changed here: somebody else may have changed it. Default 1 min.</summary>
    public TimeSpan Reread { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How traffic comes to a firewall. Default: the splice on the pods' own interfaces.</summary>
    public SteeringDriver Steering { get; init; }

    /// <summary>Ports made ahead: when fewer than these are left, there are to be <see cref="MostSparePorts"/> again. Of the cluster, and with
    /// <see cref="SteeringDriver.PortChains"/> of each node.</summary>
    public int LeastSparePorts { get; init; }

    /// <summary>Default 0: no pool. The built-in network makes a port in less than a millisecond.</summary>
    public int MostSparePorts { get; init; }

    /// <summary>Making and deleting ports may take the network seconds: other things go on meanwhile. Default: no, each step is done when the next begins.</summary>
    public bool SlowPorts { get; init; }

    /// <summary>Asked before the first request of a change; disposed of after the last: nodes hear of nothing between. Null: they hear of each request (a Neutron elsewhere).</summary>
    public Func<IDisposable?>? Hold { get; init; }

    internal IEnumerable<Prefix> PodPrefixes => PodNetworks.Select(text => Prefix.TryParse(text, out var prefix)
        ? prefix
        : throw new ArgumentException($"pod network \"{text}\" is no CIDR, for example 10.244.0.0/16"));
}
