using System.Globalization;

namespace Demilune.Wire.Tls;

/// <summary>Version numbers of SSL and TLS.</summary>
public static class TlsVersions
{
    public const ushort Ssl2 = 0x0002, Ssl3 = 0x0300, Tls10 = 0x0301, Tls11 = 0x0302, Tls12 = 0x0303, Tls13 = 0x0304;

    /// <summary>Drafts before the sixteenth all called themselves 1.3 (0x0304): this number stands for them, as in Suricata.</summary>
    public const ushort Tls13BeforeDraft16 = 0x7f01;

    private static readonly Dictionary<ushort, string> s_names = Names();

    /// <summary>As Suricata writes it in EVE.</summary>
    public static string NameOf(ushort version) => s_names.GetValueOrDefault(version) ?? string.Create(CultureInfo.InvariantCulture, $"0x{version:x4}");

    /// <summary>1.3, final or a draft.</summary>
    public static bool Is13(ushort version) => version == Tls13 || version >> 8 is 0x7f or 0xfb;

    private static Dictionary<ushort, string> Names()
    {
        var names = new Dictionary<ushort, string>
        {
            [0] = "UNDETERMINED", [Ssl2] = "SSLv2", [Ssl3] = "SSLv3", [Tls10] = "TLSv1", [Tls11] = "TLS 1.1", [Tls12] = "TLS 1.2", [Tls13] = "TLS 1.3",
            [Tls13BeforeDraft16] = "TLS 1.3 draft-<16",
        };
        for (ushort draft = 16; draft <= 28; draft++) names.Add((ushort)(0x7f00 | draft), $"TLS 1.3 draft-{draft}");
        // Facebook's own drafts.
        foreach (var draft in (ReadOnlySpan<ushort>)[20, 21, 22, 23, 26]) names.Add((ushort)(0xfb00 | draft), $"TLS 1.3 draft-{draft}-fb");
        return names;
    }
}
