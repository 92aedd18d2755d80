using System.Numerics;

namespace Demilune.Wire.Content.Zstandard;

/// <summary>The code that literals are written in (RFC 8878 §4.2).</summary>
internal sealed class HuffmanTable
{
    private const int MaxBits = 11;
    private const int MaxWeightLog = 6;
    private const int MaxSymbols = 256;

    private readonly int _width;
    private readonly byte[] _symbols;
    private readonly byte[] _bits;

    private HuffmanTable(int width) => (_width, _symbols, _bits) = (width, new byte[1 << width], new byte[1 << width]);

    /// <param name="bytes">Begin with the code's description.</param>
    /// <param name="table">Null if this is none.</param>
    /// <returns>The bytes it took.</returns>
    public static int Read(ReadOnlySpan<byte> bytes, out HuffmanTable? table)
    {
        table = null;
        if (bytes.IsEmpty) return 0;
        Span<byte> weights = stackalloc byte[MaxSymbols];
        int length, count;
        if (bytes[0] >= 128)
        {
            count = bytes[0] - 127;
            length = 1 + (count + 1) / 2;
            if (length > bytes.Length) return 0;
            for (var i = 0; i < count; i++) weights[i] = (byte)(bytes[1 + i / 2] >> (i % 2 == 0 ? 4 : 0) & 0xf);
        }
        else
        {
            length = 1 + bytes[0];
            if (length > bytes.Length || !TryReadWeights(bytes[1..length], weights, out count)) return 0;
        }
        table = Of(weights, count);
        return length;
    }

    /// <summary>Reads literals until <paramref name="output"/> is full.</summary>
    /// <returns>False if there are too few, or more.</returns>
    public bool TryDecode(ReadOnlySpan<byte> bytes, Span<byte> output)
    {
        if (!BackwardBits.TryOpen(bytes, out var bits)) return false;
        for (var i = 0; i < output.Length; i++)
        {
            var code = bits.Peek(_width);
            output[i] = _symbols[code];
            bits.Skip(_bits[code]);
            if (bits.Left < 0) return false;
        }
        return bits.Left == 0;
    }

    /// <summary>Two states take turns until the bits are at their end.</summary>
    private static bool TryReadWeights(ReadOnlySpan<byte> bytes, Span<byte> weights, out int count)
    {
        count = 0;
        var length = FseTable.Read(bytes, MaxWeightLog, MaxBits + 2, out var table);
        if (table is null || !BackwardBits.TryOpen(bytes[length..], out var bits)) return false;
        var (state, other) = (bits.Take(table.Log), bits.Take(table.Log));
        // The weight of the last symbol is not written.
        while (count < MaxSymbols - 2)
        {
            weights[count++] = table.Symbol(state);
            state = table.Next(state, ref bits);
            if (bits.Left < 0)
            {
                weights[count++] = table.Symbol(other);
                return true;
            }
            (state, other) = (other, state);
        }
        return false;
    }

    /// <returns>Null if no code has these weights.</returns>
    private static HuffmanTable? Of(Span<byte> weights, int count)
    {
        var sum = 0;
        foreach (var weight in weights[..count])
        {
            if (weight > MaxBits + 1) return null;
            sum += weight == 0 ? 0 : 1 << weight - 1;
        }
        if (sum == 0) return null;
        var width = BitOperations.Log2((uint)sum) + 1;
        var left = (1 << width) - sum;
        if (width > MaxBits || !BitOperations.IsPow2(left)) return null;
        weights[count++] = (byte)(BitOperations.Log2((uint)left) + 1);
        var table = new HuffmanTable(width);
        // The longest codes come first, those of one length in the order of their symbols.
        var position = 0;
        for (var weight = 1; weight <= width; weight++)
        {
            for (var symbol = 0; symbol < count; symbol++)
            {
                if (weights[symbol] != weight) continue;
                var states = 1 << weight - 1;
                table._symbols.AsSpan(position, states).Fill((byte)symbol);
                table._bits.AsSpan(position, states).Fill((byte)(width + 1 - weight));
                position += states;
            }
        }
        return table;
    }
}
