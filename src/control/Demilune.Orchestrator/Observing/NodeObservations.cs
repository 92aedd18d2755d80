using System.Collections.Immutable;
using Demilune.Contracts.Nodes;

namespace Demilune.Orchestrator.Observing;

/// <summary>What the nodes said last.</summary>
internal sealed class NodeObservations(TimeProvider time) : INodeObserver
{
    /// <summary>Transitions that nobody collected: a limit against a node that flaps faster than anybody can tell.</summary>
    private const int MaxTransitions = 1_000;

    private readonly Lock _gate = new();
    private readonly List<(string Node, Transition Transition)> _transitions = [];
    private Observed _current = Observed.Nothing;

    public event Action? Changed;

    public Observed Current
    {
        get
        {
            lock (_gate) return _current;
        }
    }

    void INodeObserver.Observed(string node, NodeObservation observation)
    {
        lock (_gate)
        {
            _current = _current.With(node, observation, time.GetUtcNow());
            if (_transitions.Count < MaxTransitions) _transitions.AddRange(observation.Transitions.Select(transition => (node, transition)));
        }
        Changed?.Invoke();
    }

    void INodeObserver.Lost(string node)
    {
        lock (_gate) _current = _current.Without(node);
        Changed?.Invoke();
    }

    /// <summary>Those since the last call.</summary>
    public IReadOnlyList<(string Node, Transition Transition)> TakeTransitions()
    {
        lock (_gate)
        {
            var taken = _transitions.ToArray();
            _transitions.Clear();
            return taken;
        }
    }
}

/// <summary>All nodes at one moment. A node that is not attached is not in it: nothing is known of it.</summary>
internal sealed record Observed(
    ImmutableDictionary<string, NodeObservation> Nodes, ImmutableDictionary<string, DateTimeOffset> DeadSince)
{
    public static readonly Observed Nothing = new(ImmutableDictionary<string, NodeObservation>.Empty, ImmutableDictionary<string, DateTimeOffset>.Empty);

    public FirewallObservation? Firewall(string node, string podUid) =>
        Nodes.GetValueOrDefault(node)?.Firewalls.FirstOrDefault(firewall => firewall.PodUid == podUid);

    public PortObservation? Port(string node, string portId) =>
        Nodes.GetValueOrDefault(node)?.Ports.FirstOrDefault(port => port.PortId == portId);

    public bool IsHealthy(string node, string podUid) => Firewall(node, podUid) is { Alive: true, Connected: true };

    public Observed With(string node, NodeObservation observation, DateTimeOffset now)
    {
        var dead = DeadSince;
        foreach (var firewall in observation.Firewalls)
            dead = firewall is { Alive: true, Connected: true }
                ? dead.Remove(firewall.PodUid)
                : dead.ContainsKey(firewall.PodUid) ? dead : dead.Add(firewall.PodUid, now);
        foreach (var gone in Nodes.GetValueOrDefault(node)?.Firewalls.Select(firewall => firewall.PodUid)
            .Except(observation.Firewalls.Select(firewall => firewall.PodUid)) ?? [])
            dead = dead.Remove(gone);
        return new Observed(Nodes.SetItem(node, observation), dead);
    }

    public Observed Without(string node) => new(
        Nodes.Remove(node), DeadSince.RemoveRange(Nodes.GetValueOrDefault(node)?.Firewalls.Select(firewall => firewall.PodUid) ?? []));
}
