using System.Buffers.Binary;
using System.Numerics;
using Demilune.Rules.Matching;
using Demilune.Rules.Regex;

namespace Demilune.Rules.Prefilters;

/// <summary>Finds which of many literals occur in some bytes. No misses, and no false reports but of another case once it is quickened.</summary>
/// <remarks>
/// Four bytes are hashed at every second position and looked up in a bitmap that fits the cache. A pattern of five or more bytes has one of
/// two neighbouring 4-grams at an even position, whatever its alignment, so both are in the bitmap. Shorter patterns go by two of their bytes
/// at every position. What the bitmaps let through is compared in full. Input made to hit the bitmap all the time is handed to
/// <see cref="AhoCorasick"/>, which takes linear time whatever comes. That is ready in milliseconds; where much is searched, <see cref="Quicken"/> puts a
/// native table in its place, which takes a tenth of a second to build and then is several times faster with thousands of literals.
/// </remarks>
internal sealed class LiteralPrefilter
{
    private const uint FoldCase = 0x20202020;
    private const int GramLength = 4;

    /// <summary>Shortest pattern with a 4-gram at two neighbouring positions.</summary>
    private const int ShortestLong = GramLength + 1;

    /// <summary>
    /// Comparisons allowed per scan before the linear matcher takes over: ordinary traffic stays below one per 20 bytes, and one per
    /// 4 bytes costs about as much as the linear matcher does.
    /// </summary>
    private const int BytesPerComparison = 4;
    private const int FreeComparisons = 64;

    private readonly Literal[] _literals;
    private readonly AhoCorasick _linear;

    private readonly ulong[] _bitmap;
    private readonly int _shift;
    private readonly int[] _bucketStarts;
    private readonly GramEntry[] _entries;

    private readonly FewGrams? _few;

    /// <summary>Below it a call into native code costs more than it saves.</summary>
    private const int ShortestForTable = 100;

    /// <summary>Fewer, all of them long, are found as fast without.</summary>
    private const int FewestForTable = 48;

    private IRegexSet? _table;
    private long _searched;
    private bool _isQuickened;

    private readonly ulong[]? _pairBitmap;

    /// <summary>Of each word of the bitmap: how many pairs are in the words before. With the bits before it in its own word that is a pair's number.</summary>
    private readonly ushort[] _pairRanks = [];

    /// <summary>By number.</summary>
    private readonly int[] _pairStarts = [];
    private readonly PairEntry[] _pairs = [];

    /// <param name="Offset">Of the gram in its literal.</param>
    private readonly record struct GramEntry(uint Gram, int Literal, int Offset);

    /// <param name="Offset">Of the pair in its literal.</param>
    private readonly record struct PairEntry(ushort Pair, int Literal, int Offset);

    public LiteralPrefilter(IReadOnlyList<Literal> literals)
    {
        _literals = [.. literals];
        _linear = new(_literals);

        var grams = ChooseGrams(_literals);
        HasLong = grams.Count > 0;
        var bits = Math.Clamp(BitOperations.Log2((uint)grams.Count + 1) + 6, 12, 21);
        _shift = 32 - bits;
        _bitmap = new ulong[1 << bits - 6];
        foreach (var entry in grams)
        {
            var hash = Hash(entry.Gram);
            _bitmap[hash >> 6] |= 1UL << (int)hash;
        }
        if (grams.Count <= FewGrams.Limit) _few = new(grams.Select(entry => entry.Gram));
        var bucketBits = bits - 4;
        BucketShift = 32 - bucketBits;
        _bucketStarts = new int[(1 << bucketBits) + 1];
        foreach (var entry in grams) _bucketStarts[BucketOf(entry.Gram) + 1]++;
        _entries = Sorted(grams, _bucketStarts, entry => BucketOf(entry.Gram));

        var pairs = ChoosePairs(_literals).ToList();
        if (pairs.Count == 0) return;
        _pairBitmap = new ulong[65536 / 64];
        _pairRanks = new ushort[_pairBitmap.Length];
        foreach (var entry in pairs) _pairBitmap[entry.Pair >> 6] |= 1UL << entry.Pair;
        for (var i = 1; i < _pairRanks.Length; i++) _pairRanks[i] = (ushort)(_pairRanks[i - 1] + BitOperations.PopCount(_pairBitmap[i - 1]));
        _pairStarts = new int[NumberOf(ushort.MaxValue) + 2];
        foreach (var entry in pairs) _pairStarts[NumberOf(entry.Pair) + 1]++;
        _pairs = Sorted(pairs, _pairStarts, entry => NumberOf(entry.Pair));
    }

    /// <summary>Puts entries together by their number.</summary>
    /// <param name="starts">Of each number, one further on, how many there are; then, where they begin.</param>
    private static T[] Sorted<T>(List<T> entries, int[] starts, Func<T, int> number)
    {
        for (var i = 1; i < starts.Length; i++) starts[i] += starts[i - 1];
        var (sorted, next) = (new T[entries.Count], starts.AsSpan().ToArray());
        foreach (var entry in entries) sorted[next[number(entry)]++] = entry;
        return sorted;
    }

    /// <summary>Of a pair that is in the bitmap; of others, of the next one that is.</summary>
    private int NumberOf(ushort pair) => _pairRanks[pair >> 6] + BitOperations.PopCount(_pairBitmap![pair >> 6] & ((1UL << pair) - 1));

    private bool HasLong { get; }
    private int BucketShift { get; }

    /// <summary>Bytes searched so far without the native table, or with no hope of one. Other threads may read it, and see somewhat less.</summary>
    public long Searched => _searched;

    /// <summary>Literals to look for.</summary>
    public int Count => _literals.Length;

    /// <summary>Builds the native table, if that helps. Any thread, one at a time; searches go on meanwhile.</summary>
    /// <returns>Whether it took time.</returns>
    public bool Quicken(IRegexSetEngine engine)
    {
        if (_isQuickened) return false;
        _isQuickened = true;
        if (_literals.Length < FewestForTable && _pairs.Length == 0) return false;
        Volatile.Write(ref _table, engine.TryCompile([.. _literals.Select(literal => literal.Bytes)]));
        return true;
    }

    public void Scan(ReadOnlySpan<byte> bytes, CandidateSet candidates)
    {
        if (bytes.Length >= ShortestForTable && Volatile.Read(ref _table) is { } table)
        {
            var found = candidates.Found;
            if (table.Scan(bytes, found) is >= 0 and var count)
            {
                foreach (var index in found[..count]) Add(_literals[index], candidates);
                return;
            }
        }
        _searched += bytes.Length;
        var comparisons = bytes.Length / BytesPerComparison + FreeComparisons;
        if (HasLong && !ScanGrams(bytes, candidates, ref comparisons) || _pairBitmap is not null && !ScanPairs(bytes, candidates, ref comparisons))
            _linear.Scan(bytes, candidates);
    }

    private bool ScanGrams(ReadOnlySpan<byte> bytes, CandidateSet candidates, ref int comparisons)
    {
        var bitmap = _bitmap;
        var shift = _shift;
        var i = 0;
        // Three grams per eight bytes read: at 0, 2 and 4; the next read starts at 6. Twice, so that ordinary bytes cost one branch in twelve.
        if (_few is { } few)
        {
            for (; i + 14 <= bytes.Length; i += 12)
            {
                var window = bytes.Slice(i, 14);
                var near = BinaryPrimitives.ReadUInt64LittleEndian(window) | (ulong)FoldCase << 32 | FoldCase;
                var far = BinaryPrimitives.ReadUInt64LittleEndian(window[6..]) | (ulong)FoldCase << 32 | FoldCase;
                if (few.Any(near, far) && !ScanWindow(bytes, i, candidates, ref comparisons)) return false;
            }
        }
        for (; i + 14 <= bytes.Length; i += 12)
        {
            var window = bytes.Slice(i, 14);
            var near = BinaryPrimitives.ReadUInt64LittleEndian(window) | (ulong)FoldCase << 32 | FoldCase;
            var far = BinaryPrimitives.ReadUInt64LittleEndian(window[6..]) | (ulong)FoldCase << 32 | FoldCase;
            var (a, b, c) = (Hash((uint)near, shift), Hash((uint)(near >> 16), shift), Hash((uint)(near >> 32), shift));
            var (d, e, f) = (Hash((uint)far, shift), Hash((uint)(far >> 16), shift), Hash((uint)(far >> 32), shift));
            var any = bitmap[a >> 6] >> (int)a | bitmap[b >> 6] >> (int)b | bitmap[c >> 6] >> (int)c
                | bitmap[d >> 6] >> (int)d | bitmap[e >> 6] >> (int)e | bitmap[f >> 6] >> (int)f;
            if ((any & 1) != 0 && !ScanWindow(bytes, i, candidates, ref comparisons)) return false;
        }
        for (; i + GramLength <= bytes.Length; i += 2)
        {
            var gram = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(i, GramLength)) | FoldCase;
            var hash = Hash(gram, shift);
            if ((bitmap[hash >> 6] >> (int)hash & 1) != 0 && !Compare(bytes, i, gram, candidates, ref comparisons)) return false;
        }
        return true;
    }

    /// <summary>Six grams of which one or more are suspected.</summary>
    private bool ScanWindow(ReadOnlySpan<byte> bytes, int start, CandidateSet candidates, ref int comparisons)
    {
        for (var at = start; at < start + 12; at += 2)
        {
            var gram = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) | FoldCase;
            var hash = Hash(gram);
            if ((_bitmap[hash >> 6] >> (int)hash & 1) != 0 && !Compare(bytes, at, gram, candidates, ref comparisons)) return false;
        }
        return true;
    }

    /// <returns>False when the budget is spent.</returns>
    private bool Compare(ReadOnlySpan<byte> bytes, int position, uint gram, CandidateSet candidates, ref int comparisons)
    {
        var bucket = BucketOf(gram);
        var entries = _entries.AsSpan(_bucketStarts[bucket], _bucketStarts[bucket + 1] - _bucketStarts[bucket]);
        comparisons--;
        foreach (ref readonly var entry in entries)
        {
            if (entry.Gram != gram) continue;
            var literal = _literals[entry.Literal];
            if (literal.IsSpentIn(candidates)) continue;
            comparisons--;
            if (literal.MatchesAt(bytes, position - entry.Offset)) Add(literal, candidates);
        }
        return comparisons >= 0;
    }

    private bool ScanPairs(ReadOnlySpan<byte> bytes, CandidateSet candidates, ref int comparisons)
    {
        var bitmap = _pairBitmap!;
        var i = 0;
        // Seven pairs per eight bytes read, and one branch for all of them where nothing is.
        for (; i + 8 <= bytes.Length; i += 7)
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(i, 8)) | (ulong)FoldCase << 32 | FoldCase;
            var any = At(bitmap, word) | At(bitmap, word >> 8) | At(bitmap, word >> 16) | At(bitmap, word >> 24)
                | At(bitmap, word >> 32) | At(bitmap, word >> 40) | At(bitmap, word >> 48);
            if ((any & 1) == 0) continue;
            for (var at = 0; at < 7; at++)
                if ((At(bitmap, word >> at * 8) & 1) != 0 && !ComparePair(bytes, i + at, (ushort)(word >> at * 8), candidates, ref comparisons)) return false;
        }
        for (; i + 2 <= bytes.Length; i++)
        {
            var pair = PairOf(bytes[i..]);
            if ((At(bitmap, pair) & 1) != 0 && !ComparePair(bytes, i, pair, candidates, ref comparisons)) return false;
        }
        return true;

        static ulong At(ulong[] bitmap, ulong pair) => bitmap[(ushort)pair >> 6] >> (int)pair;
    }

    /// <returns>False when the budget is spent.</returns>
    private bool ComparePair(ReadOnlySpan<byte> bytes, int position, ushort pair, CandidateSet candidates, ref int comparisons)
    {
        comparisons--;
        var number = NumberOf(pair);
        foreach (ref readonly var entry in _pairs.AsSpan(_pairStarts[number], _pairStarts[number + 1] - _pairStarts[number]))
        {
            var literal = _literals[entry.Literal];
            if (literal.IsSpentIn(candidates)) continue;
            comparisons--;
            if (literal.MatchesAt(bytes, position - entry.Offset)) Add(literal, candidates);
        }
        return comparisons >= 0;
    }

    internal static void Add(Literal literal, CandidateSet candidates)
    {
        foreach (var signature in literal.Signatures) candidates.Add(signature);
    }

    private static ushort PairOf(ReadOnlySpan<byte> literal) => (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(literal) | FoldCase);

    private uint Hash(uint gram) => Hash(gram, _shift);

    internal static uint Hash(uint gram, int shift) => gram * 0x9E3779B1u >> shift;

    private int BucketOf(uint gram) => (int)(gram * 0x85EBCA6Bu >> BucketShift);

    /// <summary>Two neighbouring grams per long literal: of rare bytes, and not those that many other literals already use.</summary>
    private static List<GramEntry> ChooseGrams(Literal[] literals)
    {
        var uses = new Dictionary<uint, int>();
        var grams = new List<GramEntry>();
        for (var index = 0; index < literals.Length; index++)
        {
            var bytes = literals[index].Bytes;
            if (bytes.Length < ShortestLong) continue;
            var (best, bestCost) = (0, int.MaxValue);
            for (var start = 0; start + ShortestLong <= bytes.Length; start++)
            {
                var cost = 8 * (uses.GetValueOrDefault(GramAt(bytes, start)) + uses.GetValueOrDefault(GramAt(bytes, start + 1)));
                for (var i = start; i < start + ShortestLong; i++) cost += Bytes.Commonness(bytes[i]);
                if (cost < bestCost) (best, bestCost) = (start, cost);
            }
            for (var start = best; start <= best + 1; start++)
            {
                var gram = GramAt(bytes, start);
                uses[gram] = uses.GetValueOrDefault(gram) + 1;
                grams.Add(new(gram, index, start));
            }
        }
        return grams;
    }

    /// <summary>Of each short literal the two neighbouring bytes that are rarest.</summary>
    private static IEnumerable<PairEntry> ChoosePairs(Literal[] literals)
    {
        for (var index = 0; index < literals.Length; index++)
        {
            var bytes = literals[index].Bytes;
            if (bytes.Length >= ShortestLong) continue;
            var offset = Enumerable.Range(0, bytes.Length - 1).MinBy(at => Bytes.Commonness(bytes[at]) + Bytes.Commonness(bytes[at + 1]));
            yield return new(PairOf(bytes.AsSpan(offset)), index, offset);
        }
    }

    private static uint GramAt(ReadOnlySpan<byte> bytes, int start) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(start, GramLength)) | FoldCase;
}
