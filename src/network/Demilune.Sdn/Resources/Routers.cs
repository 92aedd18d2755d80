using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

/// <summary>Routers: kept and checked. ACTIVE is one that the nodes say they enforce.</summary>
internal sealed class Routers : Collection<Router>
{
    public const string InterfaceOwner = "network:router_interface";
    public const string GatewayOwner = "network:router_gateway";

    /// <summary>Neutron's max_routes.</summary>
    private const int MaxRoutes = 30;

    private static readonly Check Gateway = Checks.OrNull((ref value) =>
        value is JsonObject { Count: 0 } ? null
        : Checks.Members(
            ("network_id", Checks.Uuid), ("enable_snat", Checks.Bool), ("external_fixed_ips", Ports.FixedIps), ("qos_policy_id", Checks.OrNull(Checks.Uuid)))(ref value)
            ?? (((JsonObject)value!).ContainsKey("network_id") ? null : "Validation of dictionary's keys failed. Expected keys: {'network_id'}"));

    private static readonly Check RouteList = Checks.OrNull(Checks.ListOf(
        Checks.AllMembers(("destination", Checks.StrictPrefix), ("nexthop", Checks.IpAddress)), max: 10_000));

    public override AttributeTable Attributes { get; } = new(
        standard: true,
        new("admin_state_up", Checks.Bool) { Default = () => true },
        new("external_gateway_info", Gateway),
        new("routes", RouteList) { Post = false },
        Attribute.Once("availability_zone_hints", Networks.Zones) with { Default = () => new JsonArray() },
        Attribute.ReadOnly("availability_zones"),
        Attribute.ReadOnly("status"));

    public override IReadOnlyDictionary<string, MemberAction> Actions { get; } = new Dictionary<string, MemberAction>
    {
        ["add_router_interface"] = (draft, router, body) => RouterInterfaces.Add(draft, (Router)router, body),
        ["remove_router_interface"] = (draft, router, body) => RouterInterfaces.Remove(draft, (Router)router, body),
        ["add_extraroutes"] = (draft, router, body) => ChangeRoutes(draft, (Router)router, body, (had, given) => [.. had, .. given.Except(had)]),
        ["remove_extraroutes"] = (draft, router, body) => ChangeRoutes(draft, (Router)router, body, (had, given) => [.. had.Except(given)]),
    };

    public override Fault NotFound(string id) => new(404, "RouterNotFound", $"Router {id} could not be found");

    public override Fault? Create(Draft draft, JsonObject attributes, out Resource made)
    {
        made = null!;
        return GatewayRights(draft, attributes, "create_router") ?? base.Create(draft, attributes, out made);
    }

    public override Fault? Update(Draft draft, Resource was, JsonObject changes, out Resource now)
    {
        now = null!;
        return GatewayRights(draft, changes, "update_router") ?? base.Update(draft, was, changes, out now);
    }

    /// <summary>The ports by which a router is in networks.</summary>
    public static IEnumerable<Port> PortsOf(NetworkState state, string routerId, string owner) =>
        state.Referrers<Port>(Ports.DeviceReference(routerId)).Where(port => port.DeviceOwner == owner);

    protected override Fault? OnCreate(Draft draft, ref Router made)
    {
        if (ProviderNetworks.DomainNumber(draft.State) is not { } number) return new(503, "NoNetworkAvailable", "Unable to create the router. No number is left for its domain.");
        made = made with { Status = "DOWN", Routes = [], AvailabilityZoneHints = made.AvailabilityZoneHints ?? [], Number = number };
        if (Networks.ZoneFault(made.AvailabilityZoneHints) is { } zone) return zone;
        if (made.ExternalGatewayInfo?.NetworkId is not null) return SetGateway(draft, ref made);
        made = made with { ExternalGatewayInfo = null };
        return null;
    }

    protected override Fault? OnUpdate(Draft draft, Router was, ref Router now)
    {
        now = now with { Routes = now.Routes ?? [] };
        if (!Same(was.ExternalGatewayInfo, now.ExternalGatewayInfo) && ChangeGateway(draft, was, ref now) is { } gateway) return gateway;
        return was.Routes!.SequenceEqual(now.Routes!) ? null : RouteFault(draft, now);
    }

    protected override Fault? OnDelete(Draft draft, Router gone)
    {
        if (PortsOf(draft.State, gone.Id, InterfaceOwner).Any()) return InUse(gone.Id, "still has ports");
        if (draft.State.Referrers<FloatingIp>(gone.Id).Any()) return GatewayInUse(gone.Id);
        foreach (var port in PortsOf(draft.State, gone.Id, GatewayOwner).ToList()) draft.Remove(port);
        return null;
    }

    protected override IEnumerable<string> References(Router resource) =>
        ((string?[])[resource.ExternalGatewayInfo?.NetworkId, resource.ExternalGatewayInfo?.QosPolicyId]).OfType<string>();

    protected override IEnumerable<string> Keys(Router resource) => resource.Number is { } number ? [ProviderNetworks.NumberKey(number)] : [];

    protected override void Complete(NetworkState state, Router resource, JsonObject view)
    {
        view.Remove("demilune:number");
        view["availability_zones"] = new JsonArray();
        view["routes"] = new JsonArray([.. (resource.Routes ?? []).Select(route =>
            new JsonObject { ["destination"] = route.Destination, ["nexthop"] = route.Nexthop })]);
        if (resource.ExternalGatewayInfo is not { } gateway) return;
        view["external_gateway_info"] = new JsonObject
        {
            ["network_id"] = gateway.NetworkId,
            ["external_fixed_ips"] = new JsonArray([.. PortsOf(state, resource.Id, GatewayOwner).SelectMany(port => port.FixedIps ?? []).Select(ip =>
                new JsonObject { ["subnet_id"] = ip.SubnetId, ["ip_address"] = ip.IpAddress })]),
            ["enable_snat"] = gateway.EnableSnat ?? true,
        };
        if (gateway.QosPolicyId is { } policy) view["external_gateway_info"]!["qos_policy_id"] = policy;
    }

    /// <summary>How a router meets the outside is the administrator's matter; that it does, its owner's.</summary>
    private static Fault? GatewayRights(Draft draft, JsonObject given, string rule) =>
        draft.Caller.IsAdmin || given["external_gateway_info"] is not JsonObject gateway ? null
        : gateway.ContainsKey("enable_snat") ? Fault.Forbidden($"rule:{rule} and rule:{rule}:external_gateway_info:enable_snat")
        : gateway["external_fixed_ips"] is not null ? Fault.Forbidden($"rule:{rule} and rule:{rule}:external_gateway_info:external_fixed_ips")
        : null;

    public static Fault InUse(string id, string reason) => new(409, "RouterInUse", $"Router {id} {reason}");

    private static Fault GatewayInUse(string id) => new(409, "RouterExternalGatewayInUseByFloatingIp",
        $"Gateway cannot be updated for router {id}, since a gateway to external network is required by one or more floating IPs.");

    private static bool Same(ExternalGateway? a, ExternalGateway? b) =>
        (a, b) is (null, null) || a is not null && b is not null && a.NetworkId == b.NetworkId && a.EnableSnat == (b.EnableSnat ?? true)
        && a.QosPolicyId == b.QosPolicyId && b.ExternalFixedIps is null;

    private static Fault? ChangeGateway(Draft draft, Router was, ref Router now)
    {
        var wanted = now.ExternalGatewayInfo;
        var moves = was.ExternalGatewayInfo is { } had && (wanted?.NetworkId != had.NetworkId || wanted?.ExternalFixedIps is not null);
        if (moves)
        {
            if (wanted?.NetworkId != was.ExternalGatewayInfo!.NetworkId && draft.State.Referrers<FloatingIp>(was.Id).Any()) return GatewayInUse(was.Id);
            foreach (var port in PortsOf(draft.State, was.Id, GatewayOwner).ToList()) draft.Remove(port);
        }
        if (wanted?.NetworkId is null)
        {
            now = now with { ExternalGatewayInfo = null };
            return null;
        }
        if (was.ExternalGatewayInfo is null || moves) return SetGateway(draft, ref now);
        now = now with { ExternalGatewayInfo = wanted with { EnableSnat = wanted.EnableSnat ?? was.ExternalGatewayInfo.EnableSnat, ExternalFixedIps = null } };
        return QosPolicies.Missing(draft, wanted.QosPolicyId);
    }

    private static Fault? SetGateway(Draft draft, ref Router router)
    {
        var wanted = router.ExternalGatewayInfo!;
        if (draft.State.Find<Network>(wanted.NetworkId) is not { } network || !draft.Sees(network))
            return Collections.Of(typeof(Network)).NotFound(wanted.NetworkId!);
        if (!draft.IsExternal(network)) return BadRouter($"Network {network.Id} is not an external network");
        if (QosPolicies.Missing(draft, wanted.QosPolicyId) is { } policy) return policy;
        var port = new Port
        {
            NetworkId = network.Id, ProjectId = "", DeviceId = router.Id, DeviceOwner = GatewayOwner, FixedIps = wanted.ExternalFixedIps is { Count: > 0 } ips ? ips : null,
        };
        if (Ports.MakeInternal(draft, port, out _) is { } fault) return fault;
        router = router with { ExternalGatewayInfo = wanted with { EnableSnat = wanted.EnableSnat ?? true, ExternalFixedIps = null } };
        return null;
    }

    public static Fault BadRouter(string message) => new(400, "BadRequest", $"Bad router request: {message}.");

    /// <summary>Each next hop must be a neighbour: in a subnet of the router, and not the router itself.</summary>
    private static Fault? RouteFault(Draft draft, Router router)
    {
        if (router.Routes!.Count > MaxRoutes)
            return new(409, "RoutesExhausted", $"Unable to complete operation for {router.Id}. The number of routes exceeds the maximum {MaxRoutes}.");
        var addresses = PortsOf(draft.State, router.Id, InterfaceOwner).Concat(PortsOf(draft.State, router.Id, GatewayOwner))
            .SelectMany(port => port.FixedIps ?? []).ToList();
        var prefixes = addresses.Select(ip => draft.State.Find<Subnet>(ip.SubnetId)).OfType<Subnet>().Select(Subnets.PrefixOf).ToList();
        foreach (var route in router.Routes)
        {
            if (!Address.TryParse(route.Nexthop, out var hop) || !prefixes.Exists(prefix => prefix.Contains(hop)))
                return Invalid(router, "the nexthop is not connected with router");
            if (addresses.Exists(ip => ip.IpAddress == route.Nexthop)) return Invalid(router, "the nexthop is used by router");
        }
        return null;
    }

    private static Fault Invalid(Router router, string why) => new(400, "InvalidRoutes",
        $"Invalid format for routes: [{string.Join(", ", router.Routes!.Select(route => $"{{'destination': '{route.Destination}', 'nexthop': '{route.Nexthop}'}}"))}], {why}");

    private static ApiAnswer ChangeRoutes(
        Draft draft, Router router, JsonObject body, Func<IReadOnlyList<HostRoute>, IReadOnlyList<HostRoute>, IReadOnlyList<HostRoute>> change)
    {
        if (body["router"] is not JsonObject wanted) return ApiAnswer.Of(Fault.BadRequest("Unable to find 'router' in request body"));
        var value = wanted["routes"];
        if (value is null) return ApiAnswer.Of(Fault.InvalidInput("Invalid input for routes. Reason: 'None' is not a list"));
        if (RouteList(ref value) is { } objection) return ApiAnswer.Of(objection.In("routes"));
        var given = value!.AsArray().Select(route => new HostRoute(route!["destination"]!.GetValue<string>(), route["nexthop"]!.GetValue<string>())).ToList();
        var changed = draft.Revised(router with { Routes = change(router.Routes!, given) });
        if (changed.Routes!.Count > router.Routes!.Count && RouteFault(draft, changed) is { } fault) return ApiAnswer.Of(fault);
        draft.Put(changed);
        return NetworkApi.One(Collections.Of(typeof(Router)), changed, draft, 200);
    }
}
