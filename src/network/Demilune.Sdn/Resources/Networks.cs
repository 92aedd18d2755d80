using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class Networks : Collection<Network>
{
    public override AttributeTable Attributes { get; } = new(
        standard: true,
        new("admin_state_up", Checks.Bool) { Default = () => true },
        new("shared", Checks.Bool) { Default = () => false },
        new("router:external", Checks.Bool) { Default = () => false },
        new("mtu", Checks.Int(68, 65_535)) { Default = () => 1_500 },
        new("port_security_enabled", Checks.Bool) { Default = () => true },
        new("qos_policy_id", Checks.OrNull(Checks.Uuid)),
        Attribute.ReadOnly("status"),
        Attribute.ReadOnly("subnets"));

    public override Fault NotFound(string id) => new(404, "NetworkNotFound", $"Network {id} could not be found.");

    protected override Fault? OnCreate(Draft draft, ref Network made)
    {
        SecurityGroups.EnsureDefault(draft, made.ProjectId!);
        made = made with { Status = "ACTIVE" };
        return null;
    }

    protected override Fault? OnDelete(Draft draft, Network gone)
    {
        if (draft.State.Referrers<Port>(gone.Id).Any())
            return new(409, "NetworkInUse", $"Unable to complete operation on network {gone.Id}. There are one or more ports still in use on the network.");
        foreach (var subnet in draft.State.Referrers<Subnet>(gone.Id).ToList()) draft.Remove(subnet);
        return null;
    }

    protected override void Complete(NetworkState state, Network resource, JsonObject view) =>
        view["subnets"] = new JsonArray([.. state.Referrers<Subnet>(resource.Id).Select(subnet => JsonValue.Create(subnet.Id))]);
}
