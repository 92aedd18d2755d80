namespace Demilune.Neutron;

/// <summary>Prefixes out of which subnets get theirs, none twice.</summary>
public sealed record SubnetPool : StandardResource, IResource<SubnetPool>
{
    /// <summary>Of one IP version; may grow, and shrink by what is not used.</summary>
    public IReadOnlyList<string>? Prefixes { get; init; }

    /// <summary>Length of a subnet that does not say.</summary>
    public int? DefaultPrefixlen { get; init; }

    public int? MinPrefixlen { get; init; }
    public int? MaxPrefixlen { get; init; }

    /// <summary>Addresses (IPv4) or /64s (IPv6) that one project may take; null: all.</summary>
    public long? DefaultQuota { get; init; }

    public bool? Shared { get; init; }

    /// <summary>The pool of subnets that ask for the default; one for each IP version.</summary>
    public bool? IsDefault { get; init; }

    public string? AddressScopeId { get; init; }

    /// <summary>4 or 6. Read-only.</summary>
    public int? IpVersion { get; init; }

    public static ResourceKind<SubnetPool> Kind { get; } =
        new("subnetpools", "subnetpool", "subnetpools", NeutronJson.Default.SubnetPool, Bulk: false, "tags", "ip_version");
}
