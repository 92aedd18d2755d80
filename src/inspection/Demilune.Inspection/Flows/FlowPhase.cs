namespace Demilune.Inspection.Flows;

/// <summary>How much a flow is worth when room is needed, and how long it may be idle.</summary>
internal enum FlowPhase : byte
{
    /// <summary>Ended; kept for stragglers.</summary>
    Closed,

    /// <summary>Only one side has spoken, or the handshake is not done.</summary>
    Embryonic,

    /// <summary>UDP, ICMP and the like.</summary>
    Datagram,

    /// <summary>A TCP connection.</summary>
    Established,
}
