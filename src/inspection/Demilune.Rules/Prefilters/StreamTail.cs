using System.Runtime.CompilerServices;

namespace Demilune.Rules.Prefilters;

/// <summary>The last bytes of a stream, kept so that a pattern cut by a packet boundary is still found. A plain value: <c>default</c> is "nothing yet".</summary>
public struct StreamTail
{
    private Buffer _bytes;
    private byte _length;

    /// <summary>The longest literal the prefilter looks for; longer contents are cut to their best part, the whole being checked afterwards.</summary>
    public const int MaxPatternLength = 32;

    /// <summary>Bytes of tail that suffice: one less than a pattern.</summary>
    public const int Capacity = MaxPatternLength - 1;

    internal readonly int Length => _length;

    internal readonly void CopyTo(Span<byte> destination) => ((ReadOnlySpan<byte>)_bytes)[.._length].CopyTo(destination);

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        Span<byte> tail = _bytes;
        if (bytes.Length >= Capacity)
        {
            bytes[^Capacity..].CopyTo(tail);
            _length = Capacity;
            return;
        }
        var keep = Math.Min(_length, Capacity - bytes.Length);
        tail.Slice(_length - keep, keep).CopyTo(tail);
        bytes.CopyTo(tail[keep..]);
        _length = (byte)(keep + bytes.Length);
    }

    [InlineArray(Capacity)]
    private struct Buffer
    {
        private byte _first;
    }
}
