using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

/// <summary>Floating addresses: kept and checked. ACTIVE is one that the node with its router's gateway says it translates.</summary>
internal sealed class FloatingIps : Collection<FloatingIp>
{
    public const string Owner = "network:floatingip";

    public override AttributeTable Attributes { get; } = new AttributeTable(
        standard: true,
        Attribute.RequiredOnce("floating_network_id", Checks.Uuid),
        Attribute.Once("floating_ip_address", Checks.OrNull(Checks.IpAddress)) with { AdminSets = true },
        Attribute.Once("subnet_id", Checks.OrNull(Checks.Uuid)) with { Shown = false },
        new("port_id", Checks.OrNull(Checks.Uuid)),
        new("fixed_ip_address", Checks.OrNull(Checks.IpAddress)),
        new("qos_policy_id", Checks.OrNull(Checks.Uuid)),
        Attribute.ReadOnly("router_id"),
        Attribute.ReadOnly("status"),
        Attribute.ReadOnly("port_details")).Without("name");

    public override Fault NotFound(string id) => new(404, "FloatingIPNotFound", $"Floating IP {id} could not be found");

    public override Fault? Create(Draft draft, JsonObject attributes, out Resource made)
    {
        // Where the address is to come from is said once and not kept.
        var subnetId = Checks.TextOf(attributes["subnet_id"]);
        attributes.Remove("subnet_id");
        made = null!;
        if (subnetId is not null)
        {
            if (draft.State.Find<Subnet>(subnetId) is null) return Collections.Of(typeof(Subnet)).NotFound(subnetId);
            if (draft.State.Find<Subnet>(subnetId) is not { } subnet || subnet.NetworkId != Checks.TextOf(attributes["floating_network_id"]))
                return Fault.InvalidInput($"Failed to create port on network {attributes["floating_network_id"]}, because fixed_ips included invalid subnet {subnetId}");
            if (attributes["floating_ip_address"] is null)
            {
                if (draft.Give(subnet) is not { } address) return Exhausted(subnet.NetworkId!);
                attributes["floating_ip_address"] = address.ToString();
            }
        }
        return base.Create(draft, attributes, out made);
    }

    /// <summary>Once a floating address had nothing to change but its association, and a change of nothing took that away; clients still rely on it.</summary>
    public override Fault? Update(Draft draft, Resource was, JsonObject changes, out Resource now)
    {
        if (changes.Count == 0) changes["port_id"] = null;
        return base.Update(draft, was, changes, out now);
    }

    /// <summary>A port that goes takes no floating address with it.</summary>
    public static void Release(Draft draft, Port gone)
    {
        foreach (var floating in draft.State.Referrers<FloatingIp>(gone.Id).Where(floating => floating.PortId == gone.Id).ToList())
            draft.Put(draft.Revised(floating with { PortId = null, FixedIpAddress = null, RouterId = null, Status = "DOWN" }));
    }

    protected override Fault? OnCreate(Draft draft, ref FloatingIp made)
    {
        if (draft.State.Find<Network>(made.FloatingNetworkId) is not { } network || !draft.Sees(network))
            return Collections.Of(typeof(Network)).NotFound(made.FloatingNetworkId!);
        if (!draft.IsExternal(network)) return Bad($"Network {network.Id} is not a valid external network");
        var subnets = draft.State.Referrers<Subnet>(network.Id).Where(subnet => subnet.IpVersion == 4).ToList();
        if (subnets.Count == 0) return Bad($"Network {network.Id} does not contain any IPv4 subnet");
        if (QosPolicies.Missing(draft, made.QosPolicyId) is { } policy) return policy;
        if (made.FloatingIpAddress is null)
        {
            var address = subnets.Select(draft.Give).FirstOrDefault(given => given is not null);
            if (address is null) return Exhausted(network.Id);
            made = made with { FloatingIpAddress = address.ToString() };
        }
        var port = new Port
        {
            NetworkId = network.Id, ProjectId = "", DeviceId = made.Id, DeviceOwner = Owner, FixedIps = [new() { IpAddress = made.FloatingIpAddress }],
        };
        if (Ports.MakeInternal(draft, port, out _) is { } fault) return fault;
        made = made with { Status = "DOWN" };
        return Associate(draft, ref made);
    }

    protected override Fault? OnUpdate(Draft draft, FloatingIp was, ref FloatingIp now)
    {
        if (QosPolicies.ChangeFault(draft, was.QosPolicyId, now.QosPolicyId) is { } policy) return policy;
        // Another port means another address of it, unless that is said too.
        if (now.PortId != was.PortId && now.FixedIpAddress == was.FixedIpAddress) now = now with { FixedIpAddress = null };
        return now.PortId == was.PortId && now.FixedIpAddress == was.FixedIpAddress ? null : Associate(draft, ref now);
    }

    protected override Fault? OnDelete(Draft draft, FloatingIp gone)
    {
        RemovePorts(draft, gone);
        return null;
    }

    /// <summary>With the network that it is of, if nobody uses it.</summary>
    public static void Remove(Draft draft, FloatingIp gone)
    {
        RemovePorts(draft, gone);
        draft.Remove(gone);
    }

    private static void RemovePorts(Draft draft, FloatingIp gone)
    {
        foreach (var port in draft.State.Referrers<Port>(Ports.DeviceReference(gone.Id)).ToList()) draft.Remove(port);
    }

    protected override IEnumerable<string> References(FloatingIp resource) =>
        ((string?[])[resource.FloatingNetworkId, resource.PortId, resource.RouterId, resource.QosPolicyId]).OfType<string>();

    protected override IEnumerable<string> Keys(FloatingIp resource) =>
        resource.PortId is null ? [] : [Key(resource)];

    protected override void Complete(NetworkState state, FloatingIp resource, JsonObject view)
    {
        if (state.Find<Port>(resource.PortId) is not { } port) return;
        view["port_details"] = new JsonObject
        {
            ["name"] = port.Name, ["network_id"] = port.NetworkId, ["mac_address"] = port.MacAddress, ["admin_state_up"] = port.AdminStateUp,
            ["status"] = port.Status, ["device_id"] = port.DeviceId, ["device_owner"] = port.DeviceOwner,
        };
    }

    private static string Key(FloatingIp floating) => $"floating-of:{floating.PortId}:{floating.FixedIpAddress}";

    private static Fault Bad(string message) => new(400, "BadRequest", $"Bad floatingip request: {message}.");

    private static Fault Exhausted(string network) => new(400, "ExternalIpAddressExhausted", $"Unable to find any IP address on external network {network}.");

    /// <summary>Finds the port's address, and the router that joins it to the outside.</summary>
    private static Fault? Associate(Draft draft, ref FloatingIp floating)
    {
        if (floating.PortId is null)
        {
            if (floating.FixedIpAddress is not null) return Bad("fixed_ip_address cannot be specified without a port_id");
            floating = floating with { RouterId = null, Status = "DOWN" };
            return null;
        }
        if (draft.State.Find<Port>(floating.PortId) is not { } port || !draft.Sees(port)) return Collections.Of(typeof(Port)).NotFound(floating.PortId);
        if (!draft.Caller.IsAdmin && port.ProjectId != floating.ProjectId) return Bad($"Cannot process floating IP association with Port {port.Id}, since that port is owned by a different project");
        if (port.DeviceOwner is Routers.GatewayOwner or Owner or "network:dhcp") return Bad($"Port {port.Id} is unable to be assigned a floating IP");
        var own = port.FixedIps!.Where(ip => !ip.IpAddress!.Contains(':', StringComparison.Ordinal)).ToList();
        var asked = floating.FixedIpAddress;
        if (asked is not null && asked.Contains(':', StringComparison.Ordinal))
            return Bad($"Cannot process floating IP association with {asked}, since that is not an IPv4 address");
        if (asked is not null && !own.Exists(ip => ip.IpAddress == asked)) return Bad($"Port {port.Id} does not have fixed ip {asked}");
        if (asked is null && own.Count == 0) return Bad($"Cannot add floating IP to port {port.Id} that has no fixed IPv4 addresses");
        if (asked is null && own.Count > 1)
            return Bad($"Port {port.Id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP");
        var inside = asked is null ? own[0] : own.Find(ip => ip.IpAddress == asked)!;
        if (RouterFor(draft.State, inside.SubnetId!, floating.FloatingNetworkId!) is not { } router)
            return new(404, "ExternalGatewayForFloatingIPNotFound",
                $"External network {floating.FloatingNetworkId} is not reachable from subnet {inside.SubnetId}.  Therefore, cannot associate Port {port.Id} with a Floating IP.");
        floating = floating with { FixedIpAddress = inside.IpAddress, RouterId = router };
        return draft.State.Holder(Key(floating)) is not { } other || other == floating.Id ? null
            : new(409, "FloatingIPPortAlreadyAssociated",
                $"Cannot associate floating IP {floating.FloatingIpAddress} ({floating.Id}) with port {port.Id} using fixed IP {inside.IpAddress}, as that fixed IP already has a floating IP on external network {floating.FloatingNetworkId}.");
    }

    private static string? RouterFor(NetworkState state, string subnetId, string externalNetwork) =>
        state.Referrers<Port>(subnetId).Where(port => port.DeviceOwner == Routers.InterfaceOwner).Select(port => port.DeviceId)
            .FirstOrDefault(router => state.Find<Router>(router)?.ExternalGatewayInfo?.NetworkId == externalNetwork);
}
