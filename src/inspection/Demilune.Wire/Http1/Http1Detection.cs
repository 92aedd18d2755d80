using System.Text;

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

    /// <summary>Whether a client begins with a registered method and a space, as it stands.</summary>
    public static Detection ByMethod(ReadOnlySpan<byte> bytes)
    {
        var space = bytes.IndexOfAny((byte)' ', (byte)'\t');
        if (space < 0) return bytes.Length > MaxMethod ? Detection.No : Detection.Incomplete;
        foreach (var method in s_methods)
            if (Ascii.EqualsIgnoreCase(bytes[..space], method)) return Detection.Yes;
        return Detection.No;
    }

    /// <summary>Whether a server begins with one of the three versions, as it stands.</summary>
    public static Detection ByVersion(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < "HTTP/1.1"u8.Length) return "HTTP/"u8.StartsWith(bytes[..Math.Min(bytes.Length, 5)]) ? Detection.Incomplete : Detection.No;
        return bytes.StartsWith("HTTP/0.9"u8) || bytes.StartsWith("HTTP/1.0"u8) || bytes.StartsWith("HTTP/1.1"u8) ? Detection.Yes : Detection.No;
    }

    private static readonly byte[][] s_methods =
    [
        [.. "GET"u8], [.. "PUT"u8], [.. "POST"u8], [.. "HEAD"u8], [.. "TRACE"u8], [.. "OPTIONS"u8], [.. "CONNECT"u8], [.. "DELETE"u8], [.. "PATCH"u8],
        [.. "PROPFIND"u8], [.. "PROPPATCH"u8], [.. "MKCOL"u8], [.. "COPY"u8], [.. "MOVE"u8], [.. "LOCK"u8], [.. "UNLOCK"u8], [.. "CHECKOUT"u8],
        [.. "UNCHECKOUT"u8], [.. "CHECKIN"u8], [.. "UPDATE"u8], [.. "LABEL"u8], [.. "REPORT"u8], [.. "MKWORKSPACE"u8], [.. "MKACTIVITY"u8], [.. "MERGE"u8],
        [.. "INVALID"u8], [.. "VERSION-CONTROL"u8], [.. "BASELINE-CONTROL"u8],
    ];

    /// <summary>Whether a server that begins so speaks HTTP/1.x.</summary>
    public static Detection OfResponse(ReadOnlySpan<byte> bytes)
    {
        var start = "HTTP/1."u8;
        if (bytes.Length >= start.Length) return bytes.StartsWith(start) ? Detection.Yes : Detection.No;
        return start.StartsWith(bytes) ? Detection.Incomplete : Detection.No;
    }
}
