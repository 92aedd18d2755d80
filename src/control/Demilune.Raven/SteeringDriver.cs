namespace Demilune.Raven;

/// <summary>Who leads a flow through a firewall.</summary>
public enum SteeringDriver
{
    /// <summary>The node: its eBPF programs on each pod's interface.</summary>
    Splice,

    /// <summary>The cloud: networking-sfc's port chains in its own switches.</summary>
    PortChains,
}
