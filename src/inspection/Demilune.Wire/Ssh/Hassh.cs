using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Demilune.Wire.Ssh;

/// <summary>HASSH: the algorithms that one end offers for what it sends, and their MD5.</summary>
public static class Hassh
{
    /// <summary>Lists of a key exchange that matter (RFC 4253 §7.1): the exchange, then cipher, MAC and compression of this direction.</summary>
    private static readonly int[] s_ofClient = [0, 2, 4, 6], s_ofServer = [0, 3, 5, 7];

    /// <param name="message">SSH_MSG_KEXINIT behind its number.</param>
    /// <param name="isClient">Whose it is.</param>
    /// <param name="text">The four lists with semicolons between.</param>
    public static bool TryText(ReadOnlySpan<byte> message, bool isClient, out byte[] text)
    {
        text = [];
        var reader = new WireReader(message);
        reader.Take(16);        // the cookie
        var wanted = isClient ? s_ofClient : s_ofServer;
        var parts = new List<byte>(message.Length);
        for (var i = 0; i < 8; i++)
        {
            var length = reader.U32();
            var list = reader.Take(length > int.MaxValue ? int.MaxValue : (int)length);
            if (Array.IndexOf(wanted, i) < 0) continue;
            if (i > 0) parts.Add((byte)';');
            foreach (var b in list) parts.Add(b);
        }
        if (reader.Failed) return false;
        text = [.. parts];
        return true;
    }

    /// <summary>In lower-case hexadecimal.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "HASSH is an MD5 by definition; nothing is kept secret or signed with it.")]
    public static string Hash(ReadOnlySpan<byte> text) => Convert.ToHexStringLower(MD5.HashData(text));
}
