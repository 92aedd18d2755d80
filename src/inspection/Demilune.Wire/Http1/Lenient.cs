namespace Demilune.Wire.Http1;

/// <summary>Words as the most forgiving clients read them: case does not matter, and NUL bytes within them are not there.</summary>
internal static class Lenient
{
    /// <param name="wanted">In lower case.</param>
    public static bool AreEqual(ReadOnlySpan<byte> text, ReadOnlySpan<byte> wanted)
    {
        var used = Prefix(text, wanted);
        return used >= 0 && text[used..].IndexOfAnyExcept((byte)0) < 0;
    }

    /// <param name="wanted">In lower case.</param>
    public static bool Contains(ReadOnlySpan<byte> text, ReadOnlySpan<byte> wanted)
    {
        for (var start = 0; start < text.Length; start++)
            if (Prefix(text[start..], wanted) >= 0) return true;
        return false;
    }

    /// <returns>Bytes of <paramref name="text"/> that make the word, or -1.</returns>
    private static int Prefix(ReadOnlySpan<byte> text, ReadOnlySpan<byte> wanted)
    {
        var matched = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (matched == wanted.Length) return i;
            if (text[i] == 0) continue;
            if (char.ToLowerInvariant((char)text[i]) != wanted[matched]) return -1;
            matched++;
        }
        return matched == wanted.Length ? text.Length : -1;
    }
}
