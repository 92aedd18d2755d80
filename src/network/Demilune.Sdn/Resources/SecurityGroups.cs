using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class SecurityGroups : Collection<SecurityGroup>
{
    private const string Default = "default";

    public override AttributeTable Attributes { get; } = new(
        standard: true,
        new("stateful", Checks.Bool) { Default = () => true },
        Attribute.ReadOnly("shared"),
        Attribute.ReadOnly("security_group_rules"));

    public override string? SharedAs => "security_group";

    public override Fault NotFound(string id) => new(404, "SecurityGroupNotFound", $"Security group {id} does not exist");

    /// <summary>Each project has a group "default" from its first object on: its members reach each other, and everything outside.</summary>
    public static SecurityGroup EnsureDefault(Draft draft, string project)
    {
        if (DefaultOf(draft.State, project) is { } there) return there;
        var made = new SecurityGroup
        {
            Id = draft.NewId(), ProjectId = project, Name = Default, Description = "Default security group", Stateful = true, Shared = false,
            CreatedAt = draft.Now, UpdatedAt = draft.Now, RevisionNumber = 1, Tags = [],
        };
        draft.Put(made);
        AddDefaultRules(draft, made);
        return made;
    }

    public static SecurityGroup? DefaultOf(NetworkState state, string project) => state.Find<SecurityGroup>(state.Holder(DefaultKey(project)));

    protected override Fault? OnCreate(Draft draft, ref SecurityGroup made)
    {
        EnsureDefault(draft, made.ProjectId!);
        if (IsDefaultName(made.Name))
            return new(409, "SecurityGroupDefaultAlreadyExists", "Default security group already exists.");
        // Its two rules count too.
        if (Quotas.Exceeded(draft.State, Collections.Of(typeof(SecurityGroupRule)), made.ProjectId!, more: 2) is { } full) return full;
        made = made with { Shared = false, RevisionNumber = 1 };
        AddDefaultRules(draft, made);
        return null;
    }

    protected override Fault? OnUpdate(Draft draft, SecurityGroup was, ref SecurityGroup now)
    {
        if (was.Name != now.Name && IsDefaultName(now.Name))
            return new(409, "SecurityGroupDefaultAlreadyExists", "Default security group already exists.");
        if (was.Name != now.Name && IsDefaultName(was.Name))
            return new(409, "SecurityGroupCannotUpdateDefault", "Updating default security group not allowed.");
        return was.Stateful != now.Stateful && draft.State.Referrers<Port>(was.Id).Any() ? InUse(was) : null;
    }

    protected override Fault? OnDelete(Draft draft, SecurityGroup gone)
    {
        if (draft.State.Referrers<Port>(gone.Id).Any()) return InUse(gone);
        if (IsDefaultName(gone.Name) && !draft.Caller.IsAdmin)
            return new(409, "SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group.");
        // With the rules of others that name it: they allowed its members, and there are none.
        foreach (var rule in draft.State.Referrers<SecurityGroupRule>(gone.Id).ToList()) draft.Remove(rule);
        return null;
    }

    protected override void Complete(NetworkState state, SecurityGroup resource, JsonObject view)
    {
        var rules = Collections.Of(typeof(SecurityGroupRule));
        view["security_group_rules"] = new JsonArray([.. SecurityGroupRules.Of(state, resource.Id).Select(rule => rules.View(state, rule))]);
    }

    protected override IEnumerable<string> Keys(SecurityGroup resource) =>
        IsDefaultName(resource.Name) ? [DefaultKey(resource.ProjectId!)] : [];

    private static bool IsDefaultName(string? name) => string.Equals(name, Default, StringComparison.OrdinalIgnoreCase);

    private static string DefaultKey(string project) => "default-security-group:" + project;

    private static Fault InUse(SecurityGroup group) => new(409, "SecurityGroupInUse", $"Security Group {group.Id} in use.");

    private static void AddDefaultRules(Draft draft, SecurityGroup group)
    {
        foreach (var ethertype in (string[])["IPv4", "IPv6"])
        {
            Add("egress", ethertype, null);
            if (group.Name == Default) Add("ingress", ethertype, group.Id);
        }

        void Add(string direction, string ethertype, string? remote) => draft.Put(new SecurityGroupRule
        {
            Id = draft.NewId(), ProjectId = group.ProjectId, SecurityGroupId = group.Id, Direction = direction, Ethertype = ethertype,
            RemoteGroupId = remote, CreatedAt = draft.Now, UpdatedAt = draft.Now, RevisionNumber = 0, Tags = [],
            BelongsToDefaultSg = group.Name == Default,
        });
    }
}
