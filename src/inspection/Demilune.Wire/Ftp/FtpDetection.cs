using System.Text;

namespace Demilune.Wire.Ftp;

/// <summary>Whether a stream is FTP's control connection (RFC 959).</summary>
public static class FtpDetection
{
    private static readonly byte[][] s_first =
    [
        [.. "USER "u8], [.. "PASS "u8], [.. "PORT "u8], [.. "EPRT "u8], [.. "PASV"u8], [.. "EPSV"u8], [.. "FEAT"u8], [.. "AUTH TLS"u8], [.. "AUTH SSL"u8], [.. "SYST"u8],
        [.. "TYPE "u8], [.. "CLNT "u8], [.. "OPTS "u8],
    ];

    private static readonly byte[][] s_marks = [[.. "FEAT"u8], [.. "USER "u8], [.. "PASS "u8], [.. "PORT "u8]];

    /// <summary>By its first command. POP3 and IRC begin alike; their servers do not greet as FTP's do.</summary>
    public static Detection OfClient(ReadOnlySpan<byte> bytes) => ByFirst(bytes, s_first);

    /// <summary>By one of the commands that Suricata looks for.</summary>
    public static Detection ByMark(ReadOnlySpan<byte> bytes) => ByFirst(bytes, s_marks);

    private static Detection ByFirst(ReadOnlySpan<byte> bytes, byte[][] commands)
    {
        var isOpen = false;
        foreach (var command in commands)
        {
            var length = Math.Min(bytes.Length, command.Length);
            if (!Ascii.EqualsIgnoreCase(bytes[..length], command.AsSpan(0, length))) continue;
            if (length == command.Length) return Detection.Yes;
            isOpen = true;
        }
        return isOpen ? Detection.Incomplete : Detection.No;
    }

    /// <summary>A greeting that names the protocol; one that does not may be SMTP's as well, and the client will tell.</summary>
    public static Detection OfServer(ReadOnlySpan<byte> bytes)
    {
        var length = Math.Min(bytes.Length, 3);
        if (!bytes[..length].SequenceEqual("220"u8[..length])) return Detection.No;
        if (bytes.StartsWith("220 ("u8)) return Detection.Yes;
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0) return Detection.Incomplete;
        var line = bytes[..end];
        for (var i = 0; i + 4 <= line.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(line.Slice(i, 4), "smtp"u8)) return Detection.No;
            if (Ascii.EqualsIgnoreCase(line.Slice(i, 3), "ftp"u8)) return Detection.Yes;
        }
        return Detection.Incomplete;
    }
}
