namespace Demilune.Inspection.Frames;

/// <summary>
/// Frames that the inspector made itself (resets) and that the caller is to send. Owned and emptied by the caller, one
/// per packet thread; the memory is used again and again.
/// </summary>
/// <remarks>The frames have no 802.1Q tag in their bytes if the frame that caused them had none in its: the caller adds <see cref="QueuedFrame.Tag"/>.</remarks>
public sealed class FrameQueue
{
    /// <summary>Two resets and room for a caller that empties it late; past that, frames are refused.</summary>
    private const int MaxFrames = 64;

    private readonly List<Slot> _slots = [];

    /// <summary>How many wait to be sent.</summary>
    public int Count { get; private set; }

    /// <summary>The frame at <paramref name="index"/>, 0 is the oldest. Valid until <see cref="Clear"/>.</summary>
    public QueuedFrame this[int index] => index < Count
        ? new(_slots[index].Bytes.AsSpan(0, _slots[index].Length), _slots[index].Departure, _slots[index].Tag)
        : throw new ArgumentOutOfRangeException(nameof(index));

    /// <summary>Forgets all; the memory stays.</summary>
    public void Clear() => Count = 0;

    /// <summary>A span to write a new frame into; empty if the queue is full.</summary>
    internal Span<byte> Add(int length, Interface departure, int tag)
    {
        if (Count == MaxFrames) return default;
        if (Count == _slots.Count) _slots.Add(new());
        var slot = _slots[Count++];
        if (slot.Bytes.Length < length) slot.Bytes = new byte[length];
        (slot.Length, slot.Departure, slot.Tag) = (length, departure, tag);
        var bytes = slot.Bytes.AsSpan(0, length);
        bytes.Clear();
        return bytes;
    }

    private sealed class Slot
    {
        public byte[] Bytes = new byte[128];
        public int Length;
        public int Tag;
        public Interface Departure;
    }
}

/// <summary>A frame to send.</summary>
/// <param name="bytes">Whole, checksums filled in.</param>
/// <param name="departure">By which interface it leaves.</param>
/// <param name="tag">The 802.1Q VID that the caller has to insert, or 0.</param>
public readonly ref struct QueuedFrame(ReadOnlySpan<byte> bytes, Interface departure, int tag)
{
    /// <summary>Whole, checksums filled in.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>By which interface it leaves.</summary>
    public Interface Departure { get; } = departure;

    /// <summary>The 802.1Q VID that the caller has to insert, or 0.</summary>
    public int Tag { get; } = tag;
}
