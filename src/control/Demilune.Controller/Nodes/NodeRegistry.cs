using Demilune.Contracts.Nodes;

namespace Demilune.Controller.Nodes;

/// <summary>Which nodes are attached, and what each said last.</summary>
internal sealed class NodeRegistry(IEnumerable<INodeObserver> observers, TimeProvider time)
{
    /// <summary>A mistaken or hostile holder of the token must not fill the memory with names.</summary>
    private const int MaxNodes = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<INodeObserver> _observers = [.. observers];

    /// <summary>A node has come. Its former link, if there still is one, is ended: the newer is the one that works.</summary>
    /// <returns>Null: too many nodes.</returns>
    public Link? Attach(string name, CancellationTokenSource end)
    {
        Link link;
        Link? former;
        lock (_gate)
        {
            if (!_nodes.TryGetValue(name, out var node))
            {
                if (_nodes.Count >= MaxNodes) return null;
                _nodes[name] = node = new();
            }
            former = node.Link;
            node.Link = link = new(name, end);
        }
        former?.End.Cancel();
        return link;
    }

    /// <returns>False: a newer link has taken over, the node is still attached.</returns>
    public bool Detach(Link link)
    {
        lock (_gate)
        {
            var node = _nodes[link.Node];
            if (node.Link != link) return false;
            node.Link = null;
        }
        foreach (var observer in _observers) observer.Lost(link.Node);
        return true;
    }

    /// <returns>False: the link was replaced, what it says no longer counts.</returns>
    public bool Observed(Link link, NodeObservation observation)
    {
        lock (_gate)
        {
            var node = _nodes[link.Node];
            if (node.Link != link) return false;
            node.Observation = observation;
            node.ObservedAt = time.GetUtcNow();
        }
        foreach (var observer in _observers) observer.Observed(link.Node, observation);
        return true;
    }

    public IReadOnlyList<NodeReport> Report()
    {
        lock (_gate)
            return [.. _nodes.OrderBy(node => node.Key, StringComparer.Ordinal)
                .Select(node => new NodeReport(node.Key, node.Value.Link is not null, node.Value.ObservedAt, node.Value.Observation))];
    }

    private sealed class Node
    {
        public Link? Link { get; set; }
        public NodeObservation? Observation { get; set; }
        public DateTimeOffset? ObservedAt { get; set; }
    }

    /// <summary>One attachment of a node.</summary>
    internal sealed class Link(string node, CancellationTokenSource end)
    {
        public string Node { get; } = node;
        public CancellationTokenSource End { get; } = end;
    }
}

/// <summary>What is known of a node.</summary>
internal sealed record NodeReport(string Node, bool Attached, DateTimeOffset? ObservedAt, NodeObservation? Observation);
