namespace Demilune.Contracts.Nodes;

/// <summary>Whoever must know what the nodes observed. All registered observers are told; calls of one node never overlap.</summary>
public interface INodeObserver
{
    /// <summary>The node's newest observation. Must return at once: it runs on the node's link.</summary>
    void Observed(string node, NodeObservation observation);

    /// <summary>The link ended. The node goes on enforcing its last state, but nothing is known of it until it observes again.</summary>
    void Lost(string node);
}

/// <summary>Whoever knows the half of a <see cref="NodeState"/> that is not in the network model.</summary>
public interface INodeSupplement
{
    /// <summary>
    /// The newest word for this node; cheap, never waits. Null: not known yet, because Kubernetes was not read or the
    /// network was not yet made equal to it; until then the node is sent nothing and keeps its last state. The same object as before: nothing new.
    /// </summary>
    NodeSupplement? For(string node);

    /// <summary>Raised after any change. Many changes may be one raise; nodes whose word is another one are composed anew.</summary>
    event Action? Changed;
}

/// <summary>What the orchestrator adds to a node's state.</summary>
/// <param name="Firewalls">The instances on this node.</param>
/// <param name="SecurityPolicies">Those that a classifier or a firewall of this node may name.</param>
/// <param name="Pods">Among whom an alert on this node may find those it names; of them the node is told who can be a peer of what it inspects.</param>
public sealed record NodeSupplement(IReadOnlyList<Firewall> Firewalls, IReadOnlyList<SecurityPolicy> SecurityPolicies, PodDirectory Pods)
{
    public static NodeSupplement Empty { get; } = new([], [], PodDirectory.Empty);

    /// <summary>Null: the network between the nodes routes pods' addresses.</summary>
    public NodeTunnels? Tunnels { get; init; }

    /// <summary>CIDRs of the addresses of Services, which nodes translate: no router's way outside.</summary>
    public IReadOnlyList<string> ServiceNetworks { get; init; } = [];
}

/// <summary>How the nodes reach each other's pods; the same for all of them.</summary>
/// <param name="Port">UDP.</param>
/// <param name="Mtu">Of a packet inside a tunnel, in bytes: the network's between the nodes less 50 (over IPv6: 70).</param>
/// <param name="Nodes">By name: the node's own addresses. Tunnels end at the first; a node without any has no tunnel.</param>
public sealed record NodeTunnels(int Port, int Mtu, IReadOnlyDictionary<string, IReadOnlyList<string>> Nodes);
