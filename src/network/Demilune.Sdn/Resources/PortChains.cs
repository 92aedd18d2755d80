using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class PortChains : Collection<PortChain>
{
    private static readonly Check Parameters = Checks.OrNull(Checks.Members(
        ("correlation", (ref value) => Checks.TextOf(value) is "mpls" or "nsh" ? null : $"{value} is not in valid_values"),
        ("symmetric", Checks.Bool)));

    public override AttributeTable Attributes { get; } = new(
        standard: false,
        new("port_pair_groups", Checks.OrNull(Checks.UuidList)) { Required = true },
        new("flow_classifiers", Checks.OrNull(Checks.ListOf(Checks.Uuid, max: 262_144))) { Default = () => new JsonArray() },
        Attribute.Once("chain_parameters", Parameters) with { Default = () => new JsonObject() },
        Attribute.Once("chain_id", Checks.Int(0, 65_535)));

    public override Fault NotFound(string id) => new(404, "PortChainNotFound", $"Port Chain {id} not found.");

    protected override Fault? OnCreate(Draft draft, ref PortChain made)
    {
        if (made.ChainId is not (null or 0) && draft.State.Holder(NumberKey(made.ChainId.Value)) is { } taken)
            return new(400, "PortChainChainIdInConflict", $"Chain id {made.ChainId} conflicts with Chain id in port chain {taken}.");
        var parameters = made.ChainParameters ?? new();
        made = made with
        {
            PortPairGroups = made.PortPairGroups ?? [],
            FlowClassifiers = made.FlowClassifiers ?? [],
            ChainParameters = parameters with { Correlation = parameters.Correlation ?? "mpls", Symmetric = parameters.Symmetric ?? false },
        };
        if (made.ChainId is null or 0)
        {
            var free = Enumerable.Range(1, 65_535).FirstOrDefault(number => draft.State.Holder(NumberKey(number)) is null);
            if (free == 0) return new(409, "PortChainUnavailableChainId", "No available chain id.");
            made = made with { ChainId = free };
        }
        return GroupFault(draft, made) ?? ClassifierFault(draft, made, null);
    }

    protected override Fault? OnUpdate(Draft draft, PortChain was, ref PortChain now)
    {
        now = now with { PortPairGroups = now.PortPairGroups ?? [], FlowClassifiers = now.FlowClassifiers ?? [] };
        if (ServiceGraphs.Of(draft.State, was.Id) is not null
            && !(was.PortPairGroups!.SequenceEqual(now.PortPairGroups) && was.FlowClassifiers!.SequenceEqual(now.FlowClassifiers)))
            return new(409, "ServiceGraphPortChainInUse", $"Port Chain {was.Id} in use.");
        return GroupFault(draft, now) ?? ClassifierFault(draft, now, was);
    }

    protected override Fault? OnDelete(Draft draft, PortChain gone) =>
        ServiceGraphs.Of(draft.State, gone.Id) is null ? null : new(409, "ServiceGraphPortChainInUse", $"Port Chain {gone.Id} in use.");

    protected override IEnumerable<string> References(PortChain resource) =>
        [.. resource.PortPairGroups ?? [], .. resource.FlowClassifiers ?? []];

    protected override IEnumerable<string> Keys(PortChain resource) =>
    [
        NumberKey(resource.ChainId ?? 0), PathKey(resource.PortPairGroups ?? []),
        .. (resource.FlowClassifiers ?? []).Select(ClassifierKey),
    ];

    private static string NumberKey(int number) => $"chain-number:{number}";

    private static string PathKey(IReadOnlyList<string> groups) => "chain-path:" + string.Join(',', groups);

    private static string ClassifierKey(string id) => "classifier-of-chain:" + id;

    private static Fault? GroupFault(Draft draft, PortChain chain)
    {
        if (chain.PortPairGroups!.Count == 0)
            return new(400, "PortPairGroupNotSpecified", "Port Pair Group is not specified in Port Chain.");
        var groups = new List<PortPairGroup>();
        foreach (var id in chain.PortPairGroups)
        {
            if (draft.State.Find<PortPairGroup>(id) is not { } group || !draft.Sees(group)) return new(404, "PortPairGroupNotFound", $"Port Pair Group {id} not found.");
            groups.Add(group);
        }
        if (draft.State.Holder(PathKey(chain.PortPairGroups)) is { } other && other != chain.Id)
            return new(409, "InvalidPortPairGroups",
                $"Port Pair Group(s) [{string.Join(", ", chain.PortPairGroups.Select(id => $"'{id}'"))}] in use by Port Chain {other}.");
        for (var i = 1; i < groups.Count; i++)
            if (groups[i - 1].TapEnabled is true && groups[i].TapEnabled is true)
                return new(400, "ConsecutiveTapPPGNotSupported", "Consecutive tap port pair groups in a port chain are not supported.");
        foreach (var pair in groups.SelectMany(group => group.PortPairs ?? []).Select(draft.State.Find<PortPair>))
            if (pair?.ServiceFunctionParameters?.Correlation is { } correlation && correlation != chain.ChainParameters?.Correlation)
                return new(400, "PortChainInconsistentCorrelations", $"Port Chain {chain.Id} includes Port Pairs with correlation {correlation}, which is not its own.");
        return null;
    }

    /// <param name="was">The chain before: classifiers that it already has were checked when they came.</param>
    private static Fault? ClassifierFault(Draft draft, PortChain chain, PortChain? was)
    {
        var before = was?.FlowClassifiers?.ToHashSet(StringComparer.Ordinal) ?? [];
        var added = new List<FlowClassifier>();
        foreach (var id in chain.FlowClassifiers!)
        {
            if (before.Contains(id)) continue;
            if (draft.State.Find<FlowClassifier>(id) is not { } classifier || !draft.Sees(classifier)) return new(404, "FlowClassifierNotFound", $"Flow Classifier {id} not found.");
            if (draft.State.Holder(ClassifierKey(id)) is { } holder && holder != chain.Id) return FlowClassifiers.InUse(id);
            added.Add(classifier);
        }
        if (added.Count == 0) return null;
        foreach (var other in draft.State.All<PortChain>())
        {
            if (other.Id == chain.Id) continue;
            // Classifiers with a tag never overlap each other, so only those without can conflict with many: keep them apart.
            foreach (var theirs in other.FlowClassifiers!.Select(draft.State.Find<FlowClassifier>).OfType<FlowClassifier>())
                foreach (var ours in added)
                    if (FlowClassifiers.MayOverlap(ours, theirs))
                        return new(400, "PortChainFlowClassifierInConflict",
                            $"Flow Classifier {ours.Id} conflicts with Flow Classifier {theirs.Id} in port chain {other.Id}.");
        }
        return null;
    }
}
