namespace Demilune.Orchestrator;

/// <summary>How firewalls are run.</summary>
public sealed record OrchestratorOptions
{
    /// <summary>The node agents' run directory; an instance's socket directory is <c>firewall/PODNAME</c> below it.</summary>
    public string AgentRunDirectory { get; init; } = "/run/demilune/local";

    /// <summary>What security managers are told that this cluster is called.</summary>
    public string ClusterName { get; init; } = "local";

    /// <summary>Where is kept what must outlast a restart: the managers' last words. Null: nothing is.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>How long an instance that nobody needs goes on: pods often come back (a rollout). Default 30 s.</summary>
    public TimeSpan IdleGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long an instance whose pod runs may pass no frames before it is replaced. Default 30 s: a start takes seconds, and
    /// its container's own restarts are tried meanwhile.
    /// </summary>
    public TimeSpan DeadGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// An instance that ended this soon after it was made was refused by its node (no room, say), and the next would be too: it is
    /// replaced only when this has passed. Default 10 s.
    /// </summary>
    public TimeSpan RefusalPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an outdated instance may go on with the flows that it has, once another one takes the new ones. Default 60 s.</summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a new revision of a Firewall may fail to pass frames while the former one works; then it is taken back. Default 2 min:
    /// an image has to be fetched and an engine to load its rules.
    /// </summary>
    public TimeSpan RolloutLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Changes within this time are one. Default 20 ms.</summary>
    public TimeSpan Coalescing { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Firewalls are hops of a cloud's port chains, which send frames to their MAC address and expect them to route. Default: no, the splice hands them
    /// frames as they are.
    /// </summary>
    public bool RoutedFirewalls { get; init; }

    /// <summary>Nodes reach each other's pods through tunnels. Null, the default: the network between them routes pods' addresses.</summary>
    public TunnelOptions? Tunnels { get; init; }

    /// <summary>CIDRs of the addresses of Services: nodes translate them, whatever way outside the pods' networks have.</summary>
    public IReadOnlyList<string> ServiceNetworks { get; init; } = [];
}

/// <param name="Port">UDP. 4789 is VXLAN's own (RFC 7348).</param>
/// <param name="Mtu">Of a packet inside a tunnel, in bytes.</param>
public sealed record TunnelOptions(int Port = 4789, int Mtu = 1450);
