using Demilune.Rules.Compile;

namespace Demilune.Inspection.Events;

/// <summary>A signature matched.</summary>
public readonly ref struct AlertEvent(ref readonly FlowContext context, Signature signature, AlertAction action)
{
    private readonly ref readonly FlowContext _context = ref context;

    /// <summary>Where.</summary>
    public ref readonly FlowContext Context => ref _context;

    /// <summary>Which rule.</summary>
    public Signature Signature { get; } = signature;

    /// <summary>What became of the frame because of it.</summary>
    public AlertAction Action { get; } = action;

    /// <summary>The transaction's number in its flow from 0, or -1 if none was at hand.</summary>
    public int Transaction { get; init; } = -1;

    /// <summary>What matched, one per content or expression; of at most the first 16.</summary>
    public ReadOnlySpan<MatchedBytes> Matches { get; init; }

    /// <summary>The bytes that <see cref="Matches"/> point into.</summary>
    public ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>The HTTP transaction, as far as it is known; empty spans otherwise.</summary>
    public HttpFields Http { get; init; }

    /// <summary>EVE's name of another protocol's object; null if there is none.</summary>
    public string? RecordType { get; init; }

    /// <summary>The file at hand, if <see cref="HasFile"/>.</summary>
    public FileFields File { get; init; }
    public bool HasFile { get; init; }

    /// <summary>All files of the transaction that are at hand; empty where <see cref="File"/> says it. Captures only.</summary>
    internal IReadOnlyList<FileCopy> Files { get => field ?? []; init; }

    /// <summary>The frame that it was found in; null: in none.</summary>
    public FrameCopy? Frame { get; init; }

    /// <summary>What that object holds.</summary>
    public IRecordFields? Record { get; init; }

    /// <summary>The transaction is that which is open while the stream matches; it need not be the one.</summary>
    public bool IsGuessed { get; init; }

    /// <summary>The packet, from the link layer on; empty where it is not kept or there is none.</summary>
    public ReadOnlySpan<byte> Packet { get; init; }

    /// <summary>What was looked at: the packet's payload, or the stream.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }
    public bool IsOfStream { get; init; }

    /// <summary>What became of the packet for all its alerts together; none: that is not known yet.</summary>
    public PacketVerdict Verdict { get; init; }

    /// <summary>How it was rejected; <see cref="RuleAction.Alert"/>: it was not.</summary>
    public RuleAction Rejected { get; init; } = RuleAction.Alert;
}

/// <summary>EVE's <c>verdict.action</c>.</summary>
public enum PacketVerdict : byte
{
    None, Alert, Pass, Drop,
}

/// <summary>One match of a signature.</summary>
/// <param name="Buffer">The buffer's name in the rule language.</param>
/// <param name="BufferOffset">Where in that buffer the match begins; <see cref="Transformed"/>: it was found in what a transformation made of it.</param>
/// <param name="Start">Where its bytes begin in <see cref="AlertEvent.Bytes"/>.</param>
/// <param name="Length">How many there are; at most 256 of a longer match.</param>
public readonly record struct MatchedBytes(string Buffer, long BufferOffset, int Start, int Length)
{
    public const long Transformed = -1;
}

/// <summary>What became of the frame.</summary>
public enum AlertAction : byte
{
    /// <summary>It went on.</summary>
    Allowed,

    /// <summary>It was dropped and so is the rest of its flow.</summary>
    Blocked,

    /// <summary>The policy only detects; were it to prevent, the frame had been dropped. EVE says "allowed", and <c>kubernetes.mode</c> says why.</summary>
    WouldBlock,
}
