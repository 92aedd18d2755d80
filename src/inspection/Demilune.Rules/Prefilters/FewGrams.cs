using System.Runtime.CompilerServices;

namespace Demilune.Rules.Prefilters;

/// <summary>
/// The first look for sets of up to <see cref="Limit"/> grams: a byte for each hash instead of a bit, so that a look costs
/// a multiplication, a shift and a load. 32 KiB: it lies in the innermost cache while a body is read.
/// </summary>
internal sealed class FewGrams
{
    /// <summary>More would make one window in six a false suspicion; the bitmap, larger and slower, then is faster.</summary>
    public const int Limit = 1024;

    private const int Bits = 15;

    private Table _table;

    public FewGrams(IEnumerable<uint> grams)
    {
        foreach (var gram in grams) _table[(int)(LiteralPrefilter.Hash(gram, 32 - Bits))] = 1;
    }

    /// <summary>Whether one of the grams at bytes 0, 2 and 4 of each word may be there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Any(ulong near, ulong far)
    {
        ReadOnlySpan<byte> table = _table;
        return (At(table, (uint)near) | At(table, (uint)(near >> 16)) | At(table, (uint)(near >> 32))
            | At(table, (uint)far) | At(table, (uint)(far >> 16)) | At(table, (uint)(far >> 32))) != 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int At(ReadOnlySpan<byte> table, uint gram) => table[(int)(LiteralPrefilter.Hash(gram, 32 - Bits))];

    [InlineArray(1 << Bits)]
    private struct Table
    {
        private byte _first;
    }
}
