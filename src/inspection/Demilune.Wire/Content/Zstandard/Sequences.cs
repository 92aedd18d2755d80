namespace Demilune.Wire.Content.Zstandard;

/// <summary>How a block's literals and earlier bytes make up its content (RFC 8878 §3.1.1.3.2 and §3.1.1.4).</summary>
internal sealed class Sequences
{
    private static readonly FseTable s_literalLengths = FseTable.Of(6,
        [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1]);
    private static readonly FseTable s_offsets = FseTable.Of(5,
        [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1]);
    private static readonly FseTable s_matchLengths = FseTable.Of(6,
        [1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            -1, -1, -1, -1, -1, -1, -1]);

    private static ReadOnlySpan<byte> LiteralBits => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    private static ReadOnlySpan<int> LiteralBases =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536,
    ];

    private static ReadOnlySpan<byte> MatchBits =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    ];

    private static ReadOnlySpan<int> MatchBases =>
    [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
        35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539,
    ];

    private const int MaxOffsetCode = 31;

    private FseTable? _literals;
    private FseTable? _offsets;
    private FseTable? _matches;
    private int _recent = 1;
    private int _second = 4;
    private int _third = 8;

    /// <summary>A frame begins: what earlier ones had counts no more.</summary>
    public void Restart()
    {
        (_literals, _offsets, _matches) = (null, null, null);
        (_recent, _second, _third) = (1, 4, 8);
    }

    /// <param name="section">The rest of the block.</param>
    /// <param name="literals">The block's.</param>
    /// <param name="window">Takes the block's content, behind what came before.</param>
    /// <returns>False if they cannot be read.</returns>
    public bool TryExecute(ReadOnlySpan<byte> section, ReadOnlySpan<byte> literals, ContentWindow window)
    {
        if (!TryReadCount(ref section, out var count)) return false;
        if (count == 0) return section.IsEmpty && window.TryAppend(literals);
        if (section.IsEmpty) return false;
        var modes = section[0];
        section = section[1..];
        if ((modes & 3) != 0
            || !TryReadTable(modes >> 6, ref section, s_literalLengths, 9, LiteralBases.Length, ref _literals)
            || !TryReadTable(modes >> 4 & 3, ref section, s_offsets, 8, MaxOffsetCode + 1, ref _offsets)
            || !TryReadTable(modes >> 2 & 3, ref section, s_matchLengths, 9, MatchBases.Length, ref _matches)
            || !BackwardBits.TryOpen(section, out var bits)) return false;
        var literalState = bits.Take(_literals!.Log);
        var offsetState = bits.Take(_offsets!.Log);
        var matchState = bits.Take(_matches!.Log);
        while (count-- > 0)
        {
            int offsetCode = _offsets.Symbol(offsetState), matchCode = _matches.Symbol(matchState), literalCode = _literals.Symbol(literalState);
            var offset = (1L << offsetCode) + bits.Take(offsetCode);
            var match = MatchBases[matchCode] + (int)bits.Take(MatchBits[matchCode]);
            var literal = LiteralBases[literalCode] + (int)bits.Take(LiteralBits[literalCode]);
            if (bits.Left < 0 || literal > literals.Length || !TryResolve(offset, literal == 0, out var distance)) return false;
            if (!window.TryAppend(literals[..literal]) || !window.TryCopy(distance, match)) return false;
            literals = literals[literal..];
            if (count == 0) break;
            literalState = _literals.Next(literalState, ref bits);
            matchState = _matches.Next(matchState, ref bits);
            offsetState = _offsets.Next(offsetState, ref bits);
        }
        return bits.Left == 0 && window.TryAppend(literals);
    }

    /// <summary>The smallest numbers stand for distances that were used before (RFC 8878 §3.1.1.5).</summary>
    private bool TryResolve(long value, bool hasNoLiterals, out int distance)
    {
        distance = 0;
        if (value > 3)
        {
            if (value - 3 > int.MaxValue) return false;
            distance = (int)(value - 3);
            (_recent, _second, _third) = (distance, _recent, _second);
            return true;
        }
        switch (value + (hasNoLiterals ? 1 : 0))
        {
            case 1:
                distance = _recent;
                break;
            case 2:
                distance = _second;
                (_recent, _second) = (distance, _recent);
                break;
            case 3:
                distance = _third;
                (_recent, _second, _third) = (distance, _recent, _second);
                break;
            default:
                distance = _recent - 1;
                (_recent, _second, _third) = (distance, _recent, _second);
                break;
        }
        return distance > 0;
    }

    private static bool TryReadCount(ref ReadOnlySpan<byte> section, out int count)
    {
        count = 0;
        switch (section)
        {
            case [< 128 and var small, ..]:
                count = small;
                section = section[1..];
                return true;
            case [< 255 and var high, var low, ..]:
                count = high - 128 << 8 | low;
                section = section[2..];
                return true;
            case [255, var low, var high, ..]:
                count = (high << 8 | low) + 0x7f00;
                section = section[3..];
                return true;
            default:
                return false;
        }
    }

    private static bool TryReadTable(int mode, ref ReadOnlySpan<byte> section, FseTable predefined, int maxLog, int symbols, ref FseTable? table)
    {
        switch (mode)
        {
            case 0:
                table = predefined;
                return true;
            case 1:
                if (section.IsEmpty || section[0] >= symbols) return false;
                table = FseTable.Of(section[0]);
                section = section[1..];
                return true;
            case 2:
                section = section[FseTable.Read(section, maxLog, symbols, out table)..];
                return table is not null;
            default:
                return table is not null;
        }
    }
}
