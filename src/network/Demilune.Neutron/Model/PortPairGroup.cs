namespace Demilune.Neutron;

/// <summary>networking-sfc: one hop of a chain; its pairs share the flows.</summary>
public sealed record PortPairGroup : Resource, IResource<PortPairGroup>
{
    /// <summary>Port pair ids; a pair is in one group at most.</summary>
    public IReadOnlyList<string>? PortPairs { get; init; }

    public PortPairGroupParameters? PortPairGroupParameters { get; init; }

    /// <summary>True: the hop sees copies only.</summary>
    public bool? TapEnabled { get; init; }

    /// <summary>Small number, unique. Read-only.</summary>
    public int? GroupId { get; init; }

    public static ResourceKind<PortPairGroup> Kind { get; } = new(
        "sfc/port_pair_groups", "port_pair_group", "port_pair_groups", NeutronJson.Default.PortPairGroup, Bulk: false, "group_id");
}

/// <summary>How a group shares flows.</summary>
public sealed record PortPairGroupParameters
{
    /// <summary>Of eth_src eth_dst ip_src ip_dst tcp_src tcp_dst udp_src udp_dst.</summary>
    public IReadOnlyList<string>? LbFields { get; init; }

    public PpgNTupleMapping? PpgNTupleMapping { get; init; }
}

/// <summary>What a service function that rewrites addresses makes of them.</summary>
public sealed record PpgNTupleMapping
{
    public NTuple? IngressNTuple { get; init; }
    public NTuple? EgressNTuple { get; init; }
}

/// <summary>A side of a mapping.</summary>
public sealed record NTuple
{
    public string? SourceIpPrefix { get; init; }
    public string? DestinationIpPrefix { get; init; }
    public int? SourcePortRangeMin { get; init; }
    public int? SourcePortRangeMax { get; init; }
    public int? DestinationPortRangeMin { get; init; }
    public int? DestinationPortRangeMax { get; init; }
}
