using Demilune.Inspection.Verdicts;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Events;

/// <summary>A frame was dropped.</summary>
public readonly ref struct DropEvent(ref readonly FlowContext context, DropReason reason, int length)
{
    private readonly ref readonly FlowContext _context = ref context;

    /// <summary>Where.</summary>
    public ref readonly FlowContext Context => ref _context;

    /// <summary>Why.</summary>
    public DropReason Reason { get; } = reason;

    /// <summary>Its headers.</summary>
    public PacketFacts Facts { get; init; }

    /// <summary>No other packet of its side of the flow was dropped before.</summary>
    public bool IsFirstOfSide { get; init; } = true;

    /// <summary>How it was rejected; <see cref="RuleAction.Alert"/>: it was not.</summary>
    public RuleAction Rejected { get; init; } = RuleAction.Alert;

    /// <summary>The rule that dropped it; null: it was none.</summary>
    public Signature? Cause { get; init; }

    /// <summary>Bytes of the frame from the IP header on.</summary>
    public int Length { get; } = length;
}
