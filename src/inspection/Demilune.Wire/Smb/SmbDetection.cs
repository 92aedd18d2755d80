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

    /// <summary>Whether the first message that says so is an answer; null: none does (encrypted, or too little of it).</summary>
    public static bool? IsAnswer(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 28)
        {
            if (bytes[0] == 0 && bytes[5..8].SequenceEqual("SMB"u8) && bytes[4] is 0xff or 0xfe) return bytes[4] == 0xff ? (bytes[13] & 0x80) != 0 : (bytes[20] & 1) != 0;
            bytes = bytes[Math.Min(bytes.Length, 4 + (bytes[1] << 16 | bytes[2] << 8 | bytes[3]))..];
        }
        return null;
    }

    /// <summary>NetBIOS' own hello: two names of 34 bytes, or an empty yes to it.</summary>
    private static Detection OfSession(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 4) return Detection.Incomplete;
        var length = bytes[2] << 8 | bytes[3];
        return bytes[1] == 0 && length == (bytes[0] == 0x81 ? 68 : 0) ? Detection.Yes : Detection.No;
    }
}
