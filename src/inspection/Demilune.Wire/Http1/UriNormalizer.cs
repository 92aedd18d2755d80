namespace Demilune.Wire.Http1;

/// <summary>
/// Writes a request target the way the most lenient server would read it: escapes decoded (again and again, as an application behind a proxy would),
/// overlong UTF-8 and %u shortened, backslashes turned, path parameters, double slashes and dot segments taken out of the path; in the query a plus is a space.
/// </summary>
public static class UriNormalizer
{
    /// <summary>An application that decodes more often than this is not known; each pass costs the length of the target.</summary>
    public const int MaxPasses = 3;

    /// <summary>Room that <see cref="Normalize"/> needs at most: the path may get a slash of its own.</summary>
    public static int MaxLength(int targetLength) => targetLength + 1;

    /// <returns>Bytes written.</returns>
    public static int Normalize(ReadOnlySpan<byte> target, Span<byte> destination, out UriOddities oddities, int passes = MaxPasses)
    {
        oddities = UriOddities.None;
        target = WithoutAuthority(target);
        var mark = target.IndexOf((byte)'?');
        var path = mark < 0 ? target : target[..mark];
        path.CopyTo(destination);
        var length = DecodePasses(destination[..path.Length], isQuery: false, passes, ref oddities);
        length = NormalizePath(destination[..length], ref oddities);
        if (mark < 0) return length;
        destination[length++] = (byte)'?';
        var query = target[(mark + 1)..];
        var written = destination.Slice(length, query.Length);
        query.CopyTo(written);
        written.Replace((byte)'+', (byte)' ');
        return length + DecodePasses(written, isQuery: true, passes, ref oddities);
    }

    /// <summary>The host and port of an absolute target, else empty. CONNECT's target is one altogether and not looked at here.</summary>
    public static ReadOnlySpan<byte> Authority(ReadOnlySpan<byte> target)
    {
        var authority = WithUser(target);
        return authority[(authority.LastIndexOf((byte)'@') + 1)..];
    }

    /// <summary>Likewise, with the user that may stand before the host (RFC 3986 §3.2.1) and look like one.</summary>
    public static ReadOnlySpan<byte> WithUser(ReadOnlySpan<byte> target)
    {
        var rest = WithoutScheme(target);
        if (rest.Length == target.Length) return default;
        var end = rest.IndexOfAny((byte)'/', (byte)'?', (byte)'#');
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>A host without ":port"; the colons of an IPv6 address in brackets stay.</summary>
    public static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> host)
    {
        var colon = host.LastIndexOf((byte)':');
        return colon < 0 || host[colon..].Contains((byte)']') ? host : host[..colon];
    }

    private static ReadOnlySpan<byte> WithoutAuthority(ReadOnlySpan<byte> target)
    {
        var rest = WithoutScheme(target);
        if (rest.Length == target.Length) return target;
        var end = rest.IndexOfAny((byte)'/', (byte)'?');
        return end < 0 ? "/"u8 : rest[end..];
    }

    private static ReadOnlySpan<byte> WithoutScheme(ReadOnlySpan<byte> target)
    {
        var colon = target.IndexOf("://"u8);
        if (colon <= 0) return target;
        foreach (var b in target[..colon])
            if (!char.IsAsciiLetterOrDigit((char)b)) return target;
        return target[(colon + 3)..];
    }

    private static int DecodePasses(Span<byte> bytes, bool isQuery, int passes, ref UriOddities oddities)
    {
        var length = Decode(bytes, ref oddities, out var again);
        for (var pass = 1; again && pass < passes; pass++)
        {
            oddities |= UriOddities.DoubleEncoded;
            if (isQuery) bytes[..length].Replace((byte)'+', (byte)' ');
            length = Decode(bytes[..length], ref oddities, out again);
        }
        return length;
    }

    /// <summary>Decodes in place: what is written is never longer than what was read.</summary>
    /// <param name="again">An escape has come out of an escape.</param>
    private static int Decode(Span<byte> bytes, ref UriOddities oddities, out bool again)
    {
        again = false;
        var (read, written) = (0, 0);
        while (read < bytes.Length)
        {
            var value = ReadUnit(bytes, ref read, ref oddities, out var wasEscaped);
            if (value is >= 0xc0 and <= 0xc1 or 0xe0 or 0xf0) value = ReadOverlong(bytes, value, ref read, ref oddities);
            if (wasEscaped && value == '%' && StartsEscape(bytes[read..])) again = true;
            if (value == 0) oddities |= UriOddities.Null;
            bytes[written++] = (byte)value;
        }
        return written;
    }

    private static int ReadUnit(ReadOnlySpan<byte> bytes, ref int read, ref UriOddities oddities, out bool wasEscaped)
    {
        wasEscaped = false;
        if (bytes[read] != '%') return bytes[read++];
        var rest = bytes[(read + 1)..];
        if (rest is [var high, var low, ..] && Http1Parser.HexDigit(high) >= 0 && Http1Parser.HexDigit(low) >= 0)
        {
            (read, wasEscaped) = (read + 3, true);
            return Http1Parser.HexDigit(high) << 4 | Http1Parser.HexDigit(low);
        }
        if (rest.Length >= 5 && (rest[0] | 0x20) == 'u' && IsHex(rest[1..5]))
        {
            oddities |= UriOddities.PercentU;
            (read, wasEscaped) = (read + 6, true);
            var code = 0;
            foreach (var digit in rest[1..5]) code = code << 4 | Http1Parser.HexDigit(digit);
            // Full-width forms fold to ASCII in the code pages of those servers that take %u at all.
            return code is >= 0xff01 and <= 0xff5e ? code - 0xfee0 : code & 0xff;
        }
        oddities |= UriOddities.InvalidPercent;
        return bytes[read++];
    }

    private static int ReadOverlong(ReadOnlySpan<byte> bytes, int lead, ref int read, ref UriOddities oddities)
    {
        var count = lead < 0xe0 ? 1 : lead == 0xe0 ? 2 : 3;
        var (position, code) = (read, lead < 0xe0 ? lead & 0x1f : 0);
        var ignored = UriOddities.None;
        for (var i = 0; i < count; i++)
        {
            if (position >= bytes.Length) return lead;
            var next = ReadUnit(bytes, ref position, ref ignored, out _);
            if ((next & 0xc0) != 0x80) return lead;
            code = code << 6 | next & 0x3f;
        }
        if (code > 0x7f) return lead;       // a longer form of something that is no ASCII hides nothing from a rule
        oddities |= UriOddities.OverlongUtf8;
        read = position;
        return code;
    }

    private static bool StartsEscape(ReadOnlySpan<byte> bytes) =>
        bytes is [var a, var b, ..] && ((Http1Parser.HexDigit(a) >= 0 && Http1Parser.HexDigit(b) >= 0) || (a | 0x20) == 'u' || a == '%' || (a == '2' && b == '5'));

    private static bool IsHex(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
            if (Http1Parser.HexDigit(b) < 0) return false;
        return true;
    }

    /// <summary>RFC 3986 §5.2.4 in place, with the parameters of each segment (<c>;x=y</c>, which Java servers strip) taken out before it is compared.</summary>
    private static int NormalizePath(Span<byte> path, ref UriOddities oddities)
    {
        if (path.Contains((byte)'\\')) oddities |= UriOddities.Backslash;
        path.Replace((byte)'\\', (byte)'/');
        if (path.IsEmpty || path[0] != '/') return path.Length;     // "*", or an authority
        var (read, written) = (0, 0);
        while (read < path.Length)
        {
            while (read < path.Length && path[read] == '/') read++;
            var rest = path[read..];
            var slash = rest.IndexOf((byte)'/');
            var segment = slash < 0 ? rest : rest[..slash];
            read += segment.Length;
            var isLast = read == path.Length;
            var name = segment.IndexOf((byte)';') is >= 0 and var semicolon ? segment[..semicolon] : segment;
            if (name is [(byte)'.'] || (name.IsEmpty && !isLast && !segment.IsEmpty))
            {
                if (isLast) path[written++] = (byte)'/';
                continue;
            }
            if (name is [(byte)'.', (byte)'.'])
            {
                if (written == 0) oddities |= UriOddities.AboveRoot;
                else written = path[..written].LastIndexOf((byte)'/');
                if (isLast) path[written++] = (byte)'/';
                continue;
            }
            path[written++] = (byte)'/';
            // Parameters of an ordinary segment stay: an attack may sit in them, and only ".." may hide behind one.
            segment.CopyTo(path[written..]);
            written += segment.Length;
        }
        return written;
    }
}
