using Demilune.Node.CniServer;

namespace Demilune.Node;

/// <summary>How a node agent is started; see <c>demilune-node --help</c>.</summary>
/// <param name="Node">Name of this node in Kubernetes.</param>
/// <param name="Controller">Address of the controller's node link.</param>
/// <param name="NodeLinkDirectory">Holds <c>ca.crt</c> and <c>token</c>, of this node (a projected volume, or what the controller writes with --node-tokens).</param>
/// <param name="RunDirectory">Sockets, attachments and the last state.</param>
/// <param name="BpfDirectory">Where maps, programs' links and the like are pinned.</param>
internal sealed record AgentOptions(string Node, Uri Controller, string NodeLinkDirectory, string RunDirectory, string BpfDirectory)
{
    public string CniSocket => Path.Combine(RunDirectory, "cni.sock");

    public string AttachmentDirectory => Path.Combine(RunDirectory, "attachments");

    public string FirewallDirectory => Path.Combine(RunDirectory, "firewall");

    public string LastStateFile => Path.Combine(RunDirectory, "last-state.pb");

    /// <summary>What pods were told by name servers.</summary>
    public string NamesFile => Path.Combine(RunDirectory, "names");

    /// <summary>Where Open vSwitch's database listens unless it was told otherwise.</summary>
    public const string UsualOvsDatabase = "/run/openvswitch/db.sock";

    /// <summary>The node's Open vSwitch, where ports are its. Not needed else.</summary>
    public string OvsDatabase { get; init; } = UsualOvsDatabase;

    /// <summary>The node's interface to the outside, on whose network routers' gateways are; null: it hosts none.</summary>
    public string? GatewayInterface { get; init; }

    /// <summary>Network namespaces of routers' gateways, by the ids of their ports.</summary>
    public string GatewayDirectory => Path.Combine(RunDirectory, "gateways");

    /// <summary>Where the node looks for seccomp profiles; null: firewalls have the container runtime's default.</summary>
    public string? SeccompDirectory { get; init; }

    /// <summary>Node links of the controllers that lead when the first does not.</summary>
    public IReadOnlyList<Uri> OtherControllers { get; init; } = [];

    /// <summary>Null: the CNI plugin is installed by somebody else.</summary>
    public CniInstallation? Cni { get; init; }

    /// <summary>How long CNI ADD waits for the controller to give a pod its port. A runtime's own limit is 2 to 4 minutes.</summary>
    public TimeSpan PortTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
