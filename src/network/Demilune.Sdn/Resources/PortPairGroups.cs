using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class PortPairGroups : Collection<PortPairGroup>
{
    private static readonly string[] Fields = ["eth_src", "eth_dst", "ip_src", "ip_dst", "tcp_src", "tcp_dst", "udp_src", "udp_dst"];

    private static readonly Check LoadBalancing = Checks.ListOf((ref value) =>
        Checks.TextOf(value) is { } field && Fields.Contains(field) ? null : $"Illegal values in a list: {value}", max: 64, distinct: false);

    private static readonly Check PortNumber = Checks.OrNull(Checks.Int(0, 65_535));
    private static readonly Check Prefix = Checks.OrNull(Checks.Prefix);
    private static readonly string[] NTupleFields =
    [
        "source_ip_prefix", "destination_ip_prefix", "source_port_range_min", "source_port_range_max", "destination_port_range_min", "destination_port_range_max",
    ];

    /// <summary>Unknown members are refused later, with a type of their own.</summary>
    private static readonly Check NTuple = (ref value) =>
    {
        if (value is not JsonObject given) return $"{Checks.Quote(value)} is not a dictionary";
        foreach (var (name, said) in given.ToList())
        {
            var item = said;
            if (NTupleFields.Contains(name) && (name.EndsWith("prefix", StringComparison.Ordinal) ? Prefix : PortNumber)(ref item) is { } objection) return objection;
            if (!ReferenceEquals(item, said)) given[name] = item;
        }
        return null;
    };

    private static readonly Check Parameters = Checks.OrNull(Checks.Members(
        ("lb_fields", LoadBalancing),
        ("ppg_n_tuple_mapping", Checks.Members(("ingress_n_tuple", NTuple), ("egress_n_tuple", NTuple)))));

    public override AttributeTable Attributes { get; } = new(
        standard: false,
        new("port_pairs", Checks.OrNull(Checks.UuidList)) { Default = () => new JsonArray() },
        Attribute.Once("port_pair_group_parameters", Parameters) with { Default = () => new JsonObject() },
        Attribute.Once("tap_enabled", Checks.Bool) with { Default = () => false },
        Attribute.ReadOnly("group_id"));

    public override Fault NotFound(string id) => new(404, "PortPairGroupNotFound", $"Port Pair Group {id} not found.");

    public override Fault? Create(Draft draft, JsonObject attributes, out Resource made)
    {
        made = null!;
        foreach (var (_, side) in (attributes["port_pair_group_parameters"] as JsonObject)?["ppg_n_tuple_mapping"] as JsonObject ?? [])
            foreach (var (name, _) in side as JsonObject ?? [])
                if (!NTupleFields.Contains(name))
                    return new(400, "PPGParametersInvalidNTupleMappingParameter", $"Unknown N-tuple mapping parameter {name}.");
        return base.Create(draft, attributes, out made);
    }

    protected override Fault? OnCreate(Draft draft, ref PortPairGroup made)
    {
        made = made with
        {
            PortPairs = made.PortPairs ?? [],
            PortPairGroupParameters = made.PortPairGroupParameters ?? new(),
            GroupId = Enumerable.Range(1, int.MaxValue - 1).First(number => draft.State.Holder(NumberKey(number)) is null),
        };
        return PairFault(draft, made);
    }

    protected override Fault? OnUpdate(Draft draft, PortPairGroup was, ref PortPairGroup now)
    {
        now = now with { PortPairs = now.PortPairs ?? [] };
        return PairFault(draft, now);
    }

    protected override void Complete(NetworkState state, PortPairGroup resource, JsonObject view)
    {
        var parameters = view["port_pair_group_parameters"] as JsonObject ?? [];
        parameters["lb_fields"] ??= new JsonArray();
        var mapping = parameters["ppg_n_tuple_mapping"] as JsonObject;
        if (mapping is null) parameters["ppg_n_tuple_mapping"] = mapping = [];
        mapping["ingress_n_tuple"] ??= new JsonObject();
        mapping["egress_n_tuple"] ??= new JsonObject();
    }

    protected override Fault? OnDelete(Draft draft, PortPairGroup gone) =>
        draft.State.Referrers<PortChain>(gone.Id).Any()
            ? new(409, "PortPairGroupInUse", $"Port Pair Group {gone.Id} in use.")
            : null;

    protected override IEnumerable<string> References(PortPairGroup resource) => resource.PortPairs ?? [];

    protected override IEnumerable<string> Keys(PortPairGroup resource) =>
        [NumberKey(resource.GroupId ?? 0), .. (resource.PortPairs ?? []).Select(PairKey)];

    private static string NumberKey(int number) => $"port-pair-group-number:{number}";

    private static string PairKey(string pairId) => "port-pair-of-group:" + pairId;

    private static Fault? PairFault(Draft draft, PortPairGroup group)
    {
        var correlations = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in group.PortPairs!)
        {
            if (draft.State.Find<PortPair>(id) is not { } pair || !draft.Sees(pair)) return new(404, "PortPairNotFound", $"Port Pair {id} not found.");
            if (draft.State.Holder(PairKey(id)) is { } holder && holder != group.Id) return PortPairs.InUse(id);
            correlations.Add(pair.ServiceFunctionParameters?.Correlation ?? "");
        }
        if (correlations.Count > 1)
            return new(400, "InconsistentCorrelations", $"Port Pair Group {group.Id} includes Port Pairs with inconsistent correlations.");
        return group.TapEnabled is true && group.PortPairs.Count > 1
            ? new(400, "MultiplePortPairsInTapPPGNotSupported", "Multiple port pairs in a tap port pair group is not supported.")
            : null;
    }
}
