using System.Text;

namespace Demilune.Wire.Mime;

/// <summary>Parameters of a field: <c>attachment; filename="a b.txt"</c> (RFC 2183), in pieces and with a character set (RFC 2231) too.</summary>
public static class MimeParameter
{
    /// <summary>Pieces of one value; more than any name needs.</summary>
    private const int MaxPieces = 16;

    /// <param name="field">The field's value.</param>
    /// <param name="name">In lower case.</param>
    /// <param name="output">Where its value goes; what does not fit is cut.</param>
    /// <param name="length">Bytes of it in <paramref name="output"/>.</param>
    /// <param name="isCut">It did not fit.</param>
    public static bool TryGet(ReadOnlySpan<byte> field, ReadOnlySpan<byte> name, Span<byte> output, out int length, out bool isCut)
    {
        (length, isCut) = (0, false);
        var isFound = false;
        var pieces = 0;
        while (!field.IsEmpty && pieces < MaxPieces)
        {
            var end = EndOf(field);
            var parameter = field[..end].Trim(" \t"u8);
            field = field[Math.Min(field.Length, end + 1)..];
            var equals = parameter.IndexOf((byte)'=');
            if (equals < 0) continue;
            var key = parameter[..equals].TrimEnd(" \t"u8);
            if (key.Length < name.Length || !Ascii.EqualsIgnoreCase(key[..name.Length], name)) continue;
            var suffix = key[name.Length..];
            if (suffix.IsEmpty)
            {
                if (isFound) continue;
            }
            else if (suffix[0] != '*')
            {
                continue;
            }
            isFound = true;
            pieces++;
            var value = Unquote(parameter[(equals + 1)..].TrimStart(" \t"u8));
            if (suffix.EndsWith("*"u8)) AppendEncoded(value, pieces == 1, output, ref length, ref isCut);
            else AppendPlain(value, output, ref length, ref isCut);
        }
        return isFound;
    }

    private static void AppendPlain(ReadOnlySpan<byte> value, Span<byte> output, ref int length, ref bool isCut)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length && value[i + 1] is (byte)'"' or (byte)'\\') i++;
            Append(value[i], output, ref length, ref isCut);
        }
    }

    /// <summary><c>charset'language'percent-encoded</c>; only the first piece has the first two.</summary>
    private static void AppendEncoded(ReadOnlySpan<byte> value, bool isFirst, Span<byte> output, ref int length, ref bool isCut)
    {
        if (isFirst && value.IndexOf((byte)'\'') is >= 0 and var charset && value[(charset + 1)..].IndexOf((byte)'\'') is >= 0 and var language)
            value = value[(charset + language + 2)..];
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '%' && i + 2 < value.Length && char.IsAsciiHexDigit((char)value[i + 1]) && char.IsAsciiHexDigit((char)value[i + 2]))
            {
                Append((byte)(Convert.FromHexString([(char)value[i + 1], (char)value[i + 2]])[0]), output, ref length, ref isCut);
                i += 2;
                continue;
            }
            Append(value[i], output, ref length, ref isCut);
        }
    }

    private static void Append(byte value, Span<byte> output, ref int length, ref bool isCut)
    {
        if (length == output.Length) isCut = true;
        else output[length++] = value;
    }

    private static ReadOnlySpan<byte> Unquote(ReadOnlySpan<byte> value)
    {
        if (value is not [(byte)'"', ..]) return value.TrimEnd(" \t"u8);
        value = value[1..];
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\') i++;
            else if (value[i] == '"') return value[..i];
        }
        return value;
    }

    /// <summary>At the semicolon that is not in quotes.</summary>
    private static int EndOf(ReadOnlySpan<byte> value)
    {
        var isQuoted = false;
        for (var i = 0; i < value.Length; i++)
        {
            if (isQuoted && value[i] == '\\') i++;
            else if (value[i] == '"') isQuoted = !isQuoted;
            else if (value[i] == ';' && !isQuoted) return i;
        }
        return value.Length;
    }
}
