using System.Buffers.Binary;
using System.Globalization;

namespace Demilune.Wire.Smb;

/// <summary>Who logs in: NTLM's third message (MS-NLMP §2.2.1.3), found in what wraps it.</summary>
/// <param name="Domain">Without the zeros of UTF-16.</param>
/// <param name="User">Without the zeros of UTF-16.</param>
/// <param name="Host">Without the zeros of UTF-16.</param>
/// <param name="Version">Of the client's system; empty: it does not say.</param>
public sealed record NtlmMessage(byte[] Domain, byte[] User, byte[] Host, string Version)
{
    /// <summary>Bytes of a name that are kept.</summary>
    private const int MaxName = 512;

    /// <param name="blob">A security buffer: SPNEGO, or the message itself.</param>
    /// <returns>Null: there is no such message in it.</returns>
    public static NtlmMessage? Find(ReadOnlySpan<byte> blob)
    {
        var at = blob.IndexOf("NTLMSSP\0"u8);
        if (at < 0) return null;
        var message = blob[at..];
        if (message.Length < 64 || BinaryPrimitives.ReadUInt32LittleEndian(message[8..]) != 3) return null;
        const uint negotiateVersion = 0x0200_0000;
        var hasVersion = message.Length >= 72 && (BinaryPrimitives.ReadUInt32LittleEndian(message[60..]) & negotiateVersion) != 0;
        var version = hasVersion
            ? string.Create(CultureInfo.InvariantCulture, $"{message[64]}.{message[65]} build {BinaryPrimitives.ReadUInt16LittleEndian(message[66..])} rev {message[71]}")
            : "";
        return new(Field(message, 28), Field(message, 36), Field(message, 44), version);
    }

    private static byte[] Field(ReadOnlySpan<byte> message, int at)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(message[at..]);
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(message[(at + 4)..]);
        if (offset > message.Length) return [];
        return SmbText.Narrow(message[(int)offset..(int)Math.Min(message.Length, offset + Math.Min((long)length, MaxName))]);
    }
}
