using Demilune.Inspection.Flows;
using Demilune.Inspection.Streams;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Events;

/// <summary>A flow is over. The counters are in the context, which is oriented from client to server.</summary>
public readonly ref struct FlowEvent(ref readonly FlowContext context, FlowEnd end, bool blocked, bool alerted, long lastSeen)
{
    private readonly ref readonly FlowContext _context = ref context;

    /// <summary>Who, since when, how much.</summary>
    public ref readonly FlowContext Context => ref _context;

    /// <summary>How it ended.</summary>
    public FlowEnd End { get; } = end;

    /// <summary>A rule or an ambiguity blocked it.</summary>
    public bool Blocked { get; } = blocked;

    /// <summary>A rule, or the policy for flows without a beginning, let it pass.</summary>
    public bool Passed { get; init; }

    /// <summary>From some point on it was not looked at any more.</summary>
    public bool Released { get; init; }

    /// <summary>Type and code of the last ICMP message that answered.</summary>
    public (byte Type, byte Code) IcmpAnswer { get; init; }

    /// <summary>Ethernet addresses of its frames, where they are kept.</summary>
    public EthernetEnds? Ethernet { get; init; }

    /// <summary>The least and the greatest TTL of packets to either side; 0 where there were none.</summary>
    public (byte Least, byte Most) TtlToServer { get; init; }
    public (byte Least, byte Most) TtlToClient { get; init; }

    /// <summary>Both sides have spoken.</summary>
    public bool IsAnswered { get; init; }

    /// <summary>Its connection, where it was followed.</summary>
    public TcpSummary? Tcp { get; init; }

    /// <summary>At least one signature matched.</summary>
    public bool Alerted { get; } = alerted;

    /// <summary>Time of the last frame: nanoseconds since 1970.</summary>
    public long LastSeen { get; } = lastSeen;
}

/// <summary>How a flow ended (EVE's <c>flow.state</c> and <c>reason</c> follow from it).</summary>
public enum FlowEnd : byte
{
    /// <summary>Nothing came for as long as its state allows.</summary>
    Timeout,

    /// <summary>Both sides closed, or one reset.</summary>
    Closed,

    /// <summary>Another flow needed its place.</summary>
    Evicted,

    /// <summary>The same addresses began anew.</summary>
    Replaced,

    /// <summary>The inspector stopped.</summary>
    Shutdown,
}

/// <summary>A connection at its end.</summary>
public sealed record TcpSummary
{
    internal TcpSummary(TcpConnection connection)
    {
        var phase = connection.Phase;
        (Flags, State, IsClosed, IsEstablished) = (connection.Flags, phase.Name(), phase.IsOver(), phase >= TcpPhase.Established);
        (OfClient, ClientHasGap) = (connection[Side.Client].Flags, connection[Side.Client].HasGap);
        (OfServer, ServerHasGap) = (connection[Side.Server].Flags, connection[Side.Server].HasGap);
    }

    /// <summary>All flags of its segments; and those of either side.</summary>
    public TcpFlags Flags { get; }
    public TcpFlags OfClient { get; }
    public TcpFlags OfServer { get; }

    /// <summary>Bytes of a side are missing.</summary>
    public bool ClientHasGap { get; }
    public bool ServerHasGap { get; }

    /// <summary>EVE's <c>tcp.state</c>.</summary>
    public string State { get; }
    public bool IsClosed { get; }
    public bool IsEstablished { get; }
}
