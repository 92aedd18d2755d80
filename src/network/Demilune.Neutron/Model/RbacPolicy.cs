namespace Demilune.Neutron;

/// <summary>Lets another project, or all, use an object of one's own.</summary>
public sealed record RbacPolicy : Resource, IResource<RbacPolicy>
{
    /// <summary>"network", "qos_policy", "security_group", "address_group", "address_scope", "subnetpool".</summary>
    public string? ObjectType { get; init; }

    public string? ObjectId { get; init; }

    /// <summary>"access_as_shared", or "access_as_external" of networks.</summary>
    public string? Action { get; init; }

    /// <summary>A project's id; "*": all.</summary>
    public string? TargetTenant { get; init; }

    public static ResourceKind<RbacPolicy> Kind { get; } = new(
        "rbac-policies", "rbac_policy", "rbac_policies", NeutronJson.Default.RbacPolicy, Bulk: false, "name", "description");
}
