using System.Buffers;
using System.Text;

namespace Demilune.Wire.Http1;

public sealed partial class Http1Parser
{
    /// <returns>False if this is no head at all.</returns>
    private bool TryReadHead(IHttp1Events events)
    {
        if (_head.Raw.Contains((byte)0)) Tell(Http1Anomaly.NullInHead, events);
        var offset = NextLine(0, events, out var line);
        // Some clients pass over what is blank to them before a status line, also if it ends in a bare CR.
        while (!isRequest && offset < _head.Length && _head.Raw[line].IndexOfAnyExcept(s_gaps) < 0) offset = NextLine(offset, events, out line);
        _head.LineRange = line;
        var isHead = isRequest ? ReadRequestLine(events) : ReadStatusLine(events);
        if (!isHead) return false;
        return ReadFields(offset, events) && DecideFraming(events);
    }

    private bool ReadRequestLine(IHttp1Events events)
    {
        var line = _head.Line;
        var methodStart = limits.JoinsTrailing ? line.Length - line.TrimStart(" \t"u8).Length : 0;
        var methodEnd = line[methodStart..].IndexOfAny((byte)' ', (byte)'\t');
        if (methodEnd <= 0)
        {
            Tell(Http1Anomaly.InvalidRequestLine, events);
            return false;
        }
        methodEnd += methodStart;
        _head.MethodRange = methodStart..methodEnd;
        foreach (var b in _head.Method)
            if (!IsTokenByte(b)) Tell(Http1Anomaly.InvalidRequestLine, events);
        var targetStart = methodEnd + SpaceCount(line[methodEnd..]);
        if (limits.JoinsTrailing && line[targetStart..].IndexOf((byte)' ') is var space and >= 0)
        {
            // libhtp: the target ends at the first space, and what follows is the version, whatever it looks like.
            _head.TargetRange = targetStart..(targetStart + space);
            _head.VersionRange = (targetStart + space + SpaceCount(line[(targetStart + space)..]))..line.Length;
            if (!IsKnownVersion(_head.Version)) Tell(Http1Anomaly.UnknownVersion, events);
            return true;
        }
        var versionStart = line.LastIndexOf("HTTP/"u8);
        if (versionStart <= targetStart || line[versionStart - 1] is not ((byte)' ' or (byte)'\t'))
        {
            Tell(Http1Anomaly.NoVersion, events);
            _head.TargetRange = targetStart..line.Length;
            return true;
        }
        _head.VersionRange = versionStart..line.Length;
        var targetEnd = versionStart;
        while (targetEnd > targetStart && line[targetEnd - 1] is (byte)' ' or (byte)'\t') targetEnd--;
        _head.TargetRange = targetStart..targetEnd;
        if (targetStart - methodEnd != 1 || versionStart - targetEnd != 1 || _head.Target.IndexOfAny((byte)' ', (byte)'\t') >= 0)
            Tell(Http1Anomaly.InvalidRequestLine, events);
        if (!IsKnownVersion(_head.Version)) Tell(Http1Anomaly.UnknownVersion, events);
        return true;
    }

    private bool ReadStatusLine(IHttp1Events events)
    {
        // Browsers take much for a status line, and show what follows it: so do we, and say that it is odd.
        var line = _head.Line;
        var start = GapLength(line);
        var versionEnd = start + WordLength(line[start..]);
        var statusStart = versionEnd + GapLength(line[versionEnd..]);
        var statusEnd = statusStart + WordLength(line[statusStart..]);
        var status = line[statusStart..statusEnd];
        if (!line[start..].StartsWith("HTTP"u8))
        {
            Tell(Http1Anomaly.InvalidStatusLine, events);
            return false;
        }
        if (start > 0 || statusStart - versionEnd != 1 || status.Length != 3 || (statusEnd < line.Length && line[statusEnd] != ' '))
            Tell(Http1Anomaly.InvalidStatusLine, events);
        _head.VersionRange = start..versionEnd;
        _head.StatusRange = statusStart..statusEnd;
        _head.ReasonRange = Math.Min(statusEnd + 1, line.Length)..line.Length;
        _head.StatusCode = TryParse(status, 10, out var code) && code is >= 100 and <= 999 ? (int)code : 0;
        if (!IsKnownVersion(_head.Version)) Tell(Http1Anomaly.UnknownVersion, events);
        return true;
    }

    private bool ReadFields(int offset, IHttp1Events events)
    {
        _head.BeginFieldsAt(offset);
        while (offset < _head.Length)
        {
            var start = offset;
            offset = NextLine(offset, events, out var range);
            var line = _head.Raw[range];
            if (line.IsEmpty && (isRequest || _head.Raw[offset - 1] == '\n')) break;
            if (line.IsEmpty) continue;     // an empty line between two bare CR ends no head
            _head.FieldsEnd = offset;
            if (line[0] is (byte)' ' or (byte)'\t' || (line[0] == 0 && !isRequest))
            {
                // Some clients see a continuation here and some a field. Where they could be told something by the field, it is one.
                if (!isRequest && _head.FieldCount is > 0 and var count && count < limits.MaxFields && line.Contains((byte)':'))
                {
                    Tell(Http1Anomaly.ObsoleteFold, events);
                    var gap = GapLength(line);
                    if (line[gap] == ':' && _head.TryComplete(start + gap + 1 + GapLength(line[(gap + 1)..]), line[(gap + 1)..].Trim(Gaps).Length)) continue;
                    ReadField(start + gap, line[gap..], events);
                    continue;
                }
                // RFC 9112 §5.2; before the first field it is a way to hide one (§2.2).
                Tell(_head.FieldCount == 0 ? Http1Anomaly.MissingColon : Http1Anomaly.ObsoleteFold, events);
                if (_head.FieldCount > 0) _head.Fold(start + line.TrimEnd(" \t"u8).Length);
                continue;
            }
            if (_head.FieldCount == limits.MaxFields)
            {
                Tell(Http1Anomaly.TooManyFields, events);
                return false;
            }
            ReadField(start, line, events);
        }
        return true;
    }

    private void ReadField(int start, ReadOnlySpan<byte> line, IHttp1Events events)
    {
        var colon = line.IndexOf((byte)':');
        if (colon < 0)
        {
            Tell(Http1Anomaly.MissingColon, events);
            _head.Add(new(start, line.Length, start + line.Length, 0) { HasColon = false });
            return;
        }
        var name = line[..colon].TrimEnd(isRequest ? " \t"u8 : Gaps);
        if (name.Length != colon) Tell(Http1Anomaly.SpaceBeforeColon, events);      // RFC 9112 §5.1: must be rejected
        if (name.IsEmpty) Tell(Http1Anomaly.EmptyFieldName, events);
        foreach (var b in name)
            if (!IsTokenByte(b)) Tell(Http1Anomaly.InvalidFieldName, events);
        var value = line[(colon + 1)..];
        var gaps = isRequest ? " \t"u8 : Gaps;
        var valueStart = start + colon + 1 + (value.Length - value.TrimStart(gaps).Length);
        _head.Add(new(start, name.Length, valueStart, value.Trim(gaps).Length));
    }

    /// <summary>RFC 9112 §6.3, and what must not be believed.</summary>
    private bool DecideFraming(IHttp1Events events)
    {
        long length = -1;
        var (isChunked, hasTransferEncoding, hosts) = (false, false, 0);
        foreach (var field in _head.Fields)
        {
            var name = _head.Name(field);
            if (IsNamed(name, "content-length"u8)) ReadContentLength(_head.Value(field), ref length, events);
            else if (Ascii.EqualsIgnoreCase(name, "host"u8)) hosts++;
            else if (IsNamed(name, "transfer-encoding"u8))
            {
                hasTransferEncoding = true;
                ReadTransferEncoding(_head.Value(field), ref isChunked, events);
            }
        }
        if (hasTransferEncoding && length >= 0) Tell(Http1Anomaly.TransferEncodingAndContentLength, events);
        if (hasTransferEncoding && !isChunked) Tell(Http1Anomaly.ChunkedNotFinal, events);
        if (hasTransferEncoding && _head.Version.SequenceEqual("HTTP/1.0"u8)) Tell(Http1Anomaly.TransferEncodingInHttp10, events);
        if (isRequest && hosts > 1) Tell(Http1Anomaly.RepeatedHost, events);
        if (isRequest && hosts == 0 && _head.Version.SequenceEqual("HTTP/1.1"u8)) Tell(Http1Anomaly.MissingHost, events);

        _head.ContentLength = Math.Max(length, 0);
        _head.Framing = isChunked ? Http1Framing.Chunked : length >= 0 ? Http1Framing.Length : Http1Framing.None;
        if (!isRequest) _head.Framing = FramingOfResponse(hasTransferEncoding, length, events.Answered());
        return true;
    }

    private Http1Framing FramingOfResponse(bool hasTransferEncoding, long length, Http1RequestKind request) => (request, _head.StatusCode) switch
    {
        (_, 101) when !_head.Value("upgrade"u8).IsEmpty || length <= 0 => Http1Framing.Tunnel,
        (_, 101) => Http1Framing.Length,
        (Http1RequestKind.Head, _) or (_, 304) => Http1Framing.None,
        // These have none (RFC 9110 §6.4.1). Where one is announced nevertheless, some clients read it: it is judged.
        (_, >= 100 and < 200 or 204) => _head.Framing == Http1Framing.Chunked || length > 0 ? _head.Framing : Http1Framing.None,
        (Http1RequestKind.Connect, < 300) => Http1Framing.Tunnel,
        _ when _head.Framing == Http1Framing.Chunked => Http1Framing.Chunked,
        _ when hasTransferEncoding || length < 0 => Http1Framing.Close,
        _ => Http1Framing.Length,
    };

    private void ReadContentLength(ReadOnlySpan<byte> value, ref long length, IHttp1Events events)
    {
        // A list of equal values is what an intermediary makes of repeated fields (RFC 9110 §8.6).
        foreach (var range in value.Split((byte)','))
        {
            var item = value[range].Trim(" \t"u8);
            // libhtp takes the first number that it finds, even with a list.
            if (limits.JoinsTrailing && item.IndexOfAnyInRange((byte)'0', (byte)'9') is var start and >= 0)
                item = item[start..(item[start..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') is var end and >= 0 ? start + end : item.Length)];
            if (!TryParse(item, 10, out var parsed))
            {
                Tell(Http1Anomaly.InvalidContentLength, events);
                continue;
            }
            if (length >= 0) Tell(parsed == length ? Http1Anomaly.RepeatedContentLength : Http1Anomaly.ConflictingContentLength, events);
            length = length < 0 ? parsed : length;
        }
    }

    private void ReadTransferEncoding(ReadOnlySpan<byte> value, ref bool isChunked, IHttp1Events events)
    {
        foreach (var range in value.Split((byte)','))
        {
            var coding = value[range].Trim(" \t"u8);
            if (isChunked) Tell(Http1Anomaly.ChunkedNotFinal, events);
            if (Ascii.EqualsIgnoreCase(coding, "chunked"u8))
            {
                isChunked = true;
                continue;
            }
            Tell(Http1Anomaly.UnknownTransferEncoding, events);
            // Some clients look for the word only. What they would get is judged; if the body is not chunked after all, the first size line shows it.
            if (!isRequest && Lenient.Contains(coding, "chunked"u8)) isChunked = true;
        }
    }

    /// <param name="line">Of the head, without its end.</param>
    /// <returns>Where the next line begins.</returns>
    private int NextLine(int offset, IHttp1Events events, out Range line)
    {
        var rest = _head.Raw[offset..];
        if (!isRequest && rest.IndexOfAny((byte)'\r', (byte)'\n') is var bare and >= 0 && rest[bare] == '\r' && (bare + 1 == rest.Length || rest[bare + 1] is not ((byte)'\n' or (byte)' ' or (byte)'\t')))
        {
            Tell(Http1Anomaly.BareCarriageReturn, events);
            line = offset..(offset + bare);
            return offset + bare + 1;
        }
        var feed = rest.IndexOf((byte)'\n');
        var end = feed < 0 ? rest.Length : feed;
        var next = feed < 0 ? rest.Length : feed + 1;
        if (end > 0 && rest[end - 1] == '\r') end--;
        else if (feed >= 0) Tell(Http1Anomaly.BareLineFeed, events);
        if (rest[..end].Contains((byte)'\r')) Tell(Http1Anomaly.BareCarriageReturn, events);
        line = offset..(offset + end);
        return offset + next;
    }

    /// <summary>A response's field is found by its name even if bytes lie in it that some clients drop.</summary>
    private bool IsNamed(ReadOnlySpan<byte> name, ReadOnlySpan<byte> wanted) => isRequest ? Ascii.EqualsIgnoreCase(name, wanted) : Lenient.AreEqual(name, wanted);

    /// <summary>What one client or another takes for a space.</summary>
    private static ReadOnlySpan<byte> Gaps => " \t\v\f\r\0"u8;

    private static readonly SearchValues<byte> s_gaps = SearchValues.Create(Gaps);

    private static int GapLength(ReadOnlySpan<byte> bytes) => bytes.Length - bytes.TrimStart(Gaps).Length;

    private static int WordLength(ReadOnlySpan<byte> bytes) => bytes.IndexOfAny(s_gaps) is var end and >= 0 ? end : bytes.Length;

    private static int SpaceCount(ReadOnlySpan<byte> bytes) => bytes.Length - bytes.TrimStart(" \t"u8).Length;

    private static bool IsKnownVersion(ReadOnlySpan<byte> version) => version is [_, _, _, _, _, (byte)'1', (byte)'.', (byte)'0' or (byte)'1'];

    /// <summary>Digits only: no sign, no spaces, no prefix, and not more than a long holds.</summary>
    private static bool TryParse(ReadOnlySpan<byte> digits, int radix, out long value)
    {
        value = 0;
        if (digits.IsEmpty) return false;
        foreach (var b in digits)
        {
            var digit = HexDigit(b);
            if ((uint)digit >= radix || value > (long.MaxValue - digit) / radix) return false;
            value = value * radix + digit;
        }
        return true;
    }

    /// <summary>-1 if it is none.</summary>
    internal static int HexDigit(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };
}
