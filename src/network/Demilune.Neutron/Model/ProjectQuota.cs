namespace Demilune.Neutron;

/// <summary>How many objects one project may have, where it differs from the default. Its id is the project's.</summary>
public sealed record ProjectQuota : Resource, IResource<ProjectQuota>
{
    /// <summary>By name of a resource: "port", "security_group_rule"; -1: as many as the server can bear.</summary>
    public IReadOnlyDictionary<string, int>? Limits { get; init; }

    public static ResourceKind<ProjectQuota> Kind { get; } =
        new("quotas", "quota", "quotas", NeutronJson.Default.ProjectQuota, Bulk: false);
}
