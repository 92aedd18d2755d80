using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Demilune.Wire.Tls;

/// <summary>JA4: what kind of client this is, whatever the order of its extensions.</summary>
public static class Ja4
{
    public static string Of(TlsHello hello, bool isQuic)
    {
        var ciphers = Pairs(hello.CipherSuites);
        var extensions = new List<ushort>();
        foreach (var extension in hello.Extensions)
            if (!TlsExtension.IsGrease(extension.Type)) extensions.Add(extension.Type);
        var head = string.Create(CultureInfo.InvariantCulture,
            $"{(isQuic ? 'q' : 't')}{Version(hello)}{(hello.ServerName.IsEmpty ? 'i' : 'd')}{Math.Min(99, ciphers.Count):D2}{Math.Min(99, extensions.Count):D2}{Protocol(hello)}");
        extensions.RemoveAll(type => type is TlsExtension.ServerName or TlsExtension.Protocols);
        ciphers.Sort();
        extensions.Sort();
        var tail = Hex(extensions);
        var signatures = Pairs(hello.SignatureAlgorithms);
        if (signatures.Count > 0) tail += "_" + Hex(signatures);
        return $"{head}_{Hash(Hex(ciphers))}_{(extensions.Count == 0 ? Hash("") : Hash(tail))}";
    }

    private static string Version(TlsHello hello)
    {
        var highest = 0;
        foreach (var version in Pairs(hello.SupportedVersions)) highest = Math.Max(highest, version);
        return (highest == 0 ? hello.LegacyVersion : highest) switch
        {
            TlsVersions.Tls13 => "13",
            TlsVersions.Tls12 => "12",
            TlsVersions.Tls11 => "11",
            TlsVersions.Tls10 => "10",
            TlsVersions.Ssl3 => "s3",
            TlsVersions.Ssl2 => "s2",
            _ => "00",
        };
    }

    /// <summary>First and last character of the first protocol offered; of one that has others than letters and digits there, their hexadecimal.</summary>
    private static string Protocol(TlsHello hello)
    {
        if (!hello.TryGetProtocol(0, out var name) || name.IsEmpty) return "00";
        var (first, last) = ((char)name[0], (char)name[^1]);
        if (char.IsAsciiLetterOrDigit(first) && char.IsAsciiLetterOrDigit(last)) return $"{first}{last}";
        return $"{(name[0] >> 4):x}{(name[^1] & 0xf):x}";
    }

    private static List<ushort> Pairs(ReadOnlySpan<byte> bytes)
    {
        var values = new List<ushort>();
        for (var i = 0; i + 1 < bytes.Length; i += 2)
        {
            var value = (ushort)(bytes[i] << 8 | bytes[i + 1]);
            if (!TlsExtension.IsGrease(value)) values.Add(value);
        }
        return values;
    }

    private static string Hex(List<ushort> values) => string.Join(',', values.Select(value => value.ToString("x4", CultureInfo.InvariantCulture)));

    private static string Hash(string text) =>
        text.Length == 0 ? "000000000000" : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)))[..12];
}
