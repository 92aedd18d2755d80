namespace Demilune.Neutron;

/// <summary>networking-sfc: which flows take a chain. Only name and description can be changed.</summary>
public sealed record FlowClassifier : Resource, IResource<FlowClassifier>
{
    /// <summary>"IPv4" (default) or "IPv6".</summary>
    public string? Ethertype { get; init; }

    /// <summary>"tcp", "udp", "icmp"; null: any.</summary>
    public string? Protocol { get; init; }

    public int? SourcePortRangeMin { get; init; }
    public int? SourcePortRangeMax { get; init; }
    public int? DestinationPortRangeMin { get; init; }
    public int? DestinationPortRangeMax { get; init; }
    public string? SourceIpPrefix { get; init; }
    public string? DestinationIpPrefix { get; init; }

    /// <summary>Port id: flows that it opens.</summary>
    public string? LogicalSourcePort { get; init; }

    /// <summary>Port id: flows that it accepts.</summary>
    public string? LogicalDestinationPort { get; init; }

    public L7Parameters? L7Parameters { get; init; }

    /// <summary>Instead of a prefix. Only with <see cref="Capabilities.ClassifierAddressGroup"/>.</summary>
    public string? SourceAddressGroupId { get; init; }

    /// <summary>Instead of a prefix. Only with <see cref="Capabilities.ClassifierAddressGroup"/>.</summary>
    public string? DestinationAddressGroupId { get; init; }

    /// <summary>Instead of a prefix: whoever the logical source port is told has this name. Only with <see cref="Capabilities.DomainNames"/>.</summary>
    public string? DestinationDomainName { get; init; }

    public static ResourceKind<FlowClassifier> Kind { get; } =
        new("sfc/flow_classifiers", "flow_classifier", "flow_classifiers", NeutronJson.Default.FlowClassifier, Bulk: false);
}

/// <summary>networking-sfc itself accepts an empty object only.</summary>
public sealed record L7Parameters
{
    /// <summary>1..4094: which security policy judges the flows. Only with <see cref="Capabilities.ClassifierPolicy"/>.</summary>
    public int? SecurityPolicyTag { get; init; }

    /// <summary>True: it only tells what it would have done. Only with a tag.</summary>
    public bool? SecurityPolicyShadow { get; init; }
}
