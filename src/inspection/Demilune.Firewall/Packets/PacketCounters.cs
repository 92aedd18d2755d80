namespace Demilune.Firewall.Packets;

/// <summary>What the packet thread counts, since it started. It alone writes; others may read at any time.</summary>
internal sealed class PacketCounters
{
    /// <summary>Frames that arrived by either interface.</summary>
    public long FramesIn;

    /// <summary>Frames that were sent on.</summary>
    public long FramesForwarded;

    /// <summary>Frames that the inspector had dropped.</summary>
    public long FramesDropped;

    /// <summary>Frames made here: resets.</summary>
    public long FramesInjected;

    /// <summary>Frames without the splice's words, sent on unseen; the splice judges those itself.</summary>
    public long FramesForeign;

    /// <summary>Frames larger than any that the kernel may send here: their end was lost, so they were dropped.</summary>
    public long FramesTruncated;

    /// <summary>Frames that never got through because of us: not fetched in time, or refused by the kernel on their way out.</summary>
    public long FramesMissed;

    /// <summary>Words to the splice about whole flows.</summary>
    public long Verdicts;

    /// <summary>Heartbeats sent by each interface.</summary>
    public long Heartbeats;

    /// <summary>When the thread last came round to where heartbeats are sent: nanoseconds of the steady clock.</summary>
    public long LastTurn;
}
