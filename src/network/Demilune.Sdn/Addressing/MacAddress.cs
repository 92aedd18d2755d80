using System.Globalization;

namespace Demilune.Sdn.Addressing;

/// <summary>Ethernet addresses as text.</summary>
internal static class MacAddress
{
    /// <summary>Takes six pairs of hex digits with ':', '-' or nothing between; refuses all zeros and the broadcast.</summary>
    public static bool TryNormalize(string text, out string mac)
    {
        mac = "";
        if (text.Length == 12 && text.All(char.IsAsciiHexDigit)) text = string.Join(':', text.Chunk(2).Select(pair => new string(pair)));
        if (text.Length != 17) return false;
        for (var i = 0; i < text.Length; i++)
            if (i % 3 == 2 ? text[i] is not (':' or '-') : !char.IsAsciiHexDigit(text[i]))
                return false;
        mac = text.Replace('-', ':').ToLowerInvariant();
        return mac is not ("00:00:00:00:00:00" or "ff:ff:ff:ff:ff:ff");
    }

    /// <summary>In Neutron's default range fa:16:3e.</summary>
    public static string Next(Random random)
    {
        var low = random.Next(0x1000000);
        return string.Create(CultureInfo.InvariantCulture, $"fa:16:3e:{low >> 16 & 0xff:x2}:{low >> 8 & 0xff:x2}:{low & 0xff:x2}");
    }
}
