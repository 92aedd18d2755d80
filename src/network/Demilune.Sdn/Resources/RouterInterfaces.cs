using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

/// <summary>add_router_interface and remove_router_interface: by subnet (its gateway address) or by a port made before.</summary>
internal static class RouterInterfaces
{
    public static ApiAnswer Add(Draft draft, Router router, JsonObject body)
    {
        if (Read(body, out var subnetId, out var portId) is { } unreadable) return ApiAnswer.Of(unreadable);
        if (subnetId is not null && portId is not null) return ApiAnswer.Of(Routers.BadRouter("Cannot specify both subnet-id and port-id"));
        var fault = portId is not null ? ByPort(draft, router, portId, out var port) : BySubnet(draft, router, subnetId!, out port);
        return fault is null ? Said(router, port) : ApiAnswer.Of(fault);
    }

    public static ApiAnswer Remove(Draft draft, Router router, JsonObject body)
    {
        if (Read(body, out var subnetId, out var portId) is { } unreadable) return ApiAnswer.Of(unreadable);
        var ports = Routers.PortsOf(draft.State, router.Id, Routers.InterfaceOwner).ToList();
        Port? port;
        if (portId is not null)
        {
            port = ports.Find(candidate => candidate.Id == portId);
            if (port is null)
                return ApiAnswer.Of(new(404, "RouterInterfaceNotFound", $"Router {router.Id} does not have an interface with id {portId}"));
            if (subnetId is not null && !port.FixedIps!.Any(ip => ip.SubnetId == subnetId))
                return ApiAnswer.Of(new(409, "SubnetMismatchForPort", $"Subnet on port {portId} does not match the requested subnet {subnetId}."));
        }
        else
        {
            if (draft.State.Find<Subnet>(subnetId) is null) return ApiAnswer.Of(Collections.Of(typeof(Subnet)).NotFound(subnetId!));
            port = ports.Find(candidate => candidate.FixedIps!.Any(ip => ip.SubnetId == subnetId));
            if (port is null)
                return ApiAnswer.Of(new(404, "RouterInterfaceNotFoundForSubnet", $"Router {router.Id} has no interface on subnet {subnetId}"));
        }
        foreach (var id in port.FixedIps!.Select(ip => ip.SubnetId!))
        {
            var prefix = Subnets.PrefixOf(draft.State.Find<Subnet>(id)!);
            if (draft.State.Referrers<FloatingIp>(router.Id).Any(floating => Address.TryParse(floating.FixedIpAddress ?? "", out var fixedIp) && prefix.Contains(fixedIp)))
                return ApiAnswer.Of(new(409, "RouterInterfaceInUseByFloatingIP",
                    $"Router interface for subnet {id} on router {router.Id} cannot be deleted, as it is required by one or more floating IPs."));
            if (router.Routes!.Any(route => Address.TryParse(route.Nexthop, out var hop) && prefix.Contains(hop)))
                return ApiAnswer.Of(new(409, "RouterInterfaceInUseByRoute",
                    $"Router interface for subnet {id} on router {router.Id} cannot be deleted, as it is required by one or more routes."));
        }
        draft.Remove(port);
        draft.Touch<Router>(router.Id);
        return Said(router, port);
    }

    private static Fault? Read(JsonObject body, out string? subnetId, out string? portId)
    {
        (subnetId, portId) = (null, null);
        if (!body.ContainsKey("subnet_id") && !body.ContainsKey("port_id")) return Routers.BadRouter("Either subnet_id or port_id must be specified");
        foreach (var name in (string[])["port_id", "subnet_id"])
        {
            if (!body.TryGetPropertyValue(name, out var value)) continue;
            if (Checks.Uuid(ref value) is { } objection) return Routers.BadRouter(objection.Reason);
            if (name == "port_id") portId = Checks.TextOf(value);
            else subnetId = Checks.TextOf(value);
        }
        return null;
    }

    private static Fault? BySubnet(Draft draft, Router router, string subnetId, out Port port)
    {
        port = null!;
        if (draft.State.Find<Subnet>(subnetId) is not { } subnet || !draft.Sees(subnet)) return Collections.Of(typeof(Subnet)).NotFound(subnetId);
        if (subnet.GatewayIp is null) return Routers.BadRouter("Subnet for router interface must have a gateway IP");
        if (OverlapFault(draft, router, [subnet]) is { } overlap) return overlap;
        var wanted = new Port
        {
            NetworkId = subnet.NetworkId, ProjectId = router.ProjectId, DeviceId = router.Id, DeviceOwner = Routers.InterfaceOwner,
            FixedIps = [new() { SubnetId = subnet.Id, IpAddress = subnet.GatewayIp }],
        };
        if (Ports.MakeInternal(draft, wanted, out port) is { } fault) return fault;
        draft.Touch<Router>(router.Id);
        return null;
    }

    private static Fault? ByPort(Draft draft, Router router, string portId, out Port port)
    {
        port = null!;
        if (draft.State.Find<Port>(portId) is not { } found || !draft.Sees(found)) return Collections.Of(typeof(Port)).NotFound(portId);
        if (found.DeviceId is not (null or ""))
            return new(409, "PortInUse", $"Unable to complete operation on port {found.Id} for network {found.NetworkId}. Port already has an attached device {found.DeviceId}.");
        if (found.FixedIps is not { Count: > 0 } ips) return Routers.BadRouter("Router port must have at least one fixed IP");
        var subnets = ips.Select(ip => draft.State.Find<Subnet>(ip.SubnetId)!).ToList();
        if (subnets.Count(subnet => subnet.IpVersion == 4) > 1) return Routers.BadRouter("Cannot have multiple IPv4 subnets on router port");
        if (OverlapFault(draft, router, subnets) is { } overlap) return overlap;
        port = draft.Revised(found with { DeviceId = router.Id, DeviceOwner = Routers.InterfaceOwner });
        draft.Put(port);
        draft.Touch<Router>(router.Id);
        return null;
    }

    /// <summary>A router that is in two networks with one address could not tell where to.</summary>
    private static Fault? OverlapFault(Draft draft, Router router, List<Subnet> added)
    {
        foreach (var there in draft.State.Referrers<Port>(Ports.DeviceReference(router.Id)).SelectMany(port => port.FixedIps ?? []).Select(ip => draft.State.Find<Subnet>(ip.SubnetId)!))
            foreach (var subnet in added)
                if (there.Id == subnet.Id) return Routers.BadRouter($"Router already has a port on subnet {subnet.Id}");
                else if (Subnets.PrefixOf(there).Overlaps(Subnets.PrefixOf(subnet)))
                    return Routers.BadRouter($"Cidr {subnet.Cidr} of subnet {subnet.Id} overlaps with cidr {there.Cidr} of subnet {there.Id}");
        return null;
    }

    private static ApiAnswer Said(Router router, Port port) => new(200, new JsonObject
    {
        ["id"] = router.Id, ["tenant_id"] = router.ProjectId, ["port_id"] = port.Id, ["network_id"] = port.NetworkId,
        ["subnet_id"] = port.FixedIps![0].SubnetId, ["subnet_ids"] = new JsonArray([.. port.FixedIps.Select(ip => JsonValue.Create(ip.SubnetId))]),
    });
}
