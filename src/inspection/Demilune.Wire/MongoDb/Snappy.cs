namespace Demilune.Wire.MongoDb;

/// <summary>Google's Snappy ("format_description.txt"), as much of it as there is room for.</summary>
public static class Snappy
{
    /// <param name="compressed">Its length before it, then pieces and copies.</param>
    /// <param name="output">Takes what comes out; what does not fit is left.</param>
    /// <param name="length">Bytes that came out.</param>
    /// <returns>False: it is not Snappy.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> compressed, Span<byte> output, out int length)
    {
        length = 0;
        while (!compressed.IsEmpty && compressed[0] >= 0x80) compressed = compressed[1..];      // the length: who sent it has said it before
        if (compressed.IsEmpty) return false;
        compressed = compressed[1..];
        while (!compressed.IsEmpty && length < output.Length)
        {
            var tag = compressed[0];
            var kind = tag & 3;
            var extra = kind == 0 ? Math.Max(0, (tag >> 2) - 59) : kind == 3 ? 4 : kind;
            if (compressed.Length < 1 + extra) return false;
            long number = 0;
            for (var i = 0; i < extra; i++) number |= (long)compressed[1 + i] << (8 * i);
            compressed = compressed[(1 + extra)..];
            if (kind == 0)
            {
                var count = extra == 0 ? (tag >> 2) + 1 : number + 1;
                if (count > compressed.Length) return false;
                var taken = (int)Math.Min(count, output.Length - length);
                compressed[..taken].CopyTo(output[length..]);
                length += taken;
                compressed = compressed[(int)count..];
                continue;
            }
            var (back, many) = kind == 1 ? (number | (long)(tag & 0xe0) << 3, ((tag >> 2) & 7) + 4) : (number, (tag >> 2) + 1);
            if (back == 0 || back > length) return false;
            for (; many > 0 && length < output.Length; many--, length++) output[length] = output[length - (int)back];
        }
        return true;
    }
}
