using Demilune.Contracts.Nodes;

namespace Demilune.Sdn;

/// <summary>A network as nodes are told of it, whoever keeps it.</summary>
public interface INodeNetwork
{
    /// <summary>
    /// Raised after each change with the names of the nodes whose part of the network it may have touched (null: any), on the thread that made it and
    /// while others wait: take note and return.
    /// </summary>
    event Action<IReadOnlySet<string>?>? Changed;

    /// <summary>What a node must be. Revision is left to the caller. Null: not known yet, the node keeps what it has.</summary>
    NodeState? Compose(string node, NodeSupplement supplement);

    /// <summary>What a node observed of its ports: ACTIVE or DOWN.</summary>
    void SetPortStatus(string node, IReadOnlyCollection<(string PortId, bool Active)> observed);

    /// <summary>What a node observed of the routers that its pods are behind: whether it enforces them.</summary>
    void SetRouterStatus(string node, IReadOnlyCollection<(string RouterId, bool Active)> observed);

    /// <summary>Which floating addresses the node says it translates; of those of its gateways the others are DOWN.</summary>
    void SetFloatingStatus(string node, IReadOnlySet<string> translated);

    /// <summary>Whether the node has an interface to the outside, so that routers' gateways may be on it.</summary>
    void SetGatewayNode(string node, bool hasInterface);

    /// <summary>Whose address it is, as "namespace/name"; null: no pod's.</summary>
    string? FindPod(uint networkNumber, string address);
}
