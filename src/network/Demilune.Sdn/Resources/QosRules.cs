using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

/// <summary>The rules of one type below their policies: /qos/policies/{id}/bandwidth_limit_rules. One record, a collection for each type.</summary>
internal sealed class QosRules : Collection<QosRule>
{
    /// <summary>Code points that are defined: class selectors, assured and expedited forwarding (RFC 2474, 2597, 3246, 5865).</summary>
    private static readonly int[] CodePoints = [0, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 44, 46, 48, 56];

    private static readonly Check Amount = Checks.Int(0, int.MaxValue);
    private static readonly Check Direction = Checks.OneOf("egress", "ingress");

    private static readonly Check CodePoint = (ref value) =>
        Checks.Int(0, int.MaxValue)(ref value) is { } reason ? reason
        : CodePoints.Contains(value!.GetValue<int>()) ? null
        : $"{value} is not in [{string.Join(", ", CodePoints)}]";

    public string Type { get; }

    private readonly string _prefix;

    private QosRules(string prefix, string type, params Attribute[] own)
    {
        (_prefix, Type) = (prefix, type);
        // Neutron takes a project for a rule and forgets it: it is the policy's.
        Attributes = new AttributeTable(standard: false,
            [.. own, Attribute.Once("project_id", Checks.Text(255)) with { Shown = false }, Attribute.Once("tenant_id", Checks.Text(255)) with { Shown = false }])
            .Without("name", "description");
    }

    public static IReadOnlyList<QosRules> All { get; } = Make("");

    /// <summary>The same rules without their policy in the path, and by another name in the body.</summary>
    public static IReadOnlyList<QosRules> Aliases { get; } = Make("alias_");

    private static QosRules[] Make(string prefix) =>
    [
        new(prefix, QosRuleTypes.BandwidthLimit, Number("max_kbps"), Burst("max_burst_kbps"), new("direction", Direction) { Default = () => "egress" }),
        new(prefix, QosRuleTypes.DscpMarking, new Attribute("dscp_mark", CodePoint) { Required = true }),
        new(prefix, QosRuleTypes.MinimumBandwidth, Number("min_kbps"), new("direction", Direction) { Default = () => "egress" }),
        new(prefix, QosRuleTypes.PacketRateLimit, Number("max_kpps"), Burst("max_burst_kpps"), new("direction", Direction) { Default = () => "egress" }),
        new(prefix, QosRuleTypes.MinimumPacketRate, Number("min_kpps"), new("direction", Checks.OneOf("egress", "ingress", "any")) { Default = () => "egress" }),
    ];

    public override AttributeTable Attributes { get; }

    /// <summary>What a rule of this type says, each with the values it may have; null: a number from 0.</summary>
    public IEnumerable<(string Name, JsonArray? Choices)> Parameters => Attributes.Shown.Where(name => name != "id").Select(name => (name, name switch
    {
        "direction" when Type == QosRuleTypes.MinimumPacketRate => new JsonArray("any", "egress", "ingress"),
        "direction" => new JsonArray("ingress", "egress"),
        "dscp_mark" => new JsonArray([.. CodePoints.Select(point => JsonValue.Create(point))]),
        _ => null,
    }));

    public override string Member => _prefix + Type + "_rule";

    public override string Name => _prefix + Type + "_rules";

    public override bool AdminWrites => true;

    public override (Type Kind, string Attribute)? Parent => (typeof(QosPolicy), "qos_policy_id");

    public override bool Has(Resource resource) => ((QosRule)resource).Type == Type;

    public override Fault NotFound(string id) => new(404, "QosRuleNotFound", $"QoS rule {id} for policy could not be found.");

    public static IEnumerable<QosRule> Of(NetworkState state, string policyId) =>
        state.Referrers<QosRule>(policyId).OrderBy(rule => rule.Type, StringComparer.Ordinal).ThenBy(rule => rule.Direction, StringComparer.Ordinal);

    /// <summary>A rule as its policy shows it.</summary>
    public static JsonObject InPolicy(QosRule rule)
    {
        var view = JsonSerializer.SerializeToNode(rule, QosRule.Kind.Json)!.AsObject();
        view.Remove("project_id");
        return view;
    }

    public override JsonObject View(NetworkState state, Resource resource)
    {
        var view = InPolicy((QosRule)resource);
        view.Remove("type");
        view.Remove("qos_policy_id");
        return view;
    }

    protected override Fault? OnCreate(Draft draft, ref QosRule made)
    {
        made = made with { Type = Type, ProjectId = draft.State.Find<QosPolicy>(made.QosPolicyId)!.ProjectId };
        return ConflictFault(draft, made);
    }

    protected override Fault? OnUpdate(Draft draft, QosRule was, ref QosRule now) => ConflictFault(draft, now);

    protected override Fault? OnDelete(Draft draft, QosRule gone)
    {
        draft.Touch<QosPolicy>(gone.QosPolicyId);
        return null;
    }

    protected override IEnumerable<string> References(QosRule resource) => [resource.QosPolicyId!];

    protected override IEnumerable<string> Keys(QosRule resource) => [Key(resource)];

    private static string Key(QosRule rule) => $"qos-rule:{rule.QosPolicyId}:{rule.Type}:{rule.Direction}";

    private static Fault? ConflictFault(Draft draft, QosRule rule)
    {
        if (AnyDirection(draft.State, rule) is { } any)
            return new(409, "QoSRuleParameterConflict", $"Rule {any} of this policy is for another direction: 'any' stands for both.");
        if (draft.State.Holder(Key(rule)) is { } other && other != rule.Id)
            return new(409, "QoSRulesConflict", $"Rule {rule.Type} conflicts with rule {other} which already exists in QoS Policy {rule.QosPolicyId}.");
        // A policy cannot promise more than it allows.
        foreach (var of in Of(draft.State, rule.QosPolicyId!).Where(of => of.Id != rule.Id && of.Direction == rule.Direction))
            if (rule.MinKbps > of.MaxKbps || of.MinKbps > rule.MaxKbps)
                return new(409, "QoSRuleParameterConflict", $"Unable to add the rule with value {rule.MinKbps ?? rule.MaxKbps} to the policy {rule.QosPolicyId} as the existing rule of type {of.Type} has value {of.MinKbps ?? of.MaxKbps}.");
        draft.Touch<QosPolicy>(rule.QosPolicyId);
        return null;
    }

    /// <summary>Of a guaranteed packet rate "any" stands for both directions; the rule that it would clash with.</summary>
    private static string? AnyDirection(NetworkState state, QosRule rule) =>
        rule.Type != QosRuleTypes.MinimumPacketRate ? null
        : Of(state, rule.QosPolicyId!).FirstOrDefault(other => other.Type == rule.Type && other.Id != rule.Id
            && other.Direction != rule.Direction && (other.Direction == "any" || rule.Direction == "any"))?.Id;

    private static Attribute Number(string name) => new(name, Amount) { Required = true };

    private static Attribute Burst(string name) => new(name, Amount) { Default = () => 0 };
}
