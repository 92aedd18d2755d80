using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class AddressScopes : Collection<AddressScope>
{
    public override AttributeTable Attributes { get; } = new AttributeTable(
        standard: false,
        Attribute.RequiredOnce("ip_version", Checks.IpVersion),
        new("shared", Checks.Bool) { Default = () => false, AdminSets = true }).Without("description");

    public override string? SharedAs => "address_scope";

    public override Fault NotFound(string id) => new(404, "AddressScopeNotFound", $"Address scope {id} could not be found");

    /// <summary>Why a pool with these prefixes cannot be in the scope.</summary>
    public static Fault? PoolFault(Draft draft, SubnetPool pool)
    {
        if (pool.AddressScopeId is not { } id) return null;
        if (draft.State.Find<AddressScope>(id) is not { } scope || !draft.Sees(scope))
            return Collections.Of(typeof(AddressScope)).NotFound(id);
        if (scope.IpVersion != pool.IpVersion)
            return new(400, "IllegalSubnetPoolIpVersionAssociationToAddressScope",
                $"Illegal subnetpool association: subnetpool {pool.Id} cannot associate with address scope {id} because subnetpool ip_version is not {scope.IpVersion}.");
        foreach (var other in draft.State.Referrers<SubnetPool>(id).Where(other => other.Id != pool.Id))
            if (pool.Prefixes!.Any(prefix => other.Prefixes!.Any(theirs => Cidr.Parse(prefix).Overlaps(Cidr.Parse(theirs)))))
                return new(409, "AddressScopePrefixConflict",
                    $"Failed to associate address scope: subnetpools within an address scope must have unique prefixes.");
        return null;
    }

    protected override Fault? OnCreate(Draft draft, ref AddressScope made) => null;

    protected override Fault? OnUpdate(Draft draft, AddressScope was, ref AddressScope now) =>
        was.Shared is true && now.Shared is false
            ? new(400, "AddressScopeUpdateError", $"Unable to update address scope {was.Id} : Shared address scope can't be unshared")
            : null;

    protected override Fault? OnDelete(Draft draft, AddressScope gone) =>
        draft.State.Referrers<SubnetPool>(gone.Id).Any()
            ? new(409, "AddressScopeInUse", $"Unable to complete operation on address scope {gone.Id}. There are one or more subnet pools in use on the address scope")
            : null;
}
