using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Reassembly;

/// <summary>
/// Bytes of one direction by their sequence numbers: those that wait for a gap to be filled, and those that were judged and sent on but not yet
/// acknowledged, so that a retransmission can be compared with them.
/// </summary>
/// <remarks>Segments are in order, never overlap, never are empty. Whatever came first stays: a later copy of a byte is only ever compared.</remarks>
internal sealed class SegmentStore
{
    private Segment[] _segments = [];
    private int _first;
    private int _count;

    private struct Segment
    {
        public uint Start;
        public int Length;
        public byte[] Bytes;
        public readonly uint End => Start + (uint)Length;
    }

    /// <summary>Memory taken, as <see cref="SegmentPool"/> counts.</summary>
    public int Held { get; private set; }

    public bool IsEmpty => _count == 0;

    private Span<Segment> Segments => _segments.AsSpan(_first, _count);

    /// <summary>True unless a byte of <paramref name="bytes"/> differs from the copy held under the same number.</summary>
    public bool Agrees(uint start, ReadOnlySpan<byte> bytes)
    {
        var end = start + (uint)bytes.Length;
        for (var i = FirstEndingAfter(start); i < _count; i++)
        {
            ref var segment = ref Segments[i];
            if (!Sequence.IsBefore(segment.Start, end)) break;
            var from = Sequence.Later(segment.Start, start);
            var count = Math.Min(Sequence.Distance(segment.End, from), Sequence.Distance(end, from));
            var held = segment.Bytes.AsSpan(Sequence.Distance(from, segment.Start), count);
            if (!held.SequenceEqual(bytes.Slice(Sequence.Distance(from, start), count))) return false;
        }
        return true;
    }

    /// <summary>Keeps those bytes of which there is no copy yet.</summary>
    public void Add(uint start, ReadOnlySpan<byte> bytes, SegmentPool pool)
    {
        while (!bytes.IsEmpty)
        {
            var i = FirstEndingAfter(start);
            var free = bytes.Length;
            if (i < _count)
            {
                var gap = Sequence.Distance(Segments[i].Start, start);
                if (gap <= 0)
                {
                    var covered = Math.Min(Sequence.Distance(Segments[i].End, start), bytes.Length);
                    bytes = bytes[covered..];
                    start += (uint)covered;
                    continue;
                }
                free = Math.Min(free, gap);
            }
            Insert(i, start, bytes[..free], pool);
            bytes = bytes[free..];
            start += (uint)free;
        }
    }

    /// <summary>Held bytes from this number on without a gap; empty if there are none.</summary>
    public ReadOnlySpan<byte> From(uint start)
    {
        var i = FirstEndingAfter(start);
        if (i == _count || Sequence.IsAfter(Segments[i].Start, start)) return default;
        var skip = Sequence.Distance(start, Segments[i].Start);
        return Segments[i].Bytes.AsSpan(skip, Segments[i].Length - skip);
    }

    /// <summary>Where the first held segment after <paramref name="start"/> begins, if there is one.</summary>
    public bool TryNextStart(uint start, out uint next)
    {
        var i = FirstEndingAfter(start);
        next = i < _count ? Segments[i].Start : 0;
        return i < _count;
    }

    /// <summary>Forgets the segments that lie wholly before <paramref name="end"/>.</summary>
    public void ReleaseBefore(uint end, SegmentPool pool)
    {
        while (_count > 0 && !Sequence.IsAfter(_segments[_first].End, end)) ReleaseFirst(pool);
    }

    public void Clear(SegmentPool pool)
    {
        while (_count > 0) ReleaseFirst(pool);
    }

    private void ReleaseFirst(SegmentPool pool)
    {
        Held -= _segments[_first].Bytes.Length;
        pool.Return(_segments[_first].Bytes);
        _segments[_first] = default;
        _count--;
        _first = _count == 0 ? 0 : _first + 1;
    }

    private void Insert(int index, uint start, ReadOnlySpan<byte> bytes, SegmentPool pool)
    {
        if (index > 0 && Segments[index - 1].End == start)
        {
            ref var before = ref Segments[index - 1];
            var room = before.Bytes.Length - before.Length;
            if (room >= bytes.Length)
            {
                bytes.CopyTo(before.Bytes.AsSpan(before.Length));
                before.Length += bytes.Length;
                return;
            }
        }
        MakeRoomFor(index);
        var memory = pool.Rent(bytes.Length);
        Held += memory.Length;
        bytes.CopyTo(memory);
        Segments[index] = new() { Start = start, Length = bytes.Length, Bytes = memory };
    }

    /// <summary>Opens a place at <paramref name="index"/>.</summary>
    private void MakeRoomFor(int index)
    {
        if (_first + _count == _segments.Length)
        {
            var target = _segments.Length == 0 || _count * 2 > _segments.Length ? new Segment[Math.Max(4, _segments.Length * 2)] : _segments;
            Segments.CopyTo(target);
            if (target == _segments) _segments.AsSpan(_count, _first).Clear();
            (_segments, _first) = (target, 0);
        }
        _count++;
        var segments = Segments;
        segments[index..^1].CopyTo(segments[(index + 1)..]);
    }

    private int FirstEndingAfter(uint start)
    {
        var segments = Segments;
        var (low, high) = (0, segments.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Sequence.IsAfter(segments[middle].End, start)) high = middle;
            else low = middle + 1;
        }
        return low;
    }
}
