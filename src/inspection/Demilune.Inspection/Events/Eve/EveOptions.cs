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

    public bool Writes(string type) => Types is null || Types.Contains(type);
}
