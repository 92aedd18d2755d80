using System.Net;
using Demilune.Controller.Events;
using Demilune.Raven;
using Demilune.Sdn.Store.Etcd;

namespace Demilune.Controller;

/// <summary>How a controller is started; see <c>demilune-controller --help</c>.</summary>
/// <param name="Kubeconfig">Null or empty: $KUBECONFIG, ~/.kube/config, or the pod's service account.</param>
/// <param name="DataDirectory">The network's database and eve.json.</param>
/// <param name="ClusterName">Marks what belongs to this cluster in the network: "demilune:NAME".</param>
/// <param name="NodeLinkDirectory">The link's certificates and keys.</param>
/// <param name="AgentRunDirectory">The node agents' run directory: where the firewalls' socket directories are.</param>
/// <param name="PodNetworkV4">The pods' IPv4 prefix; empty: none.</param>
/// <param name="PodNetworkV6">The pods' IPv6 prefix; empty: none.</param>
public sealed record ControllerOptions(
    string? Kubeconfig, string DataDirectory, string ClusterName, string NodeLinkDirectory, string AgentRunDirectory, string PodNetworkV4, string PodNetworkV6)
{
    /// <summary>
    /// Where the node link and REST listen. Neutron's API, which can change everything, is on the loopback whatever this says, and
    /// REST answers only clients of this machine.
    /// </summary>
    public IPAddress ListenAddress { get; init; } = IPAddress.Loopback;

    /// <summary>
    /// By which address others reach the node link and REST. While it leads, the Service demilune-controller, if that has no selector, leads there. Null: REST is
    /// published for this machine.
    /// </summary>
    public IPAddress? AdvertiseAddress { get; init; }

    /// <summary>Nodes for whose agents there are to be files in the link's directory: nodes/NODE/ca.crt and token.</summary>
    public IReadOnlyList<string> NodeTokens { get; init; } = [];

    /// <summary>The Secret of demilune-system by which several controllers are one to their nodes; empty: this one is alone.</summary>
    public string NodeLinkSecret { get; init; } = "";

    /// <summary>Where alerts go besides the file: <c>udp://</c> or <c>tcp://</c> HOST:PORT for syslog, an URL for a webhook, an URL of an OTLP collector. Null: nowhere.</summary>
    public Uri? AlertSyslog { get; init; }

    /// <inheritdoc cref="AlertSyslog"/>
    public Uri? AlertWebhook { get; init; }

    /// <inheritdoc cref="AlertSyslog"/>
    public Uri? AlertOtlp { get; init; }

    /// <summary>An OTLP collector for traces: one of each finished job. Null: nowhere.</summary>
    public Uri? TraceOtlp { get; init; }

    /// <summary>To whom alarms are mailed. Null: to nobody.</summary>
    public MailRoute? AlarmMail { get; init; }

    /// <summary>The log as JSON objects, one a line.</summary>
    public bool JsonLog { get; init; }

    /// <summary>0: any free one.</summary>
    public int LinkPort { get; init; } = 7443;

    /// <summary>0: any free one.</summary>
    public int RestPort { get; init; } = 7480;

    /// <summary>0: any free one.</summary>
    public int NeutronPort { get; init; } = 9696;

    /// <summary>The users of the built-in identity service, which then guards Neutron's API; empty: there is none.</summary>
    public string NeutronIdentity { get; init; } = "";

    /// <summary>The Keystone that is asked about tokens of Neutron's API, ".../v3"; null: none is.</summary>
    public Uri? NeutronKeystone { get; init; }

    /// <summary>0: any free one.</summary>
    public int ConsolePort { get; init; } = 7481;

    /// <summary>The etcd that keeps the built-in network, for several controllers. Null: a file of the data directory does, for one.</summary>
    public EtcdOptions? Etcd { get; init; }

    /// <summary>The cloud of clouds.yaml whose Neutron is the network; empty: the built-in one.</summary>
    public string OsCloud { get; init; } = "";

    /// <summary>Who leads traffic through firewalls; <see cref="SteeringDriver.PortChains"/> only in a cloud that has networking-sfc.</summary>
    public SteeringDriver Steering { get; init; }

    /// <summary>Nodes reach each other's pods through tunnels (VXLAN). Default: the network between them routes pods' addresses.</summary>
    public bool Overlay { get; init; }

    /// <summary>UDP port of the tunnels.</summary>
    public int OverlayPort { get; init; } = 4789;

    /// <summary>Of a packet inside a tunnel, in bytes: pods' interfaces have at most this.</summary>
    public int OverlayMtu { get; init; } = 1450;

    /// <summary>CIDRs of the addresses of Services.</summary>
    public IReadOnlyList<string> ServiceNetworks { get; init; } = [];

    /// <inheritdoc cref="RavenOptions.LeastSparePorts"/>
    /// <remarks>Of a cloud only: the built-in network makes ports as fast as pools would give them.</remarks>
    public int LeastSparePorts { get; init; } = 10;

    /// <inheritdoc cref="RavenOptions.MostSparePorts"/>
    /// <inheritdoc cref="LeastSparePorts" path="/remarks"/>
    public int MostSparePorts { get; init; } = 30;

    /// <summary>The clouds.yaml; empty: where OpenStack's tools look.</summary>
    public string OsClientConfigFile { get; init; } = "";
}
