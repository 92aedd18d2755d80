namespace Demilune.Neutron;

/// <summary>An allowance, or, with <see cref="Capabilities.RuleTiers"/>, a denial. Cannot be changed, only made and deleted.</summary>
public sealed record SecurityGroupRule : StandardResource, IResource<SecurityGroupRule>
{
    public string? SecurityGroupId { get; init; }

    /// <summary>"ingress" or "egress".</summary>
    public string? Direction { get; init; }

    /// <summary>"IPv4" (default) or "IPv6".</summary>
    public string? Ethertype { get; init; }

    /// <summary>A name ("tcp") or a number 0..255; null: any.</summary>
    public string? Protocol { get; init; }

    /// <summary>Destination port; ICMP: type.</summary>
    public int? PortRangeMin { get; init; }

    /// <summary>Destination port; ICMP: code.</summary>
    public int? PortRangeMax { get; init; }

    /// <summary>A CIDR. Of the four remotes at most one; none: anybody.</summary>
    public string? RemoteIpPrefix { get; init; }

    /// <summary>Whoever has this security group.</summary>
    public string? RemoteGroupId { get; init; }

    /// <summary>Whoever is in this address group.</summary>
    public string? RemoteAddressGroupId { get; init; }

    /// <summary>Whoever the port is told has this name; "*.NAME": any name under it. Egress only. Only with <see cref="Capabilities.DomainNames"/>.</summary>
    public string? RemoteDomainName { get; init; }

    /// <summary>"allow" (default), "deny" or "pass": leave it to the next tier. Only with <see cref="Capabilities.RuleTiers"/>, like the next two.</summary>
    public string? Action { get; init; }

    /// <summary>1 to 254, the smaller is asked first; null: after all of them, where every rule allows.</summary>
    public int? Tier { get; init; }

    /// <summary>Within the tier: the smaller is asked first; of equal ones deny, allow, pass.</summary>
    public int? Order { get; init; }

    public static ResourceKind<SecurityGroupRule> Kind { get; } = new(
        "security-group-rules", "security_group_rule", "security_group_rules", NeutronJson.Default.SecurityGroupRule, Bulk: true,
        "name", "tags", "normalized_cidr", "belongs_to_default_sg");

    /// <summary>The prefix as Neutron understood it. Read-only.</summary>
    public string? NormalizedCidr { get; init; }

    /// <summary>Read-only.</summary>
    public bool? BelongsToDefaultSg { get; init; }
}
