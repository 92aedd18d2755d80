namespace Demilune.Wire.Http1;

/// <summary>Recognises HTTP/1.x by its first bytes, on any port.</summary>
public static class Http1Detection
{
    /// <summary>Longest registered method is 17 bytes (UPDATEREDIRECTREF); nobody's own is longer than this.</summary>
    private const int MaxMethod = 32;

    /// <summary>A first line longer than this is not worth waiting for.</summary>
    private const int MaxLine = 8192;

    /// <summary>Whether a client that begins so speaks HTTP/1.x.</summary>
    public static Detection OfRequest(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes.TrimStart("\r\n"u8);
        if (bytes.StartsWith("PRI * HTTP/2"u8)) return Detection.No;      // the preface of the next version (RFC 9113 §3.4)
        var space = bytes[..Math.Min(bytes.Length, MaxMethod + 1)].IndexOfAny((byte)' ', (byte)'\t');
        var method = space < 0 ? bytes[..Math.Min(bytes.Length, MaxMethod + 1)] : bytes[..space];
        foreach (var b in method)
            if (!char.IsAsciiLetter((char)b) && b is not ((byte)'-' or (byte)'_')) return Detection.No;
        if (method.Length > MaxMethod || space == 0) return Detection.No;
        if (space < 0) return Detection.Incomplete;
        if (method.SequenceEqual("GET"u8)) return Detection.Yes;      // HTTP/0.9 has no version to wait for
        var feed = bytes.IndexOf((byte)'\n');
        if (feed < 0) return bytes.Length > MaxLine ? Detection.No : Detection.Incomplete;
        return bytes[..feed].IndexOf(" HTTP/"u8) > 0 ? Detection.Yes : Detection.No;
    }

    /// <summary>Whether a server that begins so speaks HTTP/1.x.</summary>
    public static Detection OfResponse(ReadOnlySpan<byte> bytes)
    {
        var start = "HTTP/1."u8;
        if (bytes.Length >= start.Length) return bytes.StartsWith(start) ? Detection.Yes : Detection.No;
        return start.StartsWith(bytes) ? Detection.Incomplete : Detection.No;
    }
}
