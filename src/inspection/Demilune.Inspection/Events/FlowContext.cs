using Demilune.Inspection.Flows;
using Demilune.Inspection.Policies;
using Demilune.Rules.Headers;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Events;

/// <summary>The flow that an event is about, and the packet's place in it. Addresses are oriented as the packet travelled.</summary>
public readonly record struct FlowContext
{
    /// <summary>Time of the packet: nanoseconds since 1970.</summary>
    public required long Time { get; init; }

    /// <summary>The frame's number in its capture; 0 if there is no frame or no capture.</summary>
    public long Frame { get; init; }

    /// <summary>Random per inspector, then counted: joins the events of one flow (EVE's flow_id).</summary>
    public ulong Id { get; init; }

    /// <summary>The network of the addresses.</summary>
    public int Network { get; init; }

    /// <summary>Who judges: one policy or several; null: nobody.</summary>
    public InspectionPolicy? Policy { get; init; }

    /// <summary>Which of them the event comes from; null: of several none in particular.</summary>
    public InspectionPolicy? Speaker { get; init; }

    /// <summary>A bit for each of the policies that judge: it has blocked something of the flow so far, or would have if it prevented.</summary>
    public uint Opposed { get; init; }

    /// <summary>What was around the packet.</summary>
    public PacketOrigin Origin { get; init; }

    /// <summary>The packet from its link header on, if it is kept (<see cref="InspectorOptions.KeepsPackets"/>); valid during the call.</summary>
    public ReadOnlyMemory<byte> Packet { get; init; }

    /// <summary>ESP's security parameters index; 0 without.</summary>
    public uint Spi { get; init; }

    /// <summary>Its 802.1Q tag, 0 if none.</summary>
    public int Tag { get; init; }

    /// <summary>Who sent the packet.</summary>
    public IpAddress Source { get; init; }

    /// <summary>Whom it is for.</summary>
    public IpAddress Destination { get; init; }

    /// <summary>0 if the protocol has none; an ICMP type.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>0 if the protocol has none; an ICMP code.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>IANA number.</summary>
    public byte Protocol { get; init; }

    /// <summary>Which way the packet travelled.</summary>
    public FlowDirections Direction { get; init; }

    /// <summary>What rules remember of the flow; null: there is none.</summary>
    internal Flow? Memory { get; init; }

    /// <summary>Texts that rules have captured of this packet, by the rule set's number.</summary>
    internal IReadOnlyList<(int Name, byte[] Text)> PacketTexts { get => field ?? []; init; }

    /// <summary>There is no packet: what is told was found when the flow ended.</summary>
    public bool IsFlowEnd { get; init; }

    /// <summary>Nor this: the parser of its flow has just stopped.</summary>
    public bool IsFlush { get; init; }

    /// <summary>What is spoken.</summary>
    public AppProtocol App { get; init; }

    /// <summary>What was spoken before, if both ends have agreed on something else; otherwise unknown.</summary>
    public AppProtocol OriginalApp { get; init; }

    /// <summary>What one side begins with instead, and which side that is; otherwise unknown.</summary>
    internal (AppProtocol App, Side From) Mismatch { get; init; }

    /// <summary>When the first packet came: nanoseconds since 1970.</summary>
    public long Start { get; init; }

    public long PacketsToServer { get; init; }
    public long PacketsToClient { get; init; }
    public long BytesToServer { get; init; }
    public long BytesToClient { get; init; }
}
