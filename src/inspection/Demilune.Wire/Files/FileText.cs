namespace Demilune.Wire.Files;

/// <summary>Files of text, in the words of <c>file(1)</c>.</summary>
internal static class FileText
{
    /// <returns>Null: it is no text.</returns>
    public static string? Describe(ReadOnlySpan<byte> head)
    {
        if (EncodingOf(head) is not { } encoding) return null;
        var text = head.TrimStart(" \t\r\n"u8);
        if (StartsWith(text, "<?xml"u8)) return $"XML 1.0 document, {encoding} text{LinesOf(head)}";
        if (StartsWith(text, "<!doctype html"u8) || StartsWith(text, "<html"u8) || StartsWith(text, "<head"u8) || StartsWith(text, "<title"u8) || StartsWith(text, "<script"u8))
            return $"HTML document, {encoding} text{LinesOf(head)}";
        if (StartsWith(text, "<?php"u8)) return $"PHP script, {encoding} text{LinesOf(head)}";
        if (head.StartsWith("#!"u8)) return $"{InterpreterOf(head)} script, {encoding} text executable{LinesOf(head)}";
        return $"{encoding} text{LinesOf(head)}";
    }

    private static string? EncodingOf(ReadOnlySpan<byte> head)
    {
        if (head is [0xff, 0xfe, ..]) return "Little-endian UTF-16 Unicode";
        if (head is [0xfe, 0xff, ..]) return "Big-endian UTF-16 Unicode";
        var isAscii = true;
        foreach (var octet in head)
        {
            if (octet is < 0x20 and not (7 or 8 or 9 or 10 or 12 or 13 or 27) or 0x7f) return null;
            isAscii &= octet < 0x80;
        }
        if (isAscii) return "ASCII";
        // The head may end within a character.
        for (var cut = 0; cut < 4 && cut < head.Length; cut++)
            if (System.Text.Unicode.Utf8.IsValid(head[..^cut])) return "UTF-8 Unicode";
        foreach (var octet in head)
            if (octet is >= 0x80 and < 0xa0) return "Non-ISO extended-ASCII";
        return "ISO-8859";
    }

    private static string LinesOf(ReadOnlySpan<byte> head)
    {
        var hasLineFeed = head.Contains((byte)'\n');
        if (head.IndexOf("\r\n"u8) >= 0) return ", with CRLF line terminators";
        if (head.Contains((byte)'\r') && !hasLineFeed) return ", with CR line terminators";
        return hasLineFeed ? "" : ", with no line terminators";
    }

    private static string InterpreterOf(ReadOnlySpan<byte> head)
    {
        var line = head[..Math.Max(2, head.IndexOf((byte)'\n'))];
        return line.IndexOf("bash"u8) >= 0 ? "Bourne-Again shell" : line.IndexOf("python"u8) >= 0 ? "Python" : line.IndexOf("perl"u8) >= 0 ? "Perl"
            : line.IndexOf("sh"u8) >= 0 ? "POSIX shell" : "a";
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) =>
        text.Length >= lower.Length && System.Text.Ascii.EqualsIgnoreCase(text[..lower.Length], lower);
}
