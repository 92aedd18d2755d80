using Demilune.Contracts.Nodes;

namespace Demilune.Controller.Observability;

/// <summary>Counts what nodes tell of firewalls that die and come back.</summary>
internal sealed class Transitions : INodeObserver
{
    /// <summary>A limit against a node that makes up names.</summary>
    private const int MaxFirewalls = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Node, string Pod), Tally> _tallies = [];

    public void Observed(string node, NodeObservation observation)
    {
        lock (_gate)
            foreach (var transition in observation.Transitions)
            {
                if (!_tallies.TryGetValue((node, transition.FirewallPod), out var tally))
                {
                    if (_tallies.Count >= MaxFirewalls) continue;
                    _tallies[(node, transition.FirewallPod)] = tally = new();
                }
                tally.Count(transition);
            }
    }

    public void Lost(string node)
    {
    }

    public T Read<T>(Func<IReadOnlyDictionary<(string Node, string Pod), Tally>, T> read)
    {
        lock (_gate) return read(_tallies);
    }

    internal sealed class Tally
    {
        public long Deaths { get; private set; }

        public long Recoveries { get; private set; }

        /// <summary>From the last heartbeat to the decision, seconds.</summary>
        public Histogram Decisions { get; } = new();

        public double LastDecision { get; private set; }

        public void Count(Transition transition)
        {
            if (transition.Alive)
            {
                Recoveries++;
                return;
            }
            Deaths++;
            LastDecision = transition.DecisionMicros / 1e6;
            Decisions.Add(LastDecision);
        }
    }
}
