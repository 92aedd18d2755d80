namespace Demilune.Rules.Headers;

/// <summary>A set of addresses as sorted, disjoint, inclusive ranges of the IPv6 space (IPv4 mapped into it).</summary>
public sealed class AddressSet
{
    private readonly (UInt128 First, UInt128 Last)[] _ranges;

    private AddressSet((UInt128, UInt128)[] ranges) => _ranges = ranges;

    public static AddressSet Any { get; } = new([(UInt128.Zero, UInt128.MaxValue)]);

    public bool IsAny => ReferenceEquals(this, Any);
    public bool IsEmpty => _ranges.Length == 0;
    public IReadOnlyList<(UInt128 First, UInt128 Last)> Ranges => _ranges;

    /// <summary>Everything in <paramref name="included"/> (empty: any address) that is not in <paramref name="excluded"/>.</summary>
    public static AddressSet Of(IReadOnlyCollection<(UInt128 First, UInt128 Last)> included, IReadOnlyCollection<(UInt128 First, UInt128 Last)> excluded)
    {
        var ranges = new List<(UInt128 First, UInt128 Last)>();
        foreach (var (first, last) in included.Count == 0 ? [(UInt128.Zero, UInt128.MaxValue)] : included.OrderBy(range => range.First).ToArray())
        {
            if (ranges.Count > 0 && first <= ranges[^1].Last) ranges[^1] = (ranges[^1].First, UInt128.Max(last, ranges[^1].Last));
            else ranges.Add((first, last));
        }
        foreach (var (first, last) in excluded)
            ranges = [.. ranges.SelectMany(range => Cut(range, first, last))];
        return ranges is [var all] && all.First == 0 && all.Last == UInt128.MaxValue ? Any : new([.. ranges]);
    }

    private static IEnumerable<(UInt128, UInt128)> Cut((UInt128 First, UInt128 Last) range, UInt128 first, UInt128 last)
    {
        if (last < range.First || first > range.Last)
        {
            yield return range;
            yield break;
        }
        if (first > range.First) yield return (range.First, first - 1);
        if (last < range.Last) yield return (last + 1, range.Last);
    }

    public bool Contains(UInt128 address)
    {
        if (IsAny) return true;
        int low = 0, high = _ranges.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (address < _ranges[middle].First) high = middle - 1;
            else if (address > _ranges[middle].Last) low = middle + 1;
            else return true;
        }
        return false;
    }
}
