using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Demilune.Wire.Http1;

namespace Demilune.Inspection.Sessions.Http;

/// <summary>
/// What Suricata's parser (libhtp) finds odd about a head, by the names that rules ask for. For captures: they are told what Suricata would have said.
/// The live firewall goes by <see cref="Http1Anomaly"/>, which is stricter.
/// </summary>
internal static class LibhtpHead
{
    /// <summary>The longest label of a name (RFC 1035 §2.3.4), and the longest name that is taken for one.</summary>
    private const int MaxLabel = 63;
    private const int MaxHost = 255;

    private static readonly SearchValues<byte> s_separators = SearchValues.Create("()<>@,;:\\\"/[]?={}"u8);

    private static readonly string[] s_authorizations = ["basic", "digest", "bearer"];

    /// <summary>Of a request's lines: told once.</summary>
    public static List<string> OfRequest(Http1Head head)
    {
        List<string> found = [];
        var line = head.Line;
        if (line is [(byte)' ' or (byte)'\t', ..]) found.Add("http.REQUEST_LINE_LEADING_WHITESPACE");
        line = line.TrimStart(Spaces);
        var methodEnd = line.IndexOfAny(Spaces);
        if (methodEnd > 0 && line[methodEnd..^line[methodEnd..].TrimStart(Spaces).Length].IndexOfAnyExcept((byte)' ') >= 0) found.Add("http.METHOD_DELIM_NON_COMPLIANT");
        if (methodEnd > 0 && line[methodEnd..].Trim(Spaces).IndexOfAny("\t\v\f"u8) >= 0) found.Add("http.URI_DELIM_NON_COMPLIANT");
        ReadFields(head, isRequest: true, found);
        if (DifferingLengths(head)) found.Add("http.DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST");
        var authorization = head.Value("authorization"u8);
        if (!authorization.IsEmpty && !Array.Exists(s_authorizations, Begins(authorization))) found.Add("http.REQUEST_AUTH_UNRECOGNIZED");
        return found;
    }

    /// <summary>Of what a request means: told each time that its state is looked at.</summary>
    public static List<string> FlagsOfRequest(Http1Head head)
    {
        List<string> found = [];
        var isOld = NumberOf(head.Version) is < 11;
        var coding = Joined(head, "transfer-encoding"u8);
        if (coding is not null && (!HasToken(coding, "chunked") || isOld)) found.Add("http.INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST");
        var length = head.Value("content-length"u8);
        if (coding is null && Has(head, "content-length"u8) && length.IndexOfAnyInRange((byte)'0', (byte)'9') < 0) found.Add("http.INVALID_CONTENT_LENGTH_FIELD_IN_REQUEST");
        var authority = UriNormalizer.Authority(head.Target);
        if (!authority.IsEmpty && !IsHost(authority)) found.Add("http.REQUEST_URI_HOST_INVALID");
        if (Joined(head, "host"u8) is not { } host)
        {
            if (NumberOf(head.Version) >= 11) found.Add("http.MISSING_HOST_HEADER");
            return found;
        }
        var named = Encoding.Latin1.GetBytes(host);
        if (!IsHost(named)) found.Add("http.REQUEST_HEADER_HOST_INVALID");
        else if (!authority.IsEmpty && !Ascii.EqualsIgnoreCase(UriNormalizer.WithoutPort(authority), UriNormalizer.WithoutPort(named))) found.Add("http.HOST_HEADER_AMBIGUOUS");
        return found;
    }

    /// <param name="head">A response's.</param>
    /// <param name="hasBody">Its status, and what it answers, allow one.</param>
    public static List<string> OfResponse(Http1Head head, bool hasBody)
    {
        List<string> found = [];
        if (head.Line.IsEmpty) return found;      // no head at all
        // Only spaces part its words: a NUL belongs to the one that it stands in.
        var line = head.Line.TrimStart(Spaces);
        var versionEnd = line.IndexOfAny(Spaces) is var end and >= 0 ? end : line.Length;
        var rest = line[versionEnd..].TrimStart(Spaces);
        var version = NumberOf(line[..versionEnd]);
        if (version < 0) found.Add("http.RESPONSE_INVALID_PROTOCOL");
        if (!IsStatus(rest.IndexOfAny(Spaces) is var statusEnd and >= 0 ? rest[..statusEnd] : rest)) found.Add("http.RESPONSE_INVALID_STATUS");
        ReadFields(head, isRequest: false, found);
        if (DifferingLengths(head)) found.Add("http.DUPLICATE_CONTENT_LENGTH_FIELD_IN_RESPONSE");
        if (!hasBody) return found;
        var isChunked = Joined(head, "transfer-encoding"u8)?.Replace("\0", "", StringComparison.Ordinal) is { } coding && coding.Contains("chunked", StringComparison.OrdinalIgnoreCase);
        if (isChunked)
        {
            if (!Joined(head, "transfer-encoding"u8)!.Replace("\0", "", StringComparison.Ordinal).Equals("chunked", StringComparison.OrdinalIgnoreCase)) found.Add("http.RESPONSE_ABNORMAL_TRANSFER_ENCODING");
            if (version < 11) found.Add("http.RESPONSE_CHUNKED_OLD_PROTO");
        }
        else if (Has(head, "content-length"u8))
        {
            if (head.Value("content-length"u8).IndexOfAnyInRange((byte)'0', (byte)'9') < 0) found.Add("http.INVALID_CONTENT_LENGTH_FIELD_IN_RESPONSE");
        }
        else if (Joined(head, "content-type"u8) is { } type && type.Contains("multipart/byteranges", StringComparison.OrdinalIgnoreCase))
        {
            found.Add("http.RESPONSE_MULTIPART_BYTERANGES");
        }
        if (head.Status.SequenceEqual("206"u8) && Has(head, "content-range"u8) && !ContentRange.TryParse(head.Value("content-range"u8), out _)) found.Add("http.RANGE_INVALID");
        return found;
    }

    /// <summary>Of a field that names codings.</summary>
    /// <param name="maxLayers">More are not undone.</param>
    public static List<string> OfCodings(Http1Head head, int maxLayers)
    {
        List<string> found = [];
        var codings = (Joined(head, "content-encoding"u8) ?? "").Replace("\0", "", StringComparison.Ordinal).ToLowerInvariant();
        if (codings is "" or "gzip" or "x-gzip" or "deflate" or "x-deflate" or "lzma" or "inflate") return found;
        var layers = 0;
        foreach (var coding in codings.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            if (++layers > maxLayers)
            {
                found.Add("http.TOO_MANY_ENCODING_LAYERS");
                break;
            }
            if (coding is not ("gzip" or "x-gzip" or "deflate" or "x-deflate" or "lzma" or "inflate")) found.Add("http.ABNORMAL_CE_HEADER");
        }
        return found;
    }

    /// <summary>Lines of fields, each of which may go on in the next.</summary>
    private static void ReadFields(Http1Head head, bool isRequest, List<string> found)
    {
        var lines = head.FieldLines;
        var (hasField, hasColon) = (false, false);
        while (!lines.IsEmpty)
        {
            var line = NextLine(ref lines, isRequest);
            if (line.IsEmpty) continue;
            if (line[0] is (byte)' ' or (byte)'\t' or 0)
            {
                var startsAnew = !hasField || (!isRequest && hasColon && line.Contains((byte)':') && NumberOf(head.Version) == 11);
                if (!startsAnew) continue;
                Add(found, isRequest ? "http.INVALID_REQUEST_FIELD_FOLDING" : "http.INVALID_RESPONSE_FIELD_FOLDING");
                line = line.TrimStart(" \t\0"u8);
            }
            (hasField, hasColon) = (true, line.Contains((byte)':'));
            ReadField(line, isRequest, found);
        }
    }

    private static void ReadField(ReadOnlySpan<byte> line, bool isRequest, List<string> found)
    {
        var colon = line.IndexOf((byte)':');
        // To a request's reader a line ends at NUL.
        if (colon < 0 || (isRequest && line[..colon].Contains((byte)0)))
        {
            Add(found, isRequest ? "http.REQUEST_FIELD_MISSING_COLON" : "http.RESPONSE_FIELD_MISSING_COLON");
            return;
        }
        var name = line[..colon];
        if (name.IsEmpty || name.IndexOfAny(s_separators) >= 0 || name.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7e) >= 0)
            Add(found, isRequest ? "http.REQUEST_HEADER_INVALID" : "http.RESPONSE_HEADER_INVALID");
    }

    /// <summary>A response's line may end in a bare CR.</summary>
    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> lines, bool isRequest)
    {
        var end = isRequest ? lines.IndexOf((byte)'\n') : lines.IndexOfAny((byte)'\r', (byte)'\n');
        var line = end < 0 ? lines : lines[..end];
        var next = end < 0 ? lines.Length : lines[end..] is [(byte)'\r', (byte)'\n', ..] ? end + 2 : end + 1;
        lines = lines[next..];
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }

    private static void Add(List<string> found, string name)
    {
        if (!found.Contains(name)) found.Add(name);
    }

    private static bool DifferingLengths(Http1Head head)
    {
        long? first = null;
        foreach (var field in head.Fields)
        {
            if (!Ascii.EqualsIgnoreCase(head.Name(field), "content-length"u8)) continue;
            var value = head.Value(field);
            var start = value.IndexOfAnyInRange((byte)'0', (byte)'9');
            if (start < 0 || !Utf8Parser.TryParse(value[start..], out long length, out _)) length = -1;
            if (first is { } other && (other != length || length < 0)) return true;
            first ??= length;
        }
        return false;
    }

    private static bool Has(Http1Head head, ReadOnlySpan<byte> name)
    {
        foreach (var field in head.Fields)
            if (Ascii.EqualsIgnoreCase(head.Name(field), name)) return true;
        return false;
    }

    /// <summary>All values of a name in one; null: there is none.</summary>
    private static string? Joined(Http1Head head, ReadOnlySpan<byte> name)
    {
        string? joined = null;
        foreach (var field in head.Fields)
        {
            if (!Ascii.EqualsIgnoreCase(head.Name(field), name)) continue;
            var value = Encoding.Latin1.GetString(head.Value(field));
            joined = joined is null ? value : $"{joined}, {value}";
        }
        return joined;
    }

    private static bool HasToken(string list, string token) =>
        list.Split(',').Any(item => item.Trim(' ', '\t', '\v', '\f', '\r').Equals(token, StringComparison.OrdinalIgnoreCase));

    private static Predicate<string> Begins(ReadOnlySpan<byte> value)
    {
        var text = Encoding.Latin1.GetString(value);
        return scheme => text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>9, 10 or 11; -1: none of these.</summary>
    private static int NumberOf(ReadOnlySpan<byte> version) =>
        version.SequenceEqual("HTTP/1.1"u8) ? 11 : version.SequenceEqual("HTTP/1.0"u8) ? 10 : version.SequenceEqual("HTTP/0.9"u8) ? 9 : -1;

    private static bool IsStatus(ReadOnlySpan<byte> status)
    {
        status = status.Trim(Spaces);
        return status.Length == 3 && status.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && status[0] != '0';
    }

    /// <summary>A name or an address, with a port or without.</summary>
    private static bool IsHost(ReadOnlySpan<byte> authority)
    {
        var host = UriNormalizer.WithoutPort(authority);
        if (host.Length < authority.Length && !IsPort(authority[(host.Length + 1)..])) return false;
        if (host is [(byte)'[', .. var inner, (byte)']']) return IPAddress.TryParse(Encoding.Latin1.GetString(inner), out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        if (host.Length is 0 or > MaxHost) return false;
        if (host[^1] == '.') host = host[..^1];
        foreach (var range in host.Split((byte)'.'))
        {
            var label = host[range];
            if (label.Length is 0 or > MaxLabel) return false;
            foreach (var b in label)
                if (!char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'-' or (byte)'_')) return false;
        }
        return true;
    }

    private static bool IsPort(ReadOnlySpan<byte> port) => Utf8Parser.TryParse(port.Trim(Spaces), out ushort number, out var used) && used == port.Trim(Spaces).Length && number > 0;

    private static ReadOnlySpan<byte> Spaces => " \t\v\f"u8;
}
