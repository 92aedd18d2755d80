namespace Demilune.Wire.Smb;

/// <summary>SMB's text, as rules and events see it: the zeros of UTF-16 left out.</summary>
public static class SmbText
{
    public static byte[] Narrow(ReadOnlySpan<byte> text)
    {
        var narrow = new byte[text.Length - text.Count((byte)0)];
        var at = 0;
        foreach (var octet in text)
            if (octet != 0) narrow[at++] = octet;
        return narrow;
    }

    /// <summary>A text that ends with a zero, of one byte or of two.</summary>
    /// <param name="bytes">What is left afterwards is behind it.</param>
    /// <param name="isWide">UTF-16.</param>
    public static byte[] Take(ref ReadOnlySpan<byte> bytes, bool isWide)
    {
        var end = 0;
        if (isWide) while (end + 1 < bytes.Length && (bytes[end] | bytes[end + 1]) != 0) end += 2;
        else while (end < bytes.Length && bytes[end] != 0) end++;
        var text = Narrow(bytes[..Math.Min(bytes.Length, end)]);
        bytes = bytes[Math.Min(bytes.Length, end + (isWide ? 2 : 1))..];
        return text;
    }
}
