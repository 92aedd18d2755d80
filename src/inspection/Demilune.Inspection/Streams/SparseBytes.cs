using Demilune.Inspection.Reassembly;

namespace Demilune.Inspection.Streams;

/// <summary>The bytes of one direction by their place in the stream, with holes where segments are missing, and one receiver's choice where they overlap.</summary>
internal sealed class SparseBytes(SegmentPool pool)
{
    /// <summary>How far past the first byte that is still held a segment may lie: as much as the largest buffer of the pool.</summary>
    public const int MaxSpan = 4 << 20;

    /// <summary>Segments that are told apart at a time; a sender of more has one-byte segments and will be a gap.</summary>
    private const int MaxSegments = 16_384;

    private readonly List<(long Start, long End)> _segments = [];
    private readonly List<(long Start, long End)> _runs = [];
    private byte[] _bytes = [];

    /// <summary>Everything before is gone.</summary>
    public long Start { get; private set; }

    /// <summary>Behind the last byte that came.</summary>
    public long End { get; private set; }

    /// <summary>Something came.</summary>
    public bool HasSeenData { get; private set; }

    public bool IsEmpty => _runs.Count == 0;

    /// <summary>The bytes from a place on up to the next hole.</summary>
    /// <param name="at">Not before <see cref="Start"/>.</param>
    /// <param name="next">Where bytes begin again if there are none at <paramref name="at"/>; <see cref="long.MaxValue"/>: nowhere.</param>
    public ReadOnlySpan<byte> From(long at, out long next)
    {
        next = long.MaxValue;
        foreach (var (start, end) in _runs)
        {
            if (end <= at) continue;
            if (start > at)
            {
                next = start;
                return default;
            }
            return _bytes.AsSpan((int)(at - Start), (int)(end - at));
        }
        return default;
    }

    /// <summary>The whole run around a place; empty if there is a hole.</summary>
    public ReadOnlySpan<byte> Around(long at, out long start)
    {
        start = at;
        foreach (var run in _runs)
        {
            if (run.End <= at || run.Start > at) continue;
            start = run.Start;
            return _bytes.AsSpan((int)(run.Start - Start), (int)(run.End - run.Start));
        }
        return default;
    }

    /// <summary>Takes a segment.</summary>
    /// <param name="at">Its place; what lies before <see cref="Start"/> is left out.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="policy">Null: what came first stays.</param>
    /// <param name="differs">A byte that is held has another value.</param>
    /// <returns>False: there is no room.</returns>
    public bool TryInsert(long at, ReadOnlySpan<byte> bytes, OverlapPolicy? policy, out bool differs)
    {
        differs = false;
        var (start, end) = (at, at + bytes.Length);
        if (start < Start)
        {
            bytes = bytes[(int)Math.Min(bytes.Length, Start - start)..];
            at = Start;
        }
        if (bytes.IsEmpty) return true;
        if (end - Start > MaxSpan || _segments.Count >= MaxSegments || !TryGrow((int)(end - Start))) return false;
        HasSeenData = true;
        Fill(at, bytes, start, end, policy, ref differs);
        InsertSegment(start, end);
        Cover(at, end);
        End = Math.Max(End, end);
        return true;
    }

    /// <summary>Gives back what lies before.</summary>
    public void ReleaseBefore(long place)
    {
        if (place <= Start) return;
        var kept = (int)Math.Max(0, End - place);
        if (kept > 0) _bytes.AsSpan((int)(place - Start), kept).CopyTo(_bytes);
        Start = place;
        _segments.RemoveAll(segment => segment.End <= place);
        for (var i = _runs.Count - 1; i >= 0; i--)
        {
            if (_runs[i].End <= place) _runs.RemoveAt(i);
            else if (_runs[i].Start < place) _runs[i] = (place, _runs[i].End);
        }
        if (kept == 0) GiveBack();
    }

    public void Clear()
    {
        GiveBack();
        _segments.Clear();
        _runs.Clear();
        (Start, End, HasSeenData) = (0, 0, false);
    }

    private void Fill(long at, ReadOnlySpan<byte> bytes, long start, long end, OverlapPolicy? policy, ref bool differs)
    {
        var target = _bytes.AsSpan((int)(at - Start), bytes.Length);
        if (_segments.Count == 0 || at >= End)
        {
            bytes.CopyTo(target);
            return;
        }
        Span<bool> kept = bytes.Length <= 2048 ? stackalloc bool[bytes.Length] : new bool[bytes.Length];
        kept.Clear();
        foreach (var segment in _segments)
        {
            var (from, to) = (Math.Max(at, segment.Start), Math.Min(end, segment.End));
            if (from >= to) continue;
            var (first, length) = ((int)(from - at), (int)(to - from));
            if (!target.Slice(first, length).SequenceEqual(bytes.Slice(first, length))) differs = true;
            if (policy is null || !Overlaps.NewWins(policy.Value, start, end, segment.Start, segment.End)) kept.Slice(first, length).Fill(true);
        }
        for (var i = 0; i < bytes.Length; i++)
            if (!kept[i]) target[i] = bytes[i];
    }

    private void InsertSegment(long start, long end)
    {
        var index = _segments.Count;
        while (index > 0 && _segments[index - 1].Start > start) index--;
        _segments.Insert(index, (start, end));
    }

    private void Cover(long start, long end)
    {
        var index = 0;
        while (index < _runs.Count && _runs[index].End < start) index++;
        while (index < _runs.Count && _runs[index].Start <= end)
        {
            (start, end) = (Math.Min(start, _runs[index].Start), Math.Max(end, _runs[index].End));
            _runs.RemoveAt(index);
        }
        _runs.Insert(index, (start, end));
    }

    private bool TryGrow(int length)
    {
        if (_bytes.Length >= length) return true;
        if (!pool.HasRoomFor(length)) return false;
        var larger = pool.Rent(length);
        var held = (int)Math.Max(0, End - Start);
        _bytes.AsSpan(0, Math.Min(held, _bytes.Length)).CopyTo(larger);
        GiveBack();
        _bytes = larger;
        return true;
    }

    private void GiveBack()
    {
        if (_bytes.Length > 0) pool.Return(_bytes);
        _bytes = [];
    }
}
