using Demilune.Inspection.Events;
using Demilune.Inspection.Reassembly;
using Demilune.Inspection.Sessions;
using Demilune.Rules.Buffers;

namespace Demilune.Inspection.Detection;

/// <summary>A frame that comes in pieces and may be of any length: rules see as much of it as of a body.</summary>
internal sealed class OpenFrame(InspectorOptions options, SegmentPool pool, Detector detector)
{
    private readonly InspectionWindow _window = new(options.Http.BodyWindow, pool);
    private readonly PendingSignatures _pending = new();
    private FrameFacts _facts;

    /// <summary>It has begun, and has not ended.</summary>
    public bool IsOpen { get; private set; }

    /// <param name="type">Which.</param>
    /// <param name="place">Of its first byte, counted from what the session is being given.</param>
    /// <param name="length">-1: not known.</param>
    public void Begin(FrameType type, long place, long length = -1)
    {
        Clear();
        if (!detector.Wants(type)) return;
        _facts = new(type, type == FrameType.Stream ? 1 : detector.NextFrame(), detector.StreamPlace < 0 ? -1 : detector.StreamPlace + place, length, false);
        IsOpen = true;
    }

    public void Take(ReadOnlySpan<byte> piece, ITransaction? transaction)
    {
        if (!IsOpen || piece.IsEmpty) return;
        _window.Begin(piece);
        var view = _window.View(piece);
        detector.Frame(_pending, ref _window.Tail, piece, view.Bytes, view.Offset, in _facts, transaction);
        // A stream has no end that is worth waiting for: it is told as it begins.
        if (_facts.Type == FrameType.Stream && _window.Total == piece.Length) detector.Tell(_facts with { Length = piece.Length }, piece);
        _window.End(piece);
    }

    /// <summary>So many bytes of it are missing.</summary>
    public void Skip(long count)
    {
        if (IsOpen) _window.Skip(count);
    }

    /// <summary>No byte of it will follow.</summary>
    public void End(ITransaction? transaction)
    {
        if (!IsOpen) return;
        _facts = _facts with { Length = _window.Total, IsComplete = true };
        var view = _window.View(default);
        detector.Frame(_pending, ref _window.Tail, default, view.Bytes, view.Offset, in _facts, transaction);
        if (_facts.Type != FrameType.Stream) detector.Tell(in _facts, view.Bytes);
        Clear();
    }

    public void Clear()
    {
        _window.Clear();
        _pending.Clear();
        IsOpen = false;
    }
}
