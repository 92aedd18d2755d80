using System.Numerics;

namespace Demilune.Wire.Content.Zstandard;

/// <summary>A table of finite state entropy coding (RFC 8878 §4.1): a state stands for a symbol, and some bits lead to the next state.</summary>
internal sealed class FseTable
{
    /// <summary>Symbols are codes of lengths, of offsets, or weights: none has more.</summary>
    public const int MaxSymbols = 64;

    private readonly byte[] _symbols;
    private readonly byte[] _bits;
    private readonly ushort[] _bases;

    private FseTable(int log) => (Log, _symbols, _bits, _bases) = (log, new byte[1 << log], new byte[1 << log], new ushort[1 << log]);

    /// <summary>How many bits name a state.</summary>
    public int Log { get; }

    public byte Symbol(uint state) => _symbols[state];

    public uint Next(uint state, ref BackwardBits bits) => _bases[state] + bits.Take(_bits[state]);

    /// <summary>One symbol, again and again, for no bits.</summary>
    public static FseTable Of(byte symbol)
    {
        var table = new FseTable(0);
        table._symbols[0] = symbol;
        return table;
    }

    /// <param name="log">How many bits name a state.</param>
    /// <param name="counts">How many states each symbol has; -1: one, that is left by a whole state's bits.</param>
    public static FseTable Of(int log, ReadOnlySpan<sbyte> counts)
    {
        Span<short> wide = stackalloc short[counts.Length];
        for (var i = 0; i < counts.Length; i++) wide[i] = counts[i];
        return Of(log, wide);
    }

    /// <summary>Reads how many states each symbol has (RFC 8878 §4.1.1).</summary>
    /// <param name="bytes">Begin with the table.</param>
    /// <param name="maxLog">What this use of a table allows.</param>
    /// <param name="symbols">How many symbols this use has.</param>
    /// <param name="table">Null if this is no table.</param>
    /// <returns>The bytes it took.</returns>
    public static int Read(ReadOnlySpan<byte> bytes, int maxLog, int symbols, out FseTable? table)
    {
        table = null;
        var position = 0;
        var log = (int)Bits(bytes, ref position, 4) + 5;
        if (log > maxLog) return 0;
        Span<short> counts = stackalloc short[MaxSymbols];
        counts.Clear();
        // One more than the states that are left: what is read is a count and one, so that -1 can be said.
        var left = (1 << log) + 1;
        var symbol = 0;
        while (left > 1)
        {
            if (symbol >= symbols) return 0;
            // Values that cannot be anything else are a bit shorter.
            var width = BitOperations.Log2((uint)left) + 1;
            var threshold = 1 << width - 1;
            var shorter = 2 * threshold - 1 - left;
            var value = (int)Bits(bytes, ref position, width - 1);
            if (value >= shorter)
            {
                value |= (int)Bits(bytes, ref position, 1) << width - 1;
                if (value >= threshold) value -= shorter;
            }
            var count = value - 1;
            left -= Math.Abs(count);
            counts[symbol++] = (short)count;
            if (count != 0) continue;
            uint skipped;
            do
            {
                skipped = Bits(bytes, ref position, 2);
                symbol += (int)skipped;
            }
            while (skipped == 3 && symbol < symbols);
        }
        var length = (position + 7) / 8;
        if (left != 1 || symbol > symbols || length > bytes.Length) return 0;
        table = Of(log, counts[..symbol]);
        return length;
    }

    private static FseTable Of(int log, ReadOnlySpan<short> counts)
    {
        var table = new FseTable(log);
        var size = 1 << log;
        var high = size - 1;
        Span<ushort> next = stackalloc ushort[MaxSymbols];
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            next[symbol] = (ushort)Math.Max((short)1, counts[symbol]);
            if (counts[symbol] == -1) table._symbols[high--] = (byte)symbol;
        }
        // The steps reach every state once, whatever the size.
        var step = (size >> 1) + (size >> 3) + 3;
        var position = 0;
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            for (var i = 0; i < counts[symbol]; i++)
            {
                table._symbols[position] = (byte)symbol;
                do position = position + step & size - 1;
                while (position > high);
            }
        }
        for (var state = 0; state < size; state++)
        {
            var value = next[table._symbols[state]]++;
            table._bits[state] = (byte)(log - BitOperations.Log2(value));
            table._bases[state] = (ushort)((value << table._bits[state]) - size);
        }
        return table;
    }

    /// <summary>The lowest bits first. Behind the end there are zeros, as the length that comes out says.</summary>
    private static uint Bits(ReadOnlySpan<byte> bytes, ref int position, int count)
    {
        uint value = 0;
        for (var i = 0; i < count; i++, position++)
            if (position >> 3 < bytes.Length) value |= (uint)(bytes[position >> 3] >> (position & 7) & 1) << i;
        return value;
    }
}
