namespace Demilune.Neutron;

/// <summary>What a port's traffic may be: the union of the rules of its groups, nothing else.</summary>
public sealed record SecurityGroup : StandardResource, IResource<SecurityGroup>
{
    /// <summary>True (default): replies to what is allowed are allowed.</summary>
    public bool? Stateful { get; init; }

    public bool? Shared { get; init; }

    /// <summary>Read-only; a new group has two that allow all egress.</summary>
    public IReadOnlyList<SecurityGroupRule>? SecurityGroupRules { get; init; }

    public static ResourceKind<SecurityGroup> Kind { get; } = new(
        "security-groups", "security_group", "security_groups", NeutronJson.Default.SecurityGroup, Bulk: true,
        "security_group_rules", "tags", "shared");
}
