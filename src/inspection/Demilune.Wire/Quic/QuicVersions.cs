using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Demilune.Wire.Quic;

/// <summary>Version numbers of QUIC.</summary>
public static class QuicVersions
{
    public const uint Version1 = 1, Version2 = 0x6b3343cf, Q043 = 0x51303433, Q046 = 0x51303436;

    /// <summary>Google's own, before TLS: its first messages are not encrypted at all.</summary>
    public static bool IsGoogles(uint version) => version is >= Q043 and <= Q046;

    /// <summary>One of the IETF's, final or a draft.</summary>
    public static bool IsStandard(uint version) => version is Version1 or Version2 or (>= 0xff000017 and <= 0xff000022);

    /// <summary>As Suricata writes it in EVE: Google's by name, others in hexadecimal.</summary>
    public static string NameOf(uint version)
    {
        if (!IsGoogles(version)) return version.ToString("x", CultureInfo.InvariantCulture);
        Span<byte> name = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(name, version);
        return Encoding.ASCII.GetString(name);
    }
}
