namespace Demilune.Neutron;

/// <summary>A set of traffic limits that ports and networks name.</summary>
public sealed record QosPolicy : StandardResource, IResource<QosPolicy>
{
    public bool? Shared { get; init; }
    public bool? IsDefault { get; init; }

    public static ResourceKind<QosPolicy> Kind { get; } =
        new("qos/policies", "policy", "policies", NeutronJson.Default.QosPolicy, Bulk: false, "tags");
}
