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

    /// <summary>Whether the two names of the server differ (RFC 9113 §8.3.1).</summary>
    public static bool HasOtherHost(HeaderList fields)
    {
        var authority = fields.Find(":authority"u8);
        var host = fields.Find("host"u8);
        return !authority.IsEmpty && !host.IsEmpty && !Ascii.EqualsIgnoreCase(authority, host);
    }
}
