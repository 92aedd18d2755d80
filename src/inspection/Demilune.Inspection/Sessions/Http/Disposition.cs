using System.Text;

namespace Demilune.Inspection.Sessions.Http;

/// <summary>The name that a Content-Disposition field gives to what comes with it (RFC 6266 §4.3).</summary>
internal static class Disposition
{
    /// <returns>Empty: it gives none.</returns>
    public static ReadOnlySpan<byte> FileName(ReadOnlySpan<byte> value)
    {
        while (!value.IsEmpty)
        {
            var end = EndOfParameter(value);
            var parameter = value[..end].Trim(" \t"u8);
            value = value[Math.Min(value.Length, end + 1)..];
            var equals = parameter.IndexOf((byte)'=');
            if (equals < 0 || !Ascii.EqualsIgnoreCase(parameter[..equals].TrimEnd(" \t"u8), "filename"u8)) continue;
            var name = parameter[(equals + 1)..].TrimStart(" \t"u8);
            if (name is not [(byte)'"', ..]) return name;
            name = name[1..];
            var quote = name.IndexOf((byte)'"');
            return quote < 0 ? name : name[..quote];
        }
        return default;
    }

    /// <summary>At the semicolon that is not in quotes.</summary>
    private static int EndOfParameter(ReadOnlySpan<byte> value)
    {
        var isQuoted = false;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '"') isQuoted = !isQuoted;
            else if (value[i] == ';' && !isQuoted) return i;
        }
        return value.Length;
    }
}
