using System.Collections.Immutable;
using Demilune.Contracts.FirewallLink;
using Demilune.Contracts.Nodes;
using Microsoft.Extensions.Logging;

namespace Demilune.Node.FirewallLink;

/// <summary>The control links of all firewalls of this node; made equal to each desired state.</summary>
internal sealed class FirewallLinks(string directory, EveBuffer eve, ILogger log) : IDisposable
{
    private readonly Dictionary<string, FirewallSocket> _byPodUid = [];
    private readonly Dictionary<string, (PolicySet Set, EngineContent Content)> _policies = [];
    private (IdentityTable Table, IReadOnlyList<Identity> Of) _identities = (new(0, []), []);
    private (EngineRouting? Table, Routing? Of) _routing;
    private readonly Lock _gate = new();

    public void Publish(NodeState state)
    {
        lock (_gate)
        {
            var wanted = state.Firewalls.ToDictionary(firewall => firewall.PodUid);
            foreach (var gone in _byPodUid.Keys.Except(wanted.Keys).ToArray())
            {
                _byPodUid[gone].Dispose();
                _byPodUid.Remove(gone);
            }

            foreach (var firewall in wanted.Values) Publish(firewall, state);
        }
    }

    /// <summary>There is something to tell by <see cref="TellPace"/>. Must return soon.</summary>
    public event Action? PaceChanged;

    /// <summary>By pod UID.</summary>
    private ImmutableHashSet<string> Hurrying()
    {
        lock (_gate) return [.. _byPodUid.Where(firewall => firewall.Value.CanHurry).Select(firewall => firewall.Key)];
    }

    /// <summary>Tells somebody which firewalls can keep a short deadline. Two that tell at the same time end with what is so.</summary>
    public void TellPace(Action<ImmutableHashSet<string>> listener)
    {
        var told = Hurrying();
        for (listener(told); Hurrying() is var now && !now.SetEquals(told); listener(told)) told = now;
    }

    public FirewallSocket? Find(string podUid) { lock (_gate) return _byPodUid.GetValueOrDefault(podUid); }

    public void Dispose()
    {
        lock (_gate)
            foreach (var socket in _byPodUid.Values) socket.Dispose();
    }

    private void Publish(Firewall firewall, NodeState state)
    {
        if (!_byPodUid.TryGetValue(firewall.PodUid, out var socket))
        {
            // A pod's name is a DNS label: it cannot leave the directory.
            var path = Path.Combine(directory, firewall.PodName, "agent.sock");
            socket = _byPodUid[firewall.PodUid] = new(path, $"{firewall.PodNamespace}/{firewall.PodName}", eve, log);
            socket.PaceChanged += () => PaceChanged?.Invoke();
        }

        socket.Publish(PoliciesOf(firewall.Name, state), IdentitiesOf(state), RoutingOf(state));
    }

    /// <summary>The same object as before if nothing changed, so that nothing is sent or compiled again.</summary>
    private PolicySet PoliciesOf(string firewall, NodeState state)
    {
        var chains = state.Chains.Where(chain => chain.Firewall == firewall).Select(chain => chain.Id).ToHashSet();
        // What goes through this firewall is judged by it for all policies, also for those of other firewalls.
        var combinations = state.Combinations.Where(one => chains.Contains(one.ChainId)).OrderBy(one => one.Tag).ToList();
        var needed = combinations.SelectMany(one => one.Policies.Concat(one.Shadows)).ToHashSet();
        var content = new EngineContent(
            [.. state.SecurityPolicies.Where(policy => policy.Firewalls.Contains(firewall) || needed.Contains(policy.Tag)).OrderBy(policy => policy.Tag)], combinations);
        if (_policies.TryGetValue(firewall, out var known) && known.Content.SequenceEquals(content)) return known.Set;
        var set = new PolicySet((long)state.Revision, [.. content.Policies.Select(policy => new EnginePolicy(
            (int)policy.Tag, policy.Name, (long)policy.Revision, policy.Mode == SecurityPolicy.Types.Mode.Prevent,
            [.. policy.Rules.Select(rules => new EngineRules(rules.Name, rules.Text))],
            policy.Access.Length == 0 ? null : policy.Access, policy.OnFailure == SecurityPolicy.Types.OnFailure.Open))],
            [.. combinations.Select(one => new EngineCombination((int)one.Tag, [.. one.Policies.Select(tag => (int)tag)], [.. one.Shadows.Select(tag => (int)tag)]))]);
        _policies[firewall] = (set, content);
        return set;
    }

    private IdentityTable IdentitiesOf(NodeState state)
    {
        if (_identities.Of.SequenceEqual(state.Identities)) return _identities.Table;
        var table = new IdentityTable((long)state.Revision, [.. state.Identities.Select(identity => new EngineIdentity(
            (int)identity.Network, [.. identity.Addresses], identity.PodNamespace, identity.PodName, identity.Labels.ToDictionary()))]);
        _identities = (table, [.. state.Identities]);
        return table;
    }

    /// <summary>A firewall that was a hop and is none any more has nobody to route for.</summary>
    private EngineRouting? RoutingOf(NodeState state)
    {
        if (state.Routing is null && _routing.Of is null) return null;
        var wanted = state.Routing ?? new();
        if (wanted.Equals(_routing.Of)) return _routing.Table;
        _routing = (new EngineRouting(
            [.. wanted.Neighbours.Select(one => new EngineNeighbour(one.Address, one.Mac))],
            [.. wanted.Flows.Select(flow => new EngineFlow(
                flow.SourcePrefix.Split('/')[0], flow.DestinationPrefix.Split('/')[0], (int)flow.Protocol,
                (int)flow.DestinationPortMin, (int)(flow.DestinationPortMax == 0 ? ushort.MaxValue : flow.DestinationPortMax), (int)flow.PolicyTag))]), wanted);
        return _routing.Table;
    }

    /// <summary>What an engine sees of a state's policies.</summary>
    private sealed record EngineContent(IReadOnlyList<SecurityPolicy> Policies, IReadOnlyList<PolicyCombination> Combinations)
    {
        public bool SequenceEquals(EngineContent other) => Policies.SequenceEqual(other.Policies) && Combinations.SequenceEqual(other.Combinations);
    }
}
