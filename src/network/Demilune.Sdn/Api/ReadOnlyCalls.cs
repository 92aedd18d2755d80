using System.Numerics;
using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Resources;

namespace Demilune.Sdn.Api;

/// <summary>What is only looked at: agents, availability zones, and how full networks are.</summary>
internal static class ReadOnlyCalls
{
    /// <summary>Node agents report to the controller, not here: Neutron's list of agents is empty, and truly so. Zones there are none.</summary>
    public static ApiAnswer Empty(string name) => new(200, new JsonObject { [name] = new JsonArray() });

    public static ApiAnswer AgentNotFound(Draft draft, string id) =>
        ApiAnswer.Of(new(404, "AgentNotFound", $"Agent {id} could not be found."));

    public static ApiAnswer Availability(ApiRequest request, Draft draft, string[] rest) => rest switch
    {
        _ when !draft.Caller.IsAdmin => rest is [] ? Empty("network_ip_availabilities") : ApiAnswer.Of(Collections.Of(typeof(Network)).NotFound(rest[0])),
        [] => new(200, new JsonObject
        {
            ["network_ip_availabilities"] = new JsonArray([.. draft.State.All<Network>().Where(network => Wanted(request, network)).Select(network => View(draft.State, network))]),
        }),
        [var id] => draft.State.Find<Network>(id) is { } network
            ? new(200, new JsonObject { ["network_ip_availability"] = View(draft.State, network) })
            : ApiAnswer.Of(Collections.Of(typeof(Network)).NotFound(id)),
        _ => ApiAnswer.Of(Fault.NoSuchPath),
    };

    /// <summary>Where floating addresses come from: the IPv4 subnets of networks that lead outside, for this caller.</summary>
    public static ApiAnswer FloatingPools(ApiRequest request, Draft draft) => new(200, new JsonObject
    {
        ["floatingip_pools"] = new JsonArray([.. draft.State.All<Subnet>()
            .Where(subnet => subnet.IpVersion == 4 && draft.State.Find<Network>(subnet.NetworkId) is { } network && draft.IsExternal(network))
            .Select(subnet => Listing.Fields(new()
            {
                ["subnet_id"] = subnet.Id, ["subnet_name"] = subnet.Name, ["network_id"] = subnet.NetworkId, ["cidr"] = subnet.Cidr,
                ["project_id"] = draft.Caller.Project, ["tenant_id"] = draft.Caller.Project,
            }, request))]),
    });

    private static bool Wanted(ApiRequest request, Network network) => request.Query.All(filter => filter.Key switch
    {
        "network_id" => network.Id == filter.Value,
        "network_name" => network.Name == filter.Value,
        "project_id" or "tenant_id" => network.ProjectId == filter.Value,
        "ip_version" => true,
        _ => true,
    });

    /// <summary>A /64 has more addresses than a long counts, or a double tells apart.</summary>
    private static JsonNode Number(BigInteger count) => JsonNode.Parse(count.ToString(System.Globalization.CultureInfo.InvariantCulture))!;

    private static JsonObject View(NetworkState state, Network network)
    {
        var subnets = state.Referrers<Subnet>(network.Id).Select(subnet => (
            Subnet: subnet,
            Used: state.Referrers<Port>(subnet.Id).Sum(port => port.FixedIps!.Count(ip => ip.SubnetId == subnet.Id)),
            Total: Subnets.PoolsOf(subnet).Aggregate(BigInteger.Zero, (sum, pool) => sum + (BigInteger)(pool.Last.Value - pool.First.Value) + 1))).ToList();
        return new()
        {
            ["network_id"] = network.Id, ["network_name"] = network.Name, ["tenant_id"] = network.ProjectId, ["project_id"] = network.ProjectId,
            ["subnet_ip_availability"] = new JsonArray([.. subnets.Select(of => new JsonObject
            {
                ["subnet_id"] = of.Subnet.Id, ["subnet_name"] = of.Subnet.Name, ["ip_version"] = of.Subnet.IpVersion, ["cidr"] = of.Subnet.Cidr,
                ["used_ips"] = of.Used, ["total_ips"] = Number(of.Total),
            })]),
            ["used_ips"] = subnets.Sum(of => of.Used), ["total_ips"] = Number(subnets.Aggregate(BigInteger.Zero, (sum, of) => sum + of.Total)),
        };
    }
}
