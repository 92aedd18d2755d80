namespace Demilune.Inspection.Streams;

/// <summary>Where a connection is, as an observer between its ends sees it. In Suricata's order, for its rules compare.</summary>
internal enum TcpPhase : byte
{
    None,
    SynSent,
    SynReceived,
    Established,

    /// <summary>The server sent its FIN first.</summary>
    FinWait1,

    /// <summary>… and the client acknowledged it.</summary>
    FinWait2,
    TimeWait,

    /// <summary>The client's FIN, then the server's.</summary>
    LastAck,

    /// <summary>The client sent its FIN first.</summary>
    CloseWait,

    /// <summary>Both at once.</summary>
    Closing,
    Closed,
}

internal static class TcpPhases
{
    /// <summary>Both ends have said that they are done: the flow is closed, whatever still comes.</summary>
    public static bool IsOver(this TcpPhase phase) => phase is TcpPhase.LastAck or TcpPhase.TimeWait or TcpPhase.Closed;

    /// <summary>As in EVE's <c>tcp.state</c>.</summary>
    public static string Name(this TcpPhase phase) => phase switch
    {
        TcpPhase.SynSent => "syn_sent",
        TcpPhase.SynReceived => "syn_recv",
        TcpPhase.Established => "established",
        TcpPhase.FinWait1 => "fin_wait1",
        TcpPhase.FinWait2 => "fin_wait2",
        TcpPhase.TimeWait => "time_wait",
        TcpPhase.LastAck => "last_ack",
        TcpPhase.CloseWait => "close_wait",
        TcpPhase.Closing => "closing",
        TcpPhase.Closed => "closed",
        _ => "none",
    };
}
