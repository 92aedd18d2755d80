using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class Networks : Collection<Network>
{
    /// <summary>The datapath's keys have 16 bits for it.</summary>
    private const int MaxNumber = 65_535;

    public override AttributeTable Attributes { get; } = new(
        standard: true,
        new("admin_state_up", Checks.Bool) { Default = () => true },
        new("shared", Checks.Bool) { Default = () => false },
        new("router:external", Checks.Bool) { Default = () => false },
        new("mtu", Checks.Int(68, 65_535)) { Default = () => 1_500 },
        new("port_security_enabled", Checks.Bool) { Default = () => true },
        new("qos_policy_id", Checks.OrNull(Checks.Uuid)),
        Attribute.ReadOnly("provider:network_type"),
        Attribute.ReadOnly("provider:segmentation_id"),
        Attribute.ReadOnly("status"),
        Attribute.ReadOnly("subnets"));

    public static string NumberKey(int number) => $"network-number:{number}";

    public override Fault NotFound(string id) => new(404, "NetworkNotFound", $"Network {id} could not be found.");

    protected override Fault? OnCreate(Draft draft, ref Network made)
    {
        SecurityGroups.EnsureDefault(draft, made.ProjectId!);
        made = made with { QosPolicyId = made.QosPolicyId ?? QosPolicies.DefaultOf(draft.State, made.ProjectId!) };
        if (QosPolicies.Missing(draft, made.QosPolicyId) is { } missing) return missing;
        var number = Enumerable.Range(1, MaxNumber).FirstOrDefault(candidate => draft.State.Holder(NumberKey(candidate)) is null);
        if (number == 0) return new(503, "NoNetworkAvailable", "Unable to create the network. No tenant network is available for allocation.");
        made = made with { Status = "ACTIVE", NetworkType = "demilune", SegmentationId = number };
        return null;
    }

    protected override Fault? OnUpdate(Draft draft, Network was, ref Network now) =>
        now.QosPolicyId == was.QosPolicyId ? null : QosPolicies.Missing(draft, now.QosPolicyId);

    protected override Fault? OnDelete(Draft draft, Network gone)
    {
        if (draft.State.Referrers<Port>(gone.Id).Any())
            return new(409, "NetworkInUse", $"Unable to complete operation on network {gone.Id}. There are one or more ports still in use on the network.");
        foreach (var subnet in draft.State.Referrers<Subnet>(gone.Id).ToList()) draft.Remove(subnet);
        return null;
    }

    protected override IEnumerable<string> References(Network resource) => resource.QosPolicyId is { } policy ? [policy] : [];

    protected override IEnumerable<string> Keys(Network resource) => [NumberKey(resource.SegmentationId ?? 0)];

    protected override void Complete(NetworkState state, Network resource, JsonObject view) =>
        view["subnets"] = new JsonArray([.. state.Referrers<Subnet>(resource.Id).Select(subnet => JsonValue.Create(subnet.Id))]);
}
