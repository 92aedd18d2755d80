using System.Globalization;

namespace Demilune.Wire.Http1;

/// <summary>Which part of a whole a body is (RFC 9110 §14.4).</summary>
/// <param name="Start">Of its first byte.</param>
/// <param name="End">Of its last byte.</param>
/// <param name="Size">Of the whole; -1: not said.</param>
public readonly record struct ContentRange(long Start, long End, long Size)
{
    /// <param name="value">The field's: <c>bytes FIRST-LAST/SIZE</c>.</param>
    /// <param name="range">What it says.</param>
    /// <returns>False: it says nothing of the kind, or nothing that can be.</returns>
    public static bool TryParse(ReadOnlySpan<byte> value, out ContentRange range)
    {
        range = default;
        value = value.Trim(" \t"u8);
        if (!value.StartsWith("bytes "u8)) return false;
        value = value["bytes ".Length..].Trim(" \t"u8);
        var (dash, slash) = (value.IndexOf((byte)'-'), value.IndexOf((byte)'/'));
        if (dash <= 0 || slash < dash || !Number(value[..dash], out var start) || !Number(value[(dash + 1)..slash], out var end) || start > end) return false;
        var size = value[(slash + 1)..];
        if (!size.SequenceEqual("*"u8) && (!Number(size, out var whole) || whole <= end)) return false;
        range = new(start, end, size.SequenceEqual("*"u8) ? -1 : long.Parse(size, CultureInfo.InvariantCulture));
        return true;
    }

    private static bool Number(ReadOnlySpan<byte> text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
