using System.Globalization;
using System.Text;

namespace Demilune.Wire.Asn1;

/// <summary>Object identifiers (X.690 §8.19).</summary>
public static class ObjectIdentifier
{
    /// <summary>Numbers with dots.</summary>
    /// <param name="bytes">The contents of the element. Numbers of more than 64 bits lose their first ones: nobody has been given such a one.</param>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        ulong arc = 0;
        foreach (var b in bytes)
        {
            arc = arc << 7 | (byte)(b & 0x7f);
            if ((b & 0x80) != 0) continue;
            if (text.Length > 0) text.Append(CultureInfo.InvariantCulture, $".{arc}");
            else text.Append(CultureInfo.InvariantCulture, $"{Math.Min(arc / 40, 2)}.{arc - Math.Min(arc / 40, 2) * 40}");
            arc = 0;
        }
        return text.ToString();
    }
}
