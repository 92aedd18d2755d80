using System.Globalization;
using System.Text;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Reads values in quotes: text of <c>msg</c>, bytes of <c>content</c>.</summary>
internal static class Quoted
{
    /// <summary>Text with its escapes undone.</summary>
    public static SyntaxFault? TryText(OptionSyntax option, out string text)
    {
        text = "";
        var value = option.Value ?? "";
        if (value is not ['"', .., '"']) return option.Fault($"The value of '{option.Name}' has to be in double quotes.");
        var result = new StringBuilder();
        for (var i = 1; i < value.Length - 1; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length - 1 && value[i + 1] is '"' or ';' or ':' or '\\') i++;
            result.Append(value[i]);
        }
        text = result.ToString();
        return null;
    }

    /// <summary>Bytes: text as UTF-8, |41 42| as hexadecimal, \" \; \: \\ as themselves. A leading ! negates.</summary>
    public static SyntaxFault? TryBytes(OptionSyntax option, out byte[] bytes, out bool isNegated)
    {
        bytes = [];
        isNegated = false;
        var value = option.Value ?? "";
        var start = 0;
        if (value.StartsWith('!'))
        {
            isNegated = true;
            start++;
            while (start < value.Length && value[start] == ' ') start++;
        }
        if (value.Length - start < 2 || value[start] != '"' || value[^1] != '"')
            return option.Fault($"The value of '{option.Name}' has to be in double quotes, as in {option.Name}:\"GET\";");
        var result = new List<byte>();
        Span<byte> utf8 = stackalloc byte[4];
        var inner = value.AsSpan(start + 1, value.Length - start - 2);
        for (var i = 0; i < inner.Length; i++)
        {
            var at = start + 1 + i;
            switch (inner[i])
            {
                case '\\' when i + 1 < inner.Length && inner[i + 1] is '"' or ';' or ':' or '\\' or '|':
                    result.Add((byte)inner[++i]);
                    break;
                case '\\':
                    return option.Fault("A backslash stands only before \" ; : or another backslash; write it as \\\\ or |5C|.", at);
                case '"':
                    return option.Fault("A double quote inside the value is written \\\" or |22|.", at);
                case '|':
                    var length = inner[(i + 1)..].IndexOf('|');
                    if (length < 0) return option.Fault("This | opens hexadecimal bytes that no second | closes; a literal bar is |7C|.", at);
                    if (!TryHex(inner.Slice(i + 1, length), result)) return option.Fault("Between bars stand pairs of hexadecimal digits, as in |0D 0A|.", at);
                    i += length + 1;
                    break;
                default:
                    // Half a surrogate pair becomes U+FFFD: there is no such byte sequence to look for anyway.
                    _ = Rune.DecodeFromUtf16(inner[i..], out var rune, out var consumed);
                    result.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
                    i += consumed - 1;
                    break;
            }
        }
        bytes = [.. result];
        return null;
    }

    private static bool TryHex(ReadOnlySpan<char> text, List<byte> into)
    {
        for (var i = 0; i < text.Length;)
        {
            if (text[i] == ' ')
            {
                i++;
                continue;
            }
            if (i + 2 > text.Length || !byte.TryParse(text.Slice(i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)) return false;
            into.Add(value);
            i += 2;
        }
        return true;
    }
}
