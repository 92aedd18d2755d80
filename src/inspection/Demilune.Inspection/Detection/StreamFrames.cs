using Demilune.Inspection.Reassembly;
using Demilune.Inspection.Sessions;
using Demilune.Rules.Buffers;

namespace Demilune.Inspection.Detection;

/// <summary>Frames within frames of one side of a stream: each is begun at its place, and gets what goes by of it.</summary>
internal sealed class StreamFrames(InspectorOptions options, SegmentPool pool, Detector detector)
{
    /// <summary>Open at a time: protocols have three levels of three.</summary>
    private const int MaxOpen = 16;

    private readonly List<(OpenFrame Frame, long Left, long Until)> _open = [];
    private readonly Stack<OpenFrame> _spare = new();

    /// <param name="type">Which.</param>
    /// <param name="place">Of its first byte, counted from what the session is being given. Before the next byte for <see cref="Take"/> nothing may lie.</param>
    /// <param name="ahead">Bytes that <see cref="Take"/> will get before its first.</param>
    /// <param name="length">Bytes.</param>
    public void Begin(FrameType type, long place, long ahead, long length)
    {
        if (length <= 0 || _open.Count >= MaxOpen || !detector.Wants(type)) return;
        var frame = _spare.TryPop(out var spare) ? spare : new(options, pool, detector);
        frame.Begin(type, place, length);
        _open.Add((frame, length, ahead));
    }

    public void Take(ReadOnlySpan<byte> bytes, ITransaction? transaction = null)
    {
        for (var i = 0; i < _open.Count; i++)
        {
            var (frame, left, until) = _open[i];
            var skipped = Math.Min(until, bytes.Length);
            var taken = Math.Min(left, bytes.Length - skipped);
            frame.Take(bytes.Slice((int)skipped, (int)taken), transaction);
            _open[i] = (frame, left - taken, until - skipped);
        }
        for (var i = 0; i < _open.Count;)
        {
            if (_open[i].Left > 0)
            {
                i++;
                continue;
            }
            _open[i].Frame.End(transaction);
            _spare.Push(_open[i].Frame);
            _open.RemoveAt(i);
        }
    }

    public void Clear()
    {
        foreach (var (frame, _, _) in _open)
        {
            frame.Clear();
            _spare.Push(frame);
        }
        _open.Clear();
    }
}
