using Demilune.Inspection.Reassembly;
using Demilune.Wire.Decoding;

namespace Demilune.Inspection;

/// <summary>How much an inspector may hold, and what it does where a receiver's behaviour cannot be known. One inspector per packet thread.</summary>
public sealed record InspectorOptions
{
    /// <summary>
    /// True: frames pass through us, what we drop never arrives. False: we read a copy (a capture), so nothing is dropped for reasons of
    /// memory or ambiguity, and what a flow did after a block is still looked at.
    /// </summary>
    public bool Inline { get; init; } = true;

    /// <summary>Told how far each signature comes, and at what cost. Null, the default: nobody is.</summary>
    public Detection.RuleProfile? Profile { get; init; }

    /// <summary>Flows at a time. When full, closed and half-open flows go first; established ones never. Default 262 144.</summary>
    public int MaxFlows { get; init; } = 262_144;

    /// <summary>A flow whose handshake is not done is forgotten after this. Default 30 s, as Suricata's.</summary>
    public TimeSpan EmbryonicTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>An established flow without a frame is forgotten after this. Default 1 h; it is then picked up again mid-stream.</summary>
    public TimeSpan EstablishedTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A closed flow is kept for stragglers for this long. Default 10 s.</summary>
    public TimeSpan ClosedTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Flows without connections (UDP, ICMP). Default 60 s.</summary>
    public TimeSpan DatagramTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Frames of a TCP flow whose beginning was not seen. Default <see cref="MidStreamPolicy.Inspect"/>.</summary>
    public MidStreamPolicy MidStream { get; init; } = MidStreamPolicy.Inspect;

    /// <summary>
    /// Bytes of one direction that are held: not yet acknowledged (to compare retransmissions) or waiting for a gap. Default 4 MiB: a little
    /// less than Linux' largest receive window, past which nobody can send.
    /// </summary>
    public int MaxHeldPerStream { get; init; } = 4 << 20;

    /// <summary>Bytes held by all streams together. Default 256 MiB.</summary>
    public long MaxHeld { get; init; } = 256L << 20;

    /// <summary>
    /// Bytes of one direction that are inspected as a raw stream if no protocol was recognised; a flow past it is released. Default 1 MiB, as
    /// Suricata's stream.reassembly.depth. 0: all.
    /// </summary>
    public int StreamDepth { get; init; } = 1 << 20;

    /// <summary>What fragmented datagrams may hold together, in bytes. Default 16 MiB.</summary>
    public int MaxFragmentBytes { get; init; } = 16 << 20;

    /// <summary>
    /// An incomplete datagram is forgotten after this. Default 120 s: longer than any receiver keeps fragments (Linux: 30 s and 60 s), or what we
    /// had forgotten could still be completed there.
    /// </summary>
    public TimeSpan FragmentTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Whose bytes count where fragments overlap and nothing is dropped for it. Default: BSD's way, as Suricata.</summary>
    public FragmentPolicy FragmentPolicy { get; init; } = FragmentPolicy.Bsd;

    /// <summary>Which datagrams may be tunnels, and how deep packets in packets are followed.</summary>
    public TunnelOptions Tunnels { get; init; } = TunnelOptions.Default;

    /// <summary>
    /// True: the same addresses in another VLAN are other hosts (Suricata's vlan.use-for-tracking). Default false: the VID in the wire names a policy, and
    /// a flow must not begin anew when its policy changes.
    /// </summary>
    public bool SeparateVlans { get; init; }

    /// <summary>True: flows remember the Ethernet addresses that their frames came from and went to. Default false.</summary>
    public bool KeepsEthernet { get; init; }

    /// <summary>True: events carry the packet. Costs a copy of each. Default false.</summary>
    public bool KeepsPackets { get; init; }

    /// <summary>False: checksums are not looked at (captures taken on a host that leaves them to its network card). Default true.</summary>
    public bool VerifyChecksums { get; init; } = true;

    /// <summary>True: a message that can be read in two ways blocks its flow when the policy prevents. Default true.</summary>
    public bool BlockAmbiguous { get; init; } = true;

    /// <summary>
    /// True: a block is told once, by the signature that caused it; further blocking signatures that match in the same frame stay silent.
    /// False: each of them alerts, as in Suricata. Default false.
    /// </summary>
    public bool OneAlertPerBlock { get; init; }

    /// <summary>
    /// Not null: a capture, in which connections are followed, and packets judged, as Suricata does (in its IDS mode, or simulating its IPS mode). The
    /// firewall leaves it null: what it does not understand does not pass.
    /// </summary>
    public Streams.StreamOptions? Streams { get; init; }

    /// <summary>Alerts about packets of a capture tell of the transaction that is open, too (<c>detect.guess-applayer-tx</c>).</summary>
    public bool GuessesTransactions { get; init; }

    /// <summary>Alerts of one packet of a capture; those of the rules that come first. Default 15, as Suricata's packet-alert-max.</summary>
    public int MaxAlertsPerPacket { get; init; } = 15;

    /// <summary>Protocols that are not looked for. Default: none.</summary>
    public IReadOnlyCollection<Rules.Headers.AppProtocol> Disabled { get; init; } = [];

    /// <summary>True: an event for each HTTP transaction. Default true.</summary>
    public bool LogTransactions { get; init; } = true;

    /// <summary>Every segment of TCP is told (captures).</summary>
    public bool TellsSegments { get; init; }

    /// <summary>True: an event for each frame (a piece of a protocol as it is on the wire). Default false.</summary>
    public bool TellsFrames { get; init; }

    /// <summary>True: an event for each flow that ends; else only for those that a policy in the shadow judges. Default false.</summary>
    public bool LogFlows { get; init; }

    /// <summary>What is made of files in transit.</summary>
    public FileTrackingOptions Files { get; init; } = new();

    /// <summary>What is made of TLS.</summary>
    public TlsOptions Tls { get; init; } = new();

    /// <summary>What is looked for in mails.</summary>
    public MailOptions Mail { get; init; } = new();

    /// <summary>What is made of SSH.</summary>
    public SshOptions Ssh { get; init; } = new();

    /// <summary>What is made of QUIC.</summary>
    public QuicOptions Quic { get; init; } = new();

    /// <summary>True: EVE tells of every DHCP message and all of it; false: of what an address is given by. Default false, as Suricata's.</summary>
    public bool DhcpExtended { get; init; }

    /// <summary>True: EVE tells passwords that go by in PostgreSQL's protocol. Default false.</summary>
    public bool TellPgsqlPasswords { get; init; }

    /// <summary>Limits of HTTP sessions.</summary>
    public HttpOptions Http { get; init; } = new();
}

/// <summary>What may be held of an HTTP message.</summary>
public sealed record HttpOptions
{
    /// <summary>
    /// Bytes of a body (decompressed) that are seen as one piece by rules; of what comes after, a sliding window is. Default 128 KiB: somewhat more
    /// than Suricata's request-body-limit (100 kB).
    /// </summary>
    public int BodyWindow { get; init; } = 128 << 10;

    /// <summary>Requests of one connection whose response has not ended. Default 128; servers stop reading long before.</summary>
    public int MaxPipelined { get; init; } = 128;

    /// <summary>How often escapes in a target are undone, as long as that makes new ones. Default: as often as any server does it.</summary>
    public int UriPasses { get; init; } = Wire.Http1.UriNormalizer.MaxPasses;

    /// <summary>Records tell all fields of requests and responses, and alerts the bodies. Default: no.</summary>
    public bool TellsHeads { get; init; }
    public bool TellsBodies { get; init; }

    /// <summary>Bytes of a body that are looked at; the rest is not there for rules and files (captures). Default 0: all.</summary>
    public long RequestBodyLimit { get; init; }
    public long ResponseBodyLimit { get; init; }

    /// <summary>Codings of a body that are undone, one on top of the other. Default 3: two exist in the wild by mistake.</summary>
    public int MaxCodings { get; init; } = 3;

    /// <summary>A compressed body may grow to this many times its size (after the first MiB). Default 200; text reaches 20, deflate's maximum is 1032.</summary>
    public int MaxCompressionRatio { get; init; } = 200;
}

/// <summary>What to do with TCP frames of a flow whose beginning was not seen.</summary>
public enum MidStreamPolicy : byte
{
    /// <summary>Judge from here on.</summary>
    Inspect,

    /// <summary>Drop it: the peers will notice and connect again.</summary>
    Drop,

    /// <summary>Let the flow go.</summary>
    Release,

    /// <summary>As if a pass rule had matched: let it go, and say so.</summary>
    Pass,

    /// <summary>Judge its packets one by one, and nothing that lies across them.</summary>
    Packets,
}
