using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

/// <summary>Chains that branch into chains. Kept and checked; the datapath knows one hop, see docs/neutron.md.</summary>
internal sealed class ServiceGraphs : Collection<ServiceGraph>
{
    private static readonly Check Branches = (ref value) =>
    {
        value ??= new JsonObject();
        return null;
    };

    public override Fault? Create(Draft draft, JsonObject attributes, out Resource made)
    {
        made = null!;
        if (attributes["port_chains"] is not JsonObject graph) return InvalidId(Checks.Python(attributes["port_chains"]));
        foreach (var (source, destinations) in graph.ToList())
        {
            if (!Guid.TryParseExact(source, "D", out _)) return InvalidId(source);
            if (destinations is not JsonArray list) return InvalidId(Checks.Python(destinations));
            foreach (var destination in list)
                if (Checks.TextOf(destination) is not { } id || !Guid.TryParseExact(id, "D", out _)) return InvalidId(Checks.Python(destination));
            if (list.Select(id => id!.GetValue<string>()).Distinct(StringComparer.Ordinal).Count() < list.Count)
                return new(400, "ServiceGraphPortChainInConflict", $"Port Chain {source} is duplicated on one or more branches.");
            if (list.Count == 0) graph.Remove(source);
        }
        return base.Create(draft, attributes, out made);
    }

    private static Fault InvalidId(string what) => new(400, "InvalidUUID", $"An invalid UUID was specified: {what}. Please ensure the use of valid UUIDs.");

    public override AttributeTable Attributes { get; } = new(
        standard: false,
        Attribute.RequiredOnce("port_chains", Branches));

    public override Fault NotFound(string id) => new(404, "ServiceGraphNotFound", $"Service Graph {id} not found.");

    /// <summary>The graph that a chain is in; null: none.</summary>
    public static ServiceGraph? Of(NetworkState state, string chainId) => state.Find<ServiceGraph>(state.Holder(ChainKey(chainId)));

    protected override Fault? OnCreate(Draft draft, ref ServiceGraph made)
    {
        var branches = made.PortChains!;
        var chains = Chains(made).ToList();
        foreach (var id in chains)
            if (draft.State.Find<PortChain>(id) is null) return Collections.Of(typeof(PortChain)).NotFound(id);
        if (chains.Exists(id => draft.State.Holder(ChainKey(id)) is not null))
            return new(409, "ServiceGraphInvalidPortChains", $"Some of the Port Chain(s): [{string.Join(", ", chains)}], specified in the Service Graph, are already in use by another Service Graph.");
        // A branch is taken by the tag that the last function of a chain leaves on the frame: both ends must know it.
        foreach (var (source, destinations) in branches)
        {
            if (destinations.Count > 0 && CorrelationOf(draft.State, source, last: true) is null) return ImpossibleBranching();
            foreach (var destination in destinations)
            {
                if (CorrelationOf(draft.State, destination, last: false) is not { } to) return ImpossibleBranching();
                if (to != CorrelationOf(draft.State, source, last: true))
                    return new(400, "ServiceGraphInconsistentEncapsulation", "Service Graph may only connect port-chains sharing the same correlation.");
            }
        }
        return HasLoop(branches) ? new(400, "ServiceGraphLoopDetected", "Service Graph defined contains at least one port chain loop.") : null;
    }

    protected override IEnumerable<string> References(ServiceGraph resource) => Chains(resource);

    protected override IEnumerable<string> Keys(ServiceGraph resource) => Chains(resource).Select(ChainKey);

    private static string ChainKey(string chainId) => "graph-of-chain:" + chainId;

    private static IEnumerable<string> Chains(ServiceGraph graph) =>
        graph.PortChains!.SelectMany(branch => branch.Value.Prepend(branch.Key)).Distinct(StringComparer.Ordinal);

    private static Fault ImpossibleBranching() => new(400, "ServiceGraphImpossibleBranching",
        "Service Graphs require source (branching) and destination (port-chain) correlation support.");

    private static string? CorrelationOf(NetworkState state, string chainId, bool last)
    {
        var groups = state.Find<PortChain>(chainId)!.PortPairGroups!;
        var group = state.Find<PortPairGroup>(last ? groups[^1] : groups[0]);
        var pairs = (group?.PortPairs ?? []).Select(state.Find<PortPair>).ToList();
        return pairs.Count == 0 ? null : pairs[0]?.ServiceFunctionParameters?.Correlation;
    }

    private static bool HasLoop(IReadOnlyDictionary<string, IReadOnlyList<string>> branches)
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        var left = branches.Keys.ToHashSet(StringComparer.Ordinal);
        // Takes away whatever leads only to what was taken away before; a loop is what stays.
        for (var progress = true; progress;)
        {
            progress = false;
            foreach (var chain in left.Where(chain => branches[chain].All(next => done.Contains(next) || !branches.ContainsKey(next))).ToList())
            {
                left.Remove(chain);
                done.Add(chain);
                progress = true;
            }
        }
        return left.Count > 0;
    }
}
