namespace Demilune.Wire.Smb;

/// <summary>Whether a stream is SMB, of any version, in NetBIOS' framing (RFC 1002 §4.3, MS-SMB2 §2.1).</summary>
public static class SmbDetection
{
    public static Detection OfStream(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return Detection.Incomplete;
        if (bytes[0] is 0x81 or 0x82) return OfSession(bytes);
        if (bytes[0] != 0) return Detection.No;
        for (var i = 4; i < Math.Min(bytes.Length, 8); i++)
            if (i == 4 ? bytes[4] is not (0xff or 0xfe or 0xfd or 0xfc) : bytes[i] != "SMB"u8[i - 5]) return Detection.No;
        return bytes.Length < 8 ? Detection.Incomplete : Detection.Yes;
    }

    /// <summary>NetBIOS' own hello: two names of 34 bytes, or an empty yes to it.</summary>
    private static Detection OfSession(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 4) return Detection.Incomplete;
        var length = bytes[2] << 8 | bytes[3];
        return bytes[1] == 0 && length == (bytes[0] == 0x81 ? 68 : 0) ? Detection.Yes : Detection.No;
    }
}
