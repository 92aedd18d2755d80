namespace Demilune.Neutron;

/// <summary>Within it no address is there twice: between networks of one scope routers need not translate.</summary>
public sealed record AddressScope : Resource, IResource<AddressScope>
{
    /// <summary>4 or 6.</summary>
    public int? IpVersion { get; init; }

    public bool? Shared { get; init; }

    public static ResourceKind<AddressScope> Kind { get; } =
        new("address-scopes", "address_scope", "address_scopes", NeutronJson.Default.AddressScope, Bulk: false);
}
