namespace Demilune.Rules.Buffers;

/// <summary>Bytes of one buffer as far as they are known: whole, or a window of a longer one.</summary>
/// <param name="bytes">The bytes at hand.</param>
/// <param name="offset">Position of the first of them in the whole buffer: 0 unless earlier bytes are gone.</param>
/// <param name="isComplete">No byte will follow. <c>endswith</c> and <c>bsize</c> can hold only then.</param>
public readonly ref struct BufferView(ReadOnlySpan<byte> bytes, long offset = 0, bool isComplete = true)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
    public long Offset { get; } = offset;
    public bool IsComplete { get; } = isComplete;

    /// <summary>How its sender writes numbers, where the protocol says so; otherwise false.</summary>
    public bool IsLittleEndian { get; init; }
}
