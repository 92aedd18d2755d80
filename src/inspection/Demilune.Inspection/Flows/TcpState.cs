namespace Demilune.Inspection.Flows;

/// <summary>Where a connection is, seen from between its ends.</summary>
internal enum TcpState : byte
{
    New,
    SynSent,
    SynReceived,
    Established,

    /// <summary>One end has sent its FIN.</summary>
    Closing,

    /// <summary>Both have, or one reset.</summary>
    Closed,
}
