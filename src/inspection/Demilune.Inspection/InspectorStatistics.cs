namespace Demilune.Inspection;

/// <summary>Counters of one inspector since it was made, except <see cref="FlowsActive"/> and <see cref="BytesHeld"/>. Read on its thread, or accept a torn view.</summary>
public sealed class InspectorStatistics
{
    public long Frames { get; internal set; }
    public long BytesInspected { get; internal set; }
    public long FlowsSeen { get; internal set; }
    public long FlowsActive { get; internal set; }
    public long FlowsBlocked { get; internal set; }
    public long FlowsReleased { get; internal set; }
    public long FlowsEvicted { get; internal set; }
    public long Alerts { get; internal set; }

    /// <summary>By Suricata's names; null but for captures.</summary>
    public Counters? Counters { get; internal set; }

    /// <summary>Not told: a threshold or the rule itself says so; or the packet had too many.</summary>
    public long AlertsSuppressed { get; internal set; }
    public long AlertsDiscarded { get; internal set; }
    public long Anomalies { get; internal set; }

    /// <summary>TCP segments of a capture with a wrong checksum, which belong to no stream.</summary>
    public long WrongChecksums { get; internal set; }
    public long FramesMalformed { get; internal set; }
    public long FramesDropped { get; internal set; }

    /// <summary>Memory of held segments, fragments and message windows.</summary>
    public long BytesHeld { get; internal set; }
}
