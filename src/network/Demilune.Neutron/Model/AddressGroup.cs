namespace Demilune.Neutron;

/// <summary>A named set of prefixes that rules refer to, so that a change of members touches no rule.</summary>
public sealed record AddressGroup : StandardResource, IResource<AddressGroup>
{
    public bool? Shared { get; init; }

    /// <summary>CIDRs. Given when created, later changed by add_addresses and remove_addresses only.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    public static ResourceKind<AddressGroup> Kind { get; } = new(
        "address-groups", "address_group", "address_groups", NeutronJson.Default.AddressGroup, Bulk: false, "tags", "shared");
}
