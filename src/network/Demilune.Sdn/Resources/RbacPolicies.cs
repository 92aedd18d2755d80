using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

/// <summary>Who else may use an object: "shared" and "external" of networks are nothing but policies for all projects.</summary>
internal sealed class RbacPolicies : Collection<RbacPolicy>
{
    public const string Shared = "access_as_shared";
    public const string External = "access_as_external";
    public const string Everybody = "*";

    private static readonly Check ObjectType = (ref value) =>
        Checks.TextOf(value) is { } text && Collections.SharedAs(text) is not null
            ? null : new($"'{Checks.Python(value)}' is not a valid RBAC object type", Conversion: true);

    public override AttributeTable Attributes { get; } = new AttributeTable(
        standard: false,
        Attribute.RequiredOnce("object_type", ObjectType),
        Attribute.RequiredOnce("object_id", Checks.Uuid),
        Attribute.RequiredOnce("action", Checks.Text(255)),
        new("target_tenant", Checks.Text(255)) { Required = true }).Without("name", "description");

    public override Fault NotFound(string id) => new(404, "RbacPolicyNotFound", $"RBAC policy of type unknown with ID {id} not found");

    /// <summary>Lets everybody.</summary>
    public static void Open(Draft draft, string type, Resource of, string action)
    {
        if (draft.State.Holder(Key(of.Id, action, Everybody)) is null)
            draft.Put(new RbacPolicy { Id = draft.NewId(), ProjectId = of.ProjectId, ObjectType = type, ObjectId = of.Id, Action = action, TargetTenant = Everybody });
    }

    /// <summary>No longer everybody; a network that no longer leads outside does so for nobody.</summary>
    public static Fault? Close(Draft draft, Resource of, string action)
    {
        if (action == External)
        {
            if (draft.State.Referrers<Port>(of.Id).Any(port => port.DeviceOwner is Routers.GatewayOwner or FloatingIps.Owner))
                return new(409, "ExternalNetworkInUse", $"External network {of.Id} cannot be updated to be made non-external, since it has existing gateway ports.");
            foreach (var policy in draft.State.Referrers<RbacPolicy>(of.Id).Where(policy => policy.Action == External).ToList()) draft.Remove(policy);
            return null;
        }
        if (draft.State.Find<RbacPolicy>(draft.State.Holder(Key(of.Id, action, Everybody))) is not { } everybody) return null;
        if (InUse(draft.State, everybody) is { } used) return used;
        draft.Remove(everybody);
        return null;
    }

    protected override Fault? OnCreate(Draft draft, ref RbacPolicy made)
    {
        var wanted = made;
        var collection = Collections.SharedAs(made.ObjectType!)!;
        if (made.Action != Shared && !(made.Action == External && made.ObjectType == "network"))
            return new(400, "InvalidActionForType", $"Invalid action '{made.Action}' for object type '{made.ObjectType}'. Valid actions: {Shared}{(made.ObjectType == "network" ? ", " + External : "")}");
        if (draft.State.Find(collection.Kind, made.ObjectId) is not { } shared || !draft.Sees(shared))
            return Fault.InvalidInput(collection.NotFound(made.ObjectId!).Message.TrimEnd('.'));
        if (!draft.Owns(shared)) return Fault.InvalidInput("RBAC policies may be made for objects of one's own only");
        if (!draft.Caller.IsAdmin && made.TargetTenant == Everybody) return Fault.Forbidden("rule:create_rbac_policy and rule:create_rbac_policy:target_tenant");
        if (shared is SubnetPool { AddressScopeId: { } scope } && !draft.State.Referrers<RbacPolicy>(scope).Any(of => of.TargetTenant == Everybody || of.TargetTenant == wanted.TargetTenant))
            return new(400, "RbacPolicyInitError", $"Failed to create RBAC policy for subnetpool {shared.Id}: project {wanted.TargetTenant} has no access to its address scope {scope}.");
        if (draft.State.Holder(Key(made)) is not null) return new(409, "DuplicateRbacPolicy", "An RBAC policy already exists with those values.");
        Touch(draft, made);
        return null;
    }

    protected override Fault? OnUpdate(Draft draft, RbacPolicy was, ref RbacPolicy now)
    {
        if (!draft.Caller.IsAdmin && now.TargetTenant == Everybody) return Fault.Forbidden("rule:update_rbac_policy and rule:update_rbac_policy:target_tenant");
        if (was.TargetTenant == now.TargetTenant) return null;
        if (draft.State.Holder(Key(now)) is { } other && other != now.Id)
            return new(409, "DuplicateRbacPolicy", "An RBAC policy already exists with those values.");
        if (InUse(draft.State, was, now.TargetTenant) is { } used) return used;
        Touch(draft, now);
        return null;
    }

    protected override Fault? OnDelete(Draft draft, RbacPolicy gone)
    {
        if (InUse(draft.State, gone) is { } used) return used;
        Touch(draft, gone);
        return null;
    }

    /// <summary>Whom an object is for belongs to it: its revision says that it changed.</summary>
    private static void Touch(Draft draft, RbacPolicy policy)
    {
        if (Collections.SharedAs(policy.ObjectType!) is { } collection && draft.State.Find(collection.Kind, policy.ObjectId) is StandardResource shared)
            draft.Put(draft.Revised(shared));
    }

    protected override IEnumerable<string> References(RbacPolicy resource) => [resource.ObjectId!];

    protected override IEnumerable<string> Keys(RbacPolicy resource) => [Key(resource)];

    /// <summary>What a project made of the object while it might must not hang in the air.</summary>
    /// <param name="state">Before the policy goes.</param>
    /// <param name="policy">What goes.</param>
    /// <param name="instead">Whom the policy is for from then on; null: it is deleted.</param>
    private static Fault? InUse(NetworkState state, RbacPolicy policy, string? instead = null)
    {
        var others = state.Referrers<RbacPolicy>(policy.ObjectId!).Where(other => other.Id != policy.Id && other.Action == policy.Action)
            .Select(other => other.TargetTenant!).ToHashSet(StringComparer.Ordinal);
        // Of what is shared, Neutron does not count who is to have it instead, but for everybody.
        if (instead is not null && (policy.Action == External || instead == Everybody)) others.Add(instead);
        if (others.Contains(Everybody)) return null;
        var users = policy.Action == External ? state.Referrers<Router>(policy.ObjectId!).Select(router => router.ProjectId!) : Users(state, policy);
        return users.Any(project => (policy.TargetTenant == Everybody || policy.TargetTenant == project) && !others.Contains(project))
            ? new(409, "RbacPolicyInUse", $"RBAC policy on object {policy.ObjectId} cannot be removed because other objects depend on it.")
            : null;
    }

    /// <summary>The projects that made something of the object. A network's owner needs no policy for it; of other objects Neutron counts the owner too.</summary>
    private static IEnumerable<string> Users(NetworkState state, RbacPolicy policy)
    {
        var id = policy.ObjectId!;
        var owner = policy.ObjectType == "network" ? state.Find<Network>(id)?.ProjectId : null;
        return state.Referrers<Port>(id).Select(port => port.ProjectId)
            .Concat(state.Referrers<Network>(id).Select(network => network.ProjectId))
            .Concat(state.Referrers<Subnet>(id).Select(subnet => subnet.ProjectId))
            .Concat(state.Referrers<SubnetPool>(id).Select(pool => pool.ProjectId))
            .Concat(state.Referrers<SecurityGroupRule>(id).Where(rule => rule.SecurityGroupId != id).Select(rule => rule.ProjectId))
            .OfType<string>().Where(project => project.Length > 0 && project != owner);
    }

    private static string Key(RbacPolicy policy) => Key(policy.ObjectId!, policy.Action!, policy.TargetTenant!);

    private static string Key(string id, string action, string target) => $"rbac:{id}:{action}:{target}";
}
