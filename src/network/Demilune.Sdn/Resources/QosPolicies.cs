using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class QosPolicies : Collection<QosPolicy>
{
    public override AttributeTable Attributes { get; } = new(
        standard: true,
        new("shared", Checks.Bool) { Default = () => false, AdminSets = true },
        new("is_default", Checks.Bool) { Default = () => false },
        Attribute.ReadOnly("rules"));

    public override bool AdminWrites => true;

    public override string? SharedAs => "qos_policy";

    public override Fault NotFound(string id) => NoSuch(id);

    public static Fault NoSuch(string id) => new(404, "QosPolicyNotFound", $"QoS policy {id} could not be found.");

    /// <summary>The policy of networks that name none.</summary>
    public static string? DefaultOf(NetworkState state, string project) => state.Holder(DefaultKey(project));

    /// <summary>A policy that somebody names must be there.</summary>
    public static Fault? Missing(Draft draft, string? id) =>
        id is null || draft.State.Find<QosPolicy>(id) is { } policy && draft.Sees(policy) ? null : NoSuch(id);

    /// <summary>Another policy instead of one: the one must be there, and the other the caller's to take away.</summary>
    public static Fault? ChangeFault(Draft draft, string? was, string? now) =>
        was == now ? null
        : draft.State.Find<QosPolicy>(was) is { } policy && !draft.Sees(policy)
            ? new(403, "PolicyRemoveAuthorizationError", $"Failed to remove provided policy {was} because you are not authorized.")
        : Missing(draft, now);

    protected override Fault? OnCreate(Draft draft, ref QosPolicy made) => DefaultFault(draft, made);

    protected override Fault? OnUpdate(Draft draft, QosPolicy was, ref QosPolicy now) => DefaultFault(draft, now);

    protected override Fault? OnDelete(Draft draft, QosPolicy gone)
    {
        foreach (var (what, user) in draft.State.Referrers<Network>(gone.Id).Select(network => ("network", network.Id))
            .Concat(draft.State.Referrers<Port>(gone.Id).Select(port => ("port", port.Id))))
            return new(409, "QosPolicyInUse", $"QoS Policy {gone.Id} is used by {what} {user}.");
        foreach (var rule in draft.State.Referrers<QosRule>(gone.Id).ToList()) draft.Remove(rule);
        return null;
    }

    protected override IEnumerable<string> Keys(QosPolicy resource) =>
        resource.IsDefault is true ? [DefaultKey(resource.ProjectId!)] : [];

    protected override void Complete(NetworkState state, QosPolicy resource, JsonObject view) =>
        view["rules"] = new JsonArray([.. QosRules.Of(state, resource.Id).Select(QosRules.InPolicy)]);

    private static string DefaultKey(string project) => "default-qos-policy:" + project;

    private static Fault? DefaultFault(Draft draft, QosPolicy policy) =>
        policy.IsDefault is true && draft.State.Holder(DefaultKey(policy.ProjectId!)) is { } other && other != policy.Id
            ? new(409, "QoSPolicyDefaultAlreadyExists", $"A default QoS policy exists for project {policy.ProjectId}.")
            : null;
}
