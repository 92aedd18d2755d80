using System.Collections.Frozen;

namespace Demilune.Inspection.Events.Eve;

/// <summary>What is written, and how much of it.</summary>
public sealed record EveOptions
{
    /// <summary>EVE's names of the kinds of records that are wanted; null: all.</summary>
    public FrozenSet<string>? Types { get; init; }

    /// <summary>Alerts carry the payload that was judged, in base64.</summary>
    public bool Payload { get; init; }

    /// <summary>Alerts carry it with dots for what cannot be printed.</summary>
    public bool PayloadPrintable { get; init; }

    /// <summary>Alerts carry the frame, in base64.</summary>
    public bool Packet { get; init; }

    /// <summary>Packets that a rule's <c>tag</c> follows are written. Needs <see cref="InspectorOptions.KeepsPackets"/>.</summary>
    public bool TaggedPackets { get; init; }

    /// <summary>Records name their flow by its Community ID, made with this seed; null: they do not.</summary>
    public ushort? CommunitySeed { get; init; }

    /// <summary>Alerts, and drops, tell what became of the packet.</summary>
    public bool Verdict { get; init; }
    public bool DropVerdict { get; init; }

    /// <summary>Only the first drop of each side of a flow is told, and those that a rule has caused.</summary>
    public bool OnlyFirstDrops { get; init; }

    /// <summary>Drops name the rule that dropped.</summary>
    public bool DropAlerts { get; init; }

    /// <summary>Records of HTTP tell how it ended and more, as alerts do. Suricata's default is no, and yes in its configuration. Default: yes.</summary>
    public bool HttpExtended { get; init; } = true;

    /// <summary>They tell these fields by EVE's names (<c>server</c>, <c>x_forwarded_proto</c> …), or all of a side's. Need <see cref="HttpOptions.TellsHeads"/>.</summary>
    public FrozenSet<string> HttpCustom { get; init; } = [];
    public bool HttpRequestHeaders { get; init; }
    public bool HttpResponseHeaders { get; init; }

    /// <summary>Alerts tell the bodies of HTTP. Need <see cref="HttpOptions.TellsBodies"/>.</summary>
    public bool HttpBody { get; init; }
    public bool HttpBodyPrintable { get; init; }

    /// <summary>Records of HTTP, alerts and files tell who is behind a proxy; null: they do not.</summary>
    public ForwardedFor? ForwardedFor { get; init; }

    /// <summary>Records tell what bits and variables rules have set on the flow. Default true, as in Suricata.</summary>
    public bool Metadata { get; init; } = true;

    /// <summary>Which anomalies are told. Default: all.</summary>
    public Anomalies Anomalies { get; init; } = Anomalies.All;

    /// <summary>Anomalies of the decoder carry the packet's first bytes, in base64. Needs <see cref="InspectorOptions.KeepsPackets"/>.</summary>
    public bool PacketHeader { get; init; }

    /// <summary>Records carry Ethernet addresses; those of flows need <see cref="InspectorOptions.KeepsEthernet"/>.</summary>
    public bool Ethernet { get; init; }

    /// <summary>Records end with the name of the capture that they are from (Suricata's <c>pcap-file</c>).</summary>
    public bool CaptureName { get; init; }

    /// <summary>Every record names who has seen it (<c>sensor-name</c>); null: none does.</summary>
    public string? Host { get; init; }

    /// <summary>Which segments are told. Needs <see cref="InspectorOptions.TellsSegments"/>. Default: none.</summary>
    public SegmentRecords Segments { get; init; }

    /// <summary>Which records of DNS are wanted.</summary>
    public DnsRecordOptions Dns { get; init; } = new();

    public bool Writes(string type) => Types is null || Types.Contains(type);
}

/// <summary>Which records of DNS are written.</summary>
public sealed record DnsRecordOptions
{
    public bool Requests { get; init; } = true;
    public bool Responses { get; init; } = true;

    /// <summary>Types of what is asked for, in capitals; null: all.</summary>
    public FrozenSet<string>? Types { get; init; }

    internal bool Wants(bool isAnswer, IEnumerable<string> types) => (isAnswer ? Responses : Requests) && (Types is null || types.Any(Types.Contains));
}

/// <summary>Segments of TCP.</summary>
[Flags]
public enum SegmentRecords : byte
{
    None = 0,

    /// <summary>Something is odd about them.</summary>
    Odd = 1,

    /// <summary>They bring their connection into another state.</summary>
    Steps = 2,

    /// <summary>All that they bring was acknowledged long ago.</summary>
    Spurious = 4,
    Others = 8,
    All = Odd | Steps | Spurious | Others,
}

/// <summary>EVE's kinds of anomalies.</summary>
[Flags]
public enum Anomalies : byte
{
    None = 0,
    Decode = 1,
    Stream = 2,
    AppLayer = 4,
    All = Decode | Stream | AppLayer,
}
