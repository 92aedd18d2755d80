using System.Buffers.Binary;
using System.Numerics;

namespace Demilune.Wire.Content.Zstandard;

/// <summary>Bits that are read from the end of their bytes to the beginning (RFC 8878 §4.1), the highest first. The highest bit that is set says where they begin.</summary>
internal ref struct BackwardBits
{
    /// <summary>More are never asked for at once: an offset has 31 at most.</summary>
    private const int MaxCount = 56;

    private readonly ReadOnlySpan<byte> _bytes;

    private BackwardBits(ReadOnlySpan<byte> bytes, int left)
    {
        _bytes = bytes;
        Left = left;
    }

    /// <summary>How many bits are to come; negative: more were taken than there were, and those that were not are 0.</summary>
    public int Left { get; private set; }

    /// <returns>False if nothing says where the bits begin.</returns>
    public static bool TryOpen(ReadOnlySpan<byte> bytes, out BackwardBits bits)
    {
        bits = default;
        if (bytes is not [.., var last] || last == 0) return false;
        bits = new(bytes, bytes.Length * 8 - 8 + BitOperations.Log2(last));
        return true;
    }

    public uint Take(int count)
    {
        var value = Peek(count);
        Left -= count;
        return value;
    }

    public void Skip(int count) => Left -= count;

    public readonly uint Peek(int count)
    {
        var start = Left - count;
        if (start >= 0) return (uint)From(start, count);
        // Below the first bit there are zeros.
        return Left <= 0 || count > MaxCount ? 0 : (uint)(From(0, Left) << -start);
    }

    private readonly ulong From(int start, int count)
    {
        var index = start >> 3;
        ulong word = 0;
        if (index + sizeof(ulong) <= _bytes.Length) word = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[index..]);
        else for (var i = _bytes.Length - 1; i >= index; i--) word = word << 8 | _bytes[i];
        return word >> (start & 7) & ((1UL << count) - 1);
    }
}
