namespace Demilune.Wire.Http2;

/// <summary>HPACK's code (RFC 7541 Appendix B). It is canonical: the lengths say it all.</summary>
internal static class HuffmanDecoder
{
    private const int MaxLength = 30;

    /// <summary>Bits of each byte's code; the end mark, which must not occur, has 30.</summary>
    private static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    ];

    /// <summary>By length: the first code of that length, how many there are, and where their bytes begin in <see cref="s_bytes"/>.</summary>
    private static readonly (uint First, int Count, int Start)[] s_codes = new (uint, int, int)[MaxLength + 1];
    private static readonly byte[] s_bytes = Build();

    private static byte[] Build()
    {
        var bytes = new List<byte>();
        uint code = 0;
        for (var length = 1; length <= MaxLength; length++)
        {
            code <<= 1;
            var start = bytes.Count;
            for (var value = 0; value < Lengths.Length; value++)
                if (Lengths[value] == length) bytes.Add((byte)value);
            s_codes[length] = (code, bytes.Count - start, start);
            code += (uint)(bytes.Count - start);
        }
        return [.. bytes];
    }

    /// <param name="output">Room for 8/5 of the input.</param>
    /// <returns>Bytes written, or -1 if this is no text: the end mark is in it, or it is padded with something else than its first bits (§5.2).</returns>
    public static int Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        uint code = 0;
        var (length, written) = (0, 0);
        foreach (var b in input)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                code = code << 1 | (uint)(b >> bit & 1);
                if (++length > MaxLength) return -1;
                ref readonly var codes = ref s_codes[length];
                if (code - codes.First >= (uint)codes.Count || code < codes.First) continue;
                output[written++] = s_bytes[codes.Start + (int)(code - codes.First)];
                (code, length) = (0, 0);
            }
        }
        return length > 7 || code != (1u << length) - 1 ? -1 : written;
    }
}
