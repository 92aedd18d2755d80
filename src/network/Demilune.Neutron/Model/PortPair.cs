namespace Demilune.Neutron;

/// <summary>networking-sfc: one instance of a service function, by the two ports of its device.</summary>
public sealed record PortPair : Resource, IResource<PortPair>
{
    /// <summary>Port id.</summary>
    public string? Ingress { get; init; }

    /// <summary>Port id, of the same device_id.</summary>
    public string? Egress { get; init; }

    public ServiceFunctionParameters? ServiceFunctionParameters { get; init; }

    public static ResourceKind<PortPair> Kind { get; } =
        new("sfc/port_pairs", "port_pair", "port_pairs", NeutronJson.Default.PortPair, Bulk: false);
}

/// <summary>How a service function takes frames.</summary>
public sealed record ServiceFunctionParameters
{
    /// <summary>"mpls", "nsh", or null: plain frames.</summary>
    public string? Correlation { get; init; }

    /// <summary>Share of the flows among its group; default 1.</summary>
    public int? Weight { get; init; }
}
