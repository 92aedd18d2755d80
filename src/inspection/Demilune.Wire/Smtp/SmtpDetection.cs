using System.Text;

namespace Demilune.Wire.Smtp;

/// <summary>Whether a stream is mail on its way (RFC 5321).</summary>
public static class SmtpDetection
{
    /// <summary>Whatever client it is, it says hello first.</summary>
    public static Detection OfClient(ReadOnlySpan<byte> bytes)
    {
        var length = Math.Min(bytes.Length, 4);
        if (!Ascii.EqualsIgnoreCase(bytes[..length], "EHLO"u8[..length]) && !Ascii.EqualsIgnoreCase(bytes[..length], "HELO"u8[..length])) return Detection.No;
        if (bytes.Length < 5) return Detection.Incomplete;
        return bytes[4] is (byte)' ' or (byte)'\r' or (byte)'\n' ? Detection.Yes : Detection.No;
    }

    /// <summary>By its first four letters, as Suricata does.</summary>
    public static Detection ByMark(ReadOnlySpan<byte> bytes)
    {
        var length = Math.Min(bytes.Length, 4);
        var first = bytes[..length];
        var isMark = Ascii.EqualsIgnoreCase(first, "EHLO"u8[..length]) || Ascii.EqualsIgnoreCase(first, "HELO"u8[..length]) || Ascii.EqualsIgnoreCase(first, "QUIT"u8[..length]);
        if (!isMark) return Detection.No;
        return length < 4 ? Detection.Incomplete : Detection.Yes;
    }

    /// <summary>A greeting that names the protocol; one that does not may be FTP's as well, and the client will tell.</summary>
    public static Detection OfServer(ReadOnlySpan<byte> bytes)
    {
        var length = Math.Min(bytes.Length, 3);
        if (!bytes[..length].SequenceEqual("220"u8[..length])) return Detection.No;
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0) return Detection.Incomplete;
        var line = bytes[..end];
        for (var i = 0; i + 4 <= line.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(line.Slice(i, 4), "smtp"u8)) return Detection.Yes;
            if (Ascii.EqualsIgnoreCase(line.Slice(i, 3), "ftp"u8)) return Detection.No;
        }
        return Detection.Incomplete;
    }
}
