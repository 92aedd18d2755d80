using Demilune.Inspection.Events;
using Demilune.Inspection.Sessions;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Rules.Prefilters;

namespace Demilune.Inspection.Detection;

/// <summary>Frames: pieces of a protocol as they are on the wire, that rules look into and records tell of.</summary>
internal sealed partial class Detector
{
    /// <summary>Bytes of a frame that are shown; as much as of a payload.</summary>
    private const int MaxFrameShown = 4096;

    private readonly PendingSignatures _ofFrame = new();

    /// <summary>Place, in the stream of the side at hand, of the first byte that its session is being given; -1: a datagram.</summary>
    public long StreamPlace { get; set; } = -1;

    /// <summary>Whether somebody wants to hear of such frames.</summary>
    public bool Wants(FrameType type) => options.TellsFrames || _rules.LooksInto(type);

    /// <summary>Likewise, any of several.</summary>
    public bool Wants(FrameType first, FrameType last) => options.TellsFrames || _rules.LooksInto(first, last);

    /// <summary>A whole frame has come.</summary>
    /// <param name="type">Which.</param>
    /// <param name="bytes">All of it.</param>
    /// <param name="end">Where it ends, counted from the first byte of what the session is being given.</param>
    /// <param name="transaction">It belongs to; null: none.</param>
    /// <param name="message">What else is known of that.</param>
    public void Frame(FrameType type, ReadOnlySpan<byte> bytes, long end = 0, ITransaction? transaction = null, IMessageBuffers? message = null)
    {
        if (!Wants(type)) return;
        var facts = new FrameFacts(type, NextFrame(), StreamPlace < 0 ? -1 : StreamPlace + end - bytes.Length, bytes.Length, true);
        Tell(facts, bytes);
        if (!_rules.LooksInto(type)) return;
        _ofFrame.Clear();
        _noticed.Candidates.Clear();
        _rules.Prefilter(BufferId.Frame, scope.Facts.Direction, bytes, _noticed);
        Try(_ofFrame, long.MaxValue, new DetectionBuffers { Message = message, Frame = bytes, FrameFacts = facts }, 0, transaction);
    }

    /// <summary>Some of a frame has come that is not kept as a whole.</summary>
    /// <param name="pending">The frame's.</param>
    /// <param name="tail">The frame's, for the prefilter.</param>
    /// <param name="piece">New.</param>
    /// <param name="window">What is kept, the piece included.</param>
    /// <param name="start">Place of the window's first byte in the frame.</param>
    /// <param name="facts">What is known of it.</param>
    /// <param name="transaction">It belongs to; null: none.</param>
    public void Frame(
        PendingSignatures pending, ref StreamTail tail, ReadOnlySpan<byte> piece, ReadOnlySpan<byte> window, long start, in FrameFacts facts, ITransaction? transaction)
    {
        _noticed.Candidates.Clear();
        _rules.Prefilter(BufferId.Frame, scope.Facts.Direction, ref tail, piece, _noticed);
        var seen = start + window.Length;
        Try(pending, seen + InspectionWindow.Overlap, new DetectionBuffers { Frame = window, FrameStart = start, FrameFacts = facts }, seen - piece.Length, transaction);
    }

    /// <summary>Each side counts its own; 1 is the stream itself.</summary>
    public long NextFrame() => scope.Flow is { } flow ? ++flow.Frames[(int)scope.From] + 1 : 0;

    /// <summary>A record of it, if the configuration wants one.</summary>
    public void Tell(in FrameFacts facts, ReadOnlySpan<byte> bytes)
    {
        if (!options.TellsFrames) return;
        var context = scope.Context();
        scope.Events.Frame(new(in context, facts, bytes[..Math.Min(bytes.Length, MaxFrameShown)]));
    }

    private void Try(PendingSignatures pending, long until, scoped in DetectionBuffers buffers, long position, ITransaction? transaction)
    {
        if (_noticed.Candidates.Count > 0)
        {
            _noticed.Candidates.Sort();
            pending.Merge(_noticed.Candidates.Signatures, until);
            _noticed.Candidates.Clear();
        }
        scope.Facts.Frame = buffers.FrameFacts!.Value.Type;
        Evaluate(pending, in buffers, position, transaction);
        scope.Facts.Frame = FrameType.None;
    }

    private static FrameCopy? CopyOf(scoped in DetectionBuffers buffers) =>
        buffers.FrameFacts is { } facts ? new(facts, buffers.Frame[..Math.Min(buffers.Frame.Length, MaxFrameShown)].ToArray()) : null;
}
