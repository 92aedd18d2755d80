using Demilune.Rules.Buffers;

namespace Demilune.Inspection.Events;

/// <summary>A piece of a protocol as it was on the wire.</summary>
/// <param name="Type">Which.</param>
/// <param name="Id">From 2 on, among those of its side of the flow.</param>
/// <param name="Offset">Place of its first byte in the stream of its side; -1 in datagrams.</param>
/// <param name="Length">Bytes; -1: not known yet.</param>
/// <param name="IsComplete">All of it has been seen.</param>
public readonly record struct FrameFacts(FrameType Type, long Id, long Offset, long Length, bool IsComplete);

/// <summary>A frame that somebody has to be told of, with what of it is shown.</summary>
public sealed record FrameCopy(FrameFacts Facts, byte[] Payload);

/// <summary>A frame has gone by.</summary>
public readonly ref struct FrameEvent(ref readonly FlowContext context, FrameFacts facts, ReadOnlySpan<byte> payload)
{
    private readonly ref readonly FlowContext _context = ref context;

    /// <summary>Where.</summary>
    public ref readonly FlowContext Context => ref _context;

    public FrameFacts Facts { get; } = facts;

    /// <summary>Its first bytes.</summary>
    public ReadOnlySpan<byte> Payload { get; } = payload;
}
