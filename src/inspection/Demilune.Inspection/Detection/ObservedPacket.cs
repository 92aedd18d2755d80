using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Detection;

/// <summary>A packet of a capture while its alerts are told: what records show of it.</summary>
internal readonly ref struct ObservedPacket
{
    /// <summary>From the link layer on; empty: there is no packet, its flow has ended.</summary>
    public ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>Of its transport.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>The stream around it, as its receiver has it.</summary>
    public ReadOnlySpan<byte> Stream { get; init; }

    /// <summary>It is dropped already.</summary>
    public DropReason Dropped { get; init; }
}
