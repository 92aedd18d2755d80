using Demilune.Contracts.Nodes;
using Demilune.Neutron;
using SecurityGroup = Demilune.Neutron.SecurityGroup;

namespace Demilune.Sdn;

/// <summary>A network that a Neutron elsewhere keeps, as last seen: nodes are told of it in the same words as of ours.</summary>
public sealed class ReflectedNetwork : INodeNetwork
{
    private readonly Topology.Translation _translation = new();
    private volatile NetworkState? _state;

    public event Action<IReadOnlySet<string>?>? Changed;

    /// <summary>Replaces what was known. Rules of security groups come in their groups.</summary>
    public void Reflect(IEnumerable<Resource> resources)
    {
        var state = NetworkState.Empty;
        foreach (var resource in resources)
        {
            state = state.With(resource);
            if (resource is not SecurityGroup group) continue;
            foreach (var rule in group.SecurityGroupRules ?? []) state = state.With(rule);
        }
        _state = state;
        Changed?.Invoke(null);
    }

    public NodeState? Compose(string node, NodeSupplement supplement) =>
        _state is { } state ? Topology.NodeTopology.Compose(state, node, supplement, _translation) : null;

    /// <summary>Nothing to do: there the switch that carries a port says whether it does.</summary>
    public void SetPortStatus(string node, IReadOnlyCollection<(string PortId, bool Active)> observed)
    {
    }

    /// <summary>Nothing to do: its routers are the cloud's.</summary>
    public void SetRouterStatus(string node, IReadOnlyCollection<(string RouterId, bool Active)> observed)
    {
    }

    /// <inheritdoc cref="SetRouterStatus"/>
    public void SetFloatingStatus(string node, IReadOnlySet<string> translated)
    {
    }

    /// <inheritdoc cref="SetRouterStatus"/>
    public void SetGatewayNode(string node, bool hasInterface)
    {
    }

    public string? FindPod(uint networkNumber, string address) =>
        _state is { } state ? Topology.PodNames.Find(state, networkNumber, address) : null;
}
