using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class Networks : Collection<Network>
{
    public override AttributeTable Attributes { get; } = new(
        standard: true,
        new("admin_state_up", Checks.Bool) { Default = () => true },
        new("shared", Checks.Bool) { Default = () => false, AdminSets = true },
        new("router:external", Checks.Bool) { Default = () => false, AdminSets = true },
        new("mtu", Checks.Int(68, 65_535)),
        new("port_security_enabled", Checks.Bool) { Default = () => true },
        new("qos_policy_id", Checks.OrNull(Checks.Uuid)),
        Attribute.Once("availability_zone_hints", Zones) with { Default = () => new JsonArray() },
        Attribute.ReadOnly("availability_zones"),
        Attribute.ReadOnly("ipv4_address_scope"),
        Attribute.ReadOnly("ipv6_address_scope"),
        Provider("provider:network_type", Checks.Text(32)),
        Provider("provider:physical_network", Checks.Text(64)),
        Provider("provider:segmentation_id", Checks.Int(int.MinValue, int.MaxValue)),
        Attribute.ReadOnly("status"),
        Attribute.ReadOnly("subnets"));

    private static Attribute Provider(string name, Check check) => new(name, check) { AdminSets = true, AdminSees = true };

    public static Check Zones => Checks.ListOf(Checks.Text(255), max: 16);

    /// <summary>There are no zones here, so none can be asked for.</summary>
    public static Fault? ZoneFault(IReadOnlyList<string>? hints) =>
        hints is [var zone, ..] ? new(404, "AvailabilityZoneNotFound", $"AvailabilityZone {zone} could not be found.") : null;

    public override string? SharedAs => "network";

    public override Fault NotFound(string id) => new(404, "NetworkNotFound", $"Network {id} could not be found.");

    protected override Fault? OnCreate(Draft draft, ref Network made)
    {
        SecurityGroups.EnsureDefault(draft, made.ProjectId!);
        made = made with { QosPolicyId = made.QosPolicyId ?? QosPolicies.DefaultOf(draft.State, made.ProjectId!) };
        if (QosPolicies.Missing(draft, made.QosPolicyId) is { } missing) return missing;
        if (ProviderNetworks.Complete(draft.State, ref made) is { } wire) return wire;
        if (ZoneFault(made.AvailabilityZoneHints) is { } zone) return zone;
        // VXLAN over IPv4 takes 50 bytes of what the wire carries.
        made = made with { Status = "ACTIVE", Mtu = made.Mtu ?? (made.NetworkType == "vxlan" ? 1_450 : 1_500), AvailabilityZoneHints = [] };
        return null;
    }

    protected override Fault? OnUpdate(Draft draft, Network was, ref Network now)
    {
        if (now.NetworkType != was.NetworkType || now.SegmentationId != was.SegmentationId || now.PhysicalNetwork != was.PhysicalNetwork)
            return Fault.InvalidInput("Plugin does not support updating provider attributes");
        if (was.Shared is true && now.Shared is false && Strangers(draft.State, was))
            return new(409, "InvalidSharedSetting", $"Unable to reconfigure sharing settings for network {was.Name}. Multiple tenants are using it.");
        return QosPolicies.ChangeFault(draft, was.QosPolicyId, now.QosPolicyId);
    }

    private static bool Strangers(NetworkState state, Network network) =>
        state.Referrers<Port>(network.Id).Any(port => port.ProjectId is not (null or "") && port.ProjectId != network.ProjectId)
        || state.Referrers<Subnet>(network.Id).Any(subnet => subnet.ProjectId != network.ProjectId);

    protected override Fault? OnDelete(Draft draft, Network gone)
    {
        foreach (var floating in draft.State.Referrers<FloatingIp>(gone.Id).Where(floating => floating.PortId is null).ToList()) FloatingIps.Remove(draft, floating);
        foreach (var port in draft.State.Referrers<Port>(gone.Id).Where(port => port.DeviceOwner == "network:dhcp").ToList()) draft.Remove(port);
        if (draft.State.Referrers<Port>(gone.Id).Any())
            return new(409, "NetworkInUse", $"Unable to complete operation on network {gone.Id}. There are one or more ports still in use on the network.");
        foreach (var subnet in draft.State.Referrers<Subnet>(gone.Id).ToList()) draft.Remove(subnet);
        return null;
    }

    protected override IEnumerable<string> References(Network resource) => resource.QosPolicyId is { } policy ? [policy] : [];

    protected override IEnumerable<string> Keys(Network resource) => ProviderNetworks.Keys(resource);

    protected override void Complete(NetworkState state, Network resource, JsonObject view)
    {
        var subnets = state.Referrers<Subnet>(resource.Id).ToList();
        view["subnets"] = new JsonArray([.. subnets.Select(subnet => JsonValue.Create(subnet.Id))]);
        view.Remove("demilune:number");
        view["availability_zones"] = new JsonArray();
        foreach (var version in (int[])[4, 6])
            view[$"ipv{version}_address_scope"] = subnets.Where(subnet => subnet.IpVersion == version)
                .Select(subnet => state.Find<SubnetPool>(subnet.SubnetpoolId)?.AddressScopeId).FirstOrDefault(scope => scope is not null);
    }
}
