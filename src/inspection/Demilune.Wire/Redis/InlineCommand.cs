using Demilune.Wire.Http1;

namespace Demilune.Wire.Redis;

/// <summary>A command that was typed: words with blanks between them, quotes and escapes as in Redis' own command line.</summary>
internal static class InlineCommand
{
    /// <summary>Undoes quotes in place and finds the words.</summary>
    /// <param name="line">Without its end; lies at the start of the reader's memory.</param>
    /// <param name="words">Takes them.</param>
    /// <param name="maxWords">More are passed over.</param>
    /// <returns>False: quotes are not closed, or something follows a closing one, which a server refuses.</returns>
    public static bool TrySplit(Span<byte> line, List<RespElement> words, int maxWords)
    {
        var (at, written) = (0, 0);
        while (true)
        {
            while (at < line.Length && IsBlank(line[at])) at++;
            if (at == line.Length) return true;
            var start = written;
            while (at < line.Length && !IsBlank(line[at]))
            {
                if (line[at] is not ((byte)'"' or (byte)'\''))
                {
                    line[written++] = line[at++];
                    continue;
                }
                if (!TryUnquote(line, ref at, ref written)) return false;
                if (at < line.Length && !IsBlank(line[at])) return false;
            }
            if (words.Count < maxWords) words.Add(new(RespType.Bulk, start, written - start, written - start));
        }
    }

    private static bool IsBlank(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\v' or (byte)'\f' or 0;

    private static bool TryUnquote(Span<byte> line, ref int at, ref int written)
    {
        var quote = line[at++];
        for (; at < line.Length; at++)
        {
            if (line[at] == quote)
            {
                at++;
                return true;
            }
            if (line[at] != '\\' || at + 1 == line.Length)
            {
                line[written++] = line[at];
                continue;
            }
            var next = line[at + 1];
            if (quote == '\'')
            {
                if (next == '\'') at++;
                line[written++] = line[at];
            }
            else if (next == 'x' && at + 3 < line.Length && Http1Parser.HexDigit(line[at + 2]) is >= 0 and var high && Http1Parser.HexDigit(line[at + 3]) is >= 0 and var low)
            {
                line[written++] = (byte)(high << 4 | low);
                at += 3;
            }
            else
            {
                line[written++] = next switch { (byte)'n' => (byte)'\n', (byte)'r' => (byte)'\r', (byte)'t' => (byte)'\t', (byte)'b' => (byte)'\b', (byte)'a' => 7, _ => next };
                at++;
            }
        }
        return false;
    }
}
