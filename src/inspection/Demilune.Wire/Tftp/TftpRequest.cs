using System.Text;

namespace Demilune.Wire.Tftp;

/// <summary>A request to read or write a file (RFC 1350 §5), seen in place.</summary>
public readonly ref struct TftpRequest
{
    private TftpRequest(bool isWrite, ReadOnlySpan<byte> file, ReadOnlySpan<byte> mode)
    {
        IsWrite = isWrite;
        File = file;
        Mode = mode;
    }

    public bool IsWrite { get; }
    public ReadOnlySpan<byte> File { get; }

    /// <summary>netascii, octet or mail, in any case.</summary>
    public ReadOnlySpan<byte> Mode { get; }

    public static bool TryView(ReadOnlySpan<byte> datagram, out TftpRequest request)
    {
        request = default;
        if (datagram is not [0, 1 or 2, .. var rest]) return false;
        var end = rest.IndexOf((byte)0);
        if (end <= 0) return false;
        var mode = rest[(end + 1)..];
        var endOfMode = mode.IndexOf((byte)0);
        if (endOfMode < 0) return false;
        mode = mode[..endOfMode];
        if (!Ascii.EqualsIgnoreCase(mode, "octet"u8) && !Ascii.EqualsIgnoreCase(mode, "netascii"u8) && !Ascii.EqualsIgnoreCase(mode, "mail"u8)) return false;
        request = new(datagram[1] == 2, rest[..end], mode);
        return true;
    }
}
