using System.Collections.Immutable;
using System.Numerics;

namespace Demilune.Policy.Addresses;

/// <summary>Arithmetic on sets of addresses.</summary>
public static class PrefixSet
{
    /// <summary>The fewest prefixes that cover <paramref name="block"/> without any of <paramref name="except"/>.</summary>
    /// <remarks>
    /// All exceptions are taken out of one interval list. Taking out each by itself and uniting the results would give each
    /// exception back through the others.
    /// </remarks>
    public static ImmutableArray<Prefix> Subtract(Prefix block, IEnumerable<Prefix> except)
    {
        var result = ImmutableArray.CreateBuilder<Prefix>();
        var from = block.First;
        foreach (var hole in except.Where(hole => hole.IsV6 == block.IsV6 && hole.Last >= block.First && hole.First <= block.Last).Order())
        {
            if (hole.First > from) Cover(result, block.IsV6, from, hole.First - 1);
            if (hole.Last >= block.Last) return result.ToImmutable();
            from = UInt128.Max(from, hole.Last + 1);
        }
        Cover(result, block.IsV6, from, block.Last);
        return result.ToImmutable();
    }

    /// <summary>Appends the fewest prefixes that cover first..last exactly.</summary>
    private static void Cover(ImmutableArray<Prefix>.Builder result, bool isV6, UInt128 first, UInt128 last)
    {
        var width = isV6 ? 128 : 32;
        while (true)
        {
            // The largest block that starts here: limited by the alignment of its start, and by what is left.
            var aligned = first == UInt128.Zero ? width : Math.Min(width, (int)UInt128.TrailingZeroCount(first));
            var left = last - first;
            var fits = left == UInt128.MaxValue ? 128 : (int)UInt128.Log2(left + 1);
            var bits = Math.Min(aligned, fits);
            var block = new Prefix(isV6, first, width - bits);
            result.Add(block);
            if (block.Last >= last) return;
            first = block.Last + 1;
        }
    }
}
