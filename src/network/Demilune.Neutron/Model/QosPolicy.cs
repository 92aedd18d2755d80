namespace Demilune.Neutron;

/// <summary>A set of traffic limits that ports and networks name.</summary>
public sealed record QosPolicy : StandardResource, IResource<QosPolicy>
{
    public bool? Shared { get; init; }

    /// <summary>The policy of networks of its project that name none; one a project.</summary>
    public bool? IsDefault { get; init; }

    /// <summary>Changed by the calls for rules only. Read-only.</summary>
    public IReadOnlyList<QosRule>? Rules { get; init; }

    public static ResourceKind<QosPolicy> Kind { get; } =
        new("qos/policies", "policy", "policies", NeutronJson.Default.QosPolicy, Bulk: false, "tags", "rules");
}
