using System.Globalization;
using System.Text;

namespace Demilune.Wire.Sip;

/// <summary>A SIP message (RFC 3261 §7), in place.</summary>
public readonly ref struct SipMessage
{
    /// <summary>Longer first lines are not SIP.</summary>
    private const int MaxLine = 4096;

    private SipMessage(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> line, int bodyStart)
    {
        Bytes = bytes;
        Line = line;
        BodyStart = bodyStart;
        var first = line.IndexOf((byte)' ');
        var second = first + 1 + line[(first + 1)..].IndexOf((byte)' ');
        IsResponse = line.StartsWith("SIP/"u8);
        First = line[..first];
        Middle = second > first ? line[(first + 1)..second] : line[(first + 1)..];
        Last = second > first ? line[(second + 1)..] : default;
    }

    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Without its end.</summary>
    public ReadOnlySpan<byte> Line { get; }

    /// <summary>Behind the empty line.</summary>
    public int BodyStart { get; }
    public bool IsResponse { get; }
    private ReadOnlySpan<byte> First { get; }
    private ReadOnlySpan<byte> Middle { get; }
    private ReadOnlySpan<byte> Last { get; }

    public ReadOnlySpan<byte> Method => IsResponse ? default : First;
    public ReadOnlySpan<byte> Uri => IsResponse ? default : Middle;
    public ReadOnlySpan<byte> Version => IsResponse ? First : Last;
    public ReadOnlySpan<byte> Code => IsResponse ? Middle : default;
    public ReadOnlySpan<byte> Reason => IsResponse ? Last : default;
    public ReadOnlySpan<byte> Fields => Bytes[Math.Min(Line.Length + 2, BodyStart)..BodyStart];
    public ReadOnlySpan<byte> Body => Bytes[BodyStart..];

    /// <returns>False: this does not begin as a message, or its head has no end.</returns>
    public static bool TryView(ReadOnlySpan<byte> bytes, out SipMessage message)
    {
        message = default;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0 || OfStart(bytes) != Detection.Yes) return false;
        message = new(bytes, bytes[..bytes.IndexOf("\r\n"u8)], end + 4);
        return true;
    }

    /// <summary>Bytes of the message at the front; 0: not known yet; -1: there is no telling.</summary>
    /// <param name="bytes">Of a stream.</param>
    /// <param name="most">Longer messages are refused.</param>
    public static int LengthOf(ReadOnlySpan<byte> bytes, int most)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0) return bytes.Length > most ? -1 : 0;
        var body = ContentLength(bytes[..end]);
        return body < 0 || body > most ? -1 : end + 4 + body;
    }

    /// <summary>Whether these are the first bytes of a message: its first line names the version.</summary>
    public static Detection OfStart(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n"u8);
        var line = end < 0 ? bytes : bytes[..end];
        if (line.Length > MaxLine) return Detection.No;
        if (line.StartsWith("SIP/"u8)) return end < 0 ? Detection.Incomplete : line.Length > 12 && line[7] == ' ' ? Detection.Yes : Detection.No;
        if (line.Length < 4 && "SIP/"u8.StartsWith(line)) return Detection.Incomplete;
        var space = line.IndexOf((byte)' ');
        foreach (var b in space < 0 ? line : line[..space])
            if (!char.IsAsciiLetterUpper((char)b)) return Detection.No;
        if (space == 0 || (space < 0 && line.Length > 16)) return Detection.No;
        if (end < 0) return Detection.Incomplete;
        var last = line.LastIndexOf((byte)' ');
        return last > space && line[(last + 1)..].StartsWith("SIP/"u8) ? Detection.Yes : Detection.No;
    }

    /// <summary>RFC 3261 §20.14; 0 where it is not said.</summary>
    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        while (!head.IsEmpty)
        {
            var end = head.IndexOf("\r\n"u8);
            var line = end < 0 ? head : head[..end];
            head = end < 0 ? default : head[(end + 2)..];
            var colon = line.IndexOf((byte)':');
            if (colon <= 0) continue;
            var name = line[..colon].Trim(" \t"u8);
            if (!Ascii.EqualsIgnoreCase(name, "content-length"u8) && !Ascii.EqualsIgnoreCase(name, "l"u8)) continue;
            return int.TryParse(line[(colon + 1)..].Trim(" \t"u8), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : -1;
        }
        return 0;
    }
}
