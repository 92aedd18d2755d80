namespace Demilune.Neutron;

/// <summary>networking-sfc: flows of these classifiers go through one pair of each group, in this order.</summary>
public sealed record PortChain : Resource, IResource<PortChain>
{
    /// <summary>At least one; no two chains over the same list.</summary>
    public IReadOnlyList<string>? PortPairGroups { get; init; }

    /// <summary>A classifier is in one chain at most, and may not overlap one of another chain.</summary>
    public IReadOnlyList<string>? FlowClassifiers { get; init; }

    public ChainParameters? ChainParameters { get; init; }

    /// <summary>0..65535; null in a create: the server chooses.</summary>
    public int? ChainId { get; init; }

    public static ResourceKind<PortChain> Kind { get; } =
        new("sfc/port_chains", "port_chain", "port_chains", NeutronJson.Default.PortChain, Bulk: false);
}

/// <summary>How a chain is carried.</summary>
public sealed record ChainParameters
{
    /// <summary>"mpls" (default) or "nsh". Real clouds black-hole nsh.</summary>
    public string? Correlation { get; init; }

    /// <summary>True: replies go back through the same instances. One-way chains break TCP between secured ports.</summary>
    public bool? Symmetric { get; init; }
}
