using System.Text;
using Demilune.Wire.Http1;

namespace Demilune.Wire.Http2;

/// <summary>A message's fields as a head of HTTP/1 would have them: what looks into one looks into the other.</summary>
public static class Http2Head
{
    /// <param name="fields">Pseudo fields among them, which stay fields (RFC 9113 §8.3).</param>
    /// <param name="isRequest">Or a response.</param>
    /// <param name="hasBody">DATA may follow.</param>
    /// <param name="head">Gets it; what it held before is gone.</param>
    public static void Write(HeaderList fields, bool isRequest, bool hasBody, Http1Head head)
    {
        head.Clear();
        if (isRequest)
        {
            head.MethodRange = Append(head, fields.Find(":method"u8), isLine: true);
            head.Append(" "u8);
            head.TargetRange = Append(head, fields.Find(":path"u8), isLine: true);
            head.Append(" "u8);
            head.VersionRange = Append(head, "HTTP/2"u8, isLine: true);
        }
        else
        {
            head.VersionRange = Append(head, "HTTP/2"u8, isLine: true);
            head.Append(" "u8);
            head.StatusRange = Append(head, fields.Find(":status"u8), isLine: true);
            head.ReasonRange = head.Length..head.Length;
            head.StatusCode = head.Status is [>= (byte)'1' and <= (byte)'9', >= (byte)'0' and <= (byte)'9', >= (byte)'0' and <= (byte)'9']
                ? (head.Status[0] - '0') * 100 + (head.Status[1] - '0') * 10 + (head.Status[2] - '0') : 0;
        }
        head.LineRange = ..head.Length;
        head.Append("\r\n"u8);
        head.BeginFieldsAt(head.Length);
        for (var i = 0; i < fields.Count; i++)
        {
            var name = Append(head, fields.Name(i), isLine: false);
            head.Append(": "u8);
            var value = Append(head, fields.Value(i), isLine: false);
            head.Append("\r\n"u8);
            head.Add(new(name.Start.Value, name.End.Value - name.Start.Value, value.Start.Value, value.End.Value - value.Start.Value));
        }
        head.FieldsEnd = head.Length;
        head.Framing = hasBody ? Http1Framing.Close : Http1Framing.None;
    }

    private static Range Append(Http1Head head, ReadOnlySpan<byte> text, bool isLine)
    {
        var start = head.Length;
        head.Append(text);
        // A line end in a value would make two lines of one here; receivers refuse it (RFC 9113 §8.2.1).
        if (isLine || text.IndexOfAny((byte)'\r', (byte)'\n') >= 0) head.ReplaceLineEnds(start);
        return start..head.Length;
    }

    /// <summary>Whether every receiver reads the same request: each pseudo field once and first, nothing that only HTTP/1 has (RFC 9113 §8.2, §8.3), no tunnel.</summary>
    /// <param name="isTrailer">What comes behind a request's body has no pseudo fields.</param>
    public static bool IsPlainRequest(HeaderList fields, bool isTrailer)
    {
        var (seen, isRegular, hasHost) = (0, false, false);
        for (var i = 0; i < fields.Count; i++)
        {
            var name = fields.Name(i);
            var value = fields.Value(i);
            if (name.IsEmpty || name.IndexOfAnyInRange((byte)'A', (byte)'Z') >= 0 || name.IndexOfAnyInRange((byte)0, (byte)' ') >= 0 || value.IndexOfAny((byte)'\r', (byte)'\n', (byte)0) >= 0)
                return false;
            if (name[0] != ':')
            {
                isRegular = true;
                var isHost = name.SequenceEqual("host"u8);
                if (IsOfConnection(name) || (isHost && hasHost)) return false;
                hasHost |= isHost;
                continue;
            }
            var bit = name.SequenceEqual(":method"u8) ? 1 : name.SequenceEqual(":path"u8) ? 2 : name.SequenceEqual(":authority"u8) ? 4 : name.SequenceEqual(":scheme"u8) ? 8 : 0;
            if (isTrailer || isRegular || bit == 0 || (seen & bit) != 0 || value.IsEmpty) return false;
            seen |= bit;
        }
        return isTrailer || ((seen & 3) == 3 && !fields.Find(":method"u8).SequenceEqual("CONNECT"u8) && !HasOtherHost(fields));
    }

    private static bool IsOfConnection(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("connection"u8) || name.SequenceEqual("transfer-encoding"u8) || name.SequenceEqual("upgrade"u8)
        || name.SequenceEqual("keep-alive"u8) || name.SequenceEqual("proxy-connection"u8);

    /// <summary>Whether the two names of the server differ (RFC 9113 §8.3.1).</summary>
    public static bool HasOtherHost(HeaderList fields)
    {
        var authority = fields.Find(":authority"u8);
        var host = fields.Find("host"u8);
        return !authority.IsEmpty && !host.IsEmpty && !Ascii.EqualsIgnoreCase(authority, host);
    }
}
