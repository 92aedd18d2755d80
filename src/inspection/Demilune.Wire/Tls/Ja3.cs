using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Demilune.Wire.Tls;

/// <summary>JA3 and JA3S: the numbers that a hello consists of, and their MD5.</summary>
public static class Ja3
{
    /// <summary>Of a client: version, cipher suites, extensions, groups, point formats; of a server: version, cipher suite, extensions.</summary>
    public static string Text(TlsHello hello, bool isClient)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{hello.LegacyVersion},");
        AppendPairs(text, hello.CipherSuites);
        text.Append(',');
        var isFirst = true;
        foreach (var extension in hello.Extensions)
        {
            if (TlsExtension.IsGrease(extension.Type)) continue;
            Append(text, extension.Type, ref isFirst);
        }
        if (!isClient) return text.ToString();
        text.Append(',');
        AppendPairs(text, hello.Groups);
        text.Append(',');
        isFirst = true;
        foreach (var format in hello.PointFormats) Append(text, format, ref isFirst);
        return text.ToString();
    }

    /// <summary>In lower-case hexadecimal.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "JA3 is an MD5 by definition; nothing is kept secret or signed with it.")]
    public static string Hash(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.ASCII.GetBytes(text)));

    private static void AppendPairs(StringBuilder text, ReadOnlySpan<byte> pairs)
    {
        var isFirst = true;
        for (var i = 0; i + 1 < pairs.Length; i += 2)
        {
            var value = pairs[i] << 8 | pairs[i + 1];
            if (!TlsExtension.IsGrease(value)) Append(text, value, ref isFirst);
        }
    }

    private static void Append(StringBuilder text, int value, ref bool isFirst)
    {
        if (!isFirst) text.Append('-');
        isFirst = false;
        text.Append(value);
    }
}
