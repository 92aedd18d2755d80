using System.Buffers.Binary;

namespace Demilune.Firewall.Events;

/// <summary>
/// Lines from one thread to one other, through a block of memory of fixed size: the writer never waits and never
/// allocates; a line for which there is no room is lost and counted.
/// </summary>
/// <remarks>
/// Records are a length of four bytes and as many bytes, at multiples of four; one that does not fit before the end of
/// the block begins at its start, and a length of -1 says so. Positions grow for ever; only their remainder is a place.
/// Invariant: <c>head ≤ tail ≤ head + capacity</c>; the writer moves the tail, the reader the head.
/// </remarks>
internal sealed class LineRing
{
    private const int Wrapped = -1;
    private const int LengthBytes = 4;

    private readonly byte[] _block;
    private long _head;
    private long _tail;
    private long _lost;

    /// <param name="capacity">Bytes; a power of two.</param>
    public LineRing(int capacity)
    {
        if (!System.Numerics.BitOperations.IsPow2(capacity)) throw new ArgumentOutOfRangeException(nameof(capacity), "must be a power of two");
        _block = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
    }

    /// <summary>Lines that found no room.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Writer only.</summary>
    /// <returns>False if there is no room; it is counted.</returns>
    public bool TryWrite(ReadOnlySpan<byte> line)
    {
        var needed = LengthBytes + ((line.Length + 3) & ~3);
        var place = (int)(_tail & (_block.Length - 1));
        var skipped = needed > _block.Length - place ? _block.Length - place : 0;
        if (needed > _block.Length || _tail + skipped + needed - Volatile.Read(ref _head) > _block.Length)
        {
            Volatile.Write(ref _lost, _lost + 1);
            return false;
        }
        if (skipped > 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_block.AsSpan(place), Wrapped);
            place = 0;
        }
        BinaryPrimitives.WriteInt32LittleEndian(_block.AsSpan(place), line.Length);
        line.CopyTo(_block.AsSpan(place + LengthBytes));
        Volatile.Write(ref _tail, _tail + skipped + needed);
        return true;
    }

    /// <summary>Reader only. The line stays where it is until <see cref="Release"/>.</summary>
    public bool TryPeek(out ReadOnlySpan<byte> line)
    {
        line = default;
        if (Volatile.Read(ref _tail) == _head) return false;
        var place = (int)(_head & (_block.Length - 1));
        var length = BinaryPrimitives.ReadInt32LittleEndian(_block.AsSpan(place));
        if (length == Wrapped)
        {
            Volatile.Write(ref _head, _head + _block.Length - place);
            length = BinaryPrimitives.ReadInt32LittleEndian(_block);
            place = 0;
        }
        line = _block.AsSpan(place + LengthBytes, length);
        return true;
    }

    /// <summary>Reader only: gives the room of the line that was peeked back to the writer.</summary>
    public void Release()
    {
        var place = (int)(_head & (_block.Length - 1));
        var length = BinaryPrimitives.ReadInt32LittleEndian(_block.AsSpan(place));
        Volatile.Write(ref _head, _head + LengthBytes + ((length + 3) & ~3));
    }
}
