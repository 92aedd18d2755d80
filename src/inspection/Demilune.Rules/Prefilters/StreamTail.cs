using System.Runtime.CompilerServices;

namespace Demilune.Rules.Prefilters;

/// <summary>The last bytes of a stream, kept so that a pattern cut by a packet boundary is still found. A plain value: <c>default</c> is "nothing yet".</summary>
public struct StreamTail
{
    private Buffer _bytes;
    private byte _length;

    /// <summary>The longest literal the prefilter looks for; longer contents are cut to their best part, the whole being checked afterwards.</summary>
    public const int MaxPatternLength = 32;

    /// <summary>The same for literals looked for behind a transformation: twice percent-encoded they take nine times their length.</summary>
    public const int MaxTransformedPatternLength = 16;

    /// <summary>Bytes kept: a literal behind two decodings (16 × 9) and more than one that is looked for as it is.</summary>
    public const int Capacity = 255;

    /// <summary>Writes the last bytes of what was before and the first of what is now, up to <paramref name="reach"/> of each.</summary>
    /// <returns>How many, or 0 when nothing was before.</returns>
    internal readonly int Seam(ReadOnlySpan<byte> bytes, int reach, Span<byte> destination)
    {
        if (_length == 0) return 0;
        ReadOnlySpan<byte> before = _bytes;
        before = before[Math.Max(0, _length - reach).._length];
        var after = bytes[..Math.Min(bytes.Length, reach)];
        before.CopyTo(destination);
        after.CopyTo(destination[before.Length..]);
        return before.Length + after.Length;
    }

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
