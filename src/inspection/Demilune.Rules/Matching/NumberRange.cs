using System.Globalization;

namespace Demilune.Rules.Matching;

/// <summary>A condition on a number, as most keywords write it: <c>n</c>, <c>&lt;n</c>, <c>&gt;n</c>, <c>&lt;=n</c>, <c>&gt;=n</c>, <c>!n</c>, <c>a&lt;&gt;b</c>, <c>a-b</c>.</summary>
/// <param name="First">Inclusive.</param>
/// <param name="Last">Inclusive; <see cref="long.MaxValue"/> for no upper end.</param>
/// <param name="IsNegated">Everything but.</param>
internal readonly record struct NumberRange(long First, long Last, bool IsNegated = false)
{
    public bool Contains(long number) => (number >= First && number <= Last) != IsNegated;

    /// <param name="endsBelong">Whether both ends of <c>a&lt;&gt;b</c> belong to it; Suricata's keywords differ, mostly they do not.</param>
    public static bool TryParse(string text, bool endsBelong, out NumberRange range)
    {
        range = default;
        var compact = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        if (compact.Split("<>") is [var low, var high] && low.Length > 0)
        {
            if (!Number(low, out var first) || !Number(high, out var last)) return false;
            range = endsBelong ? new(first, last) : new(first + 1, last - 1);
            return first < last && range.First <= range.Last;
        }
        if (compact.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash)
        {
            if (!Number(compact[..dash], out var first) || !Number(compact[(dash + 1)..], out var last)) return false;
            range = new(first, last);
            return first <= last;
        }
        var (prefix, rest) = compact switch
        {
            ['<', '=', ..] or ['>', '=', ..] => (compact[..2], compact[2..]),
            ['<', ..] or ['>', ..] or ['!', ..] or ['=', ..] => (compact[..1], compact[1..]),
            _ => ("", compact),
        };
        if (!Number(rest, out var number)) return false;
        range = prefix switch
        {
            "<" => new(0, number - 1),
            "<=" => new(0, number),
            ">" => new(number + 1, long.MaxValue),
            ">=" => new(number, long.MaxValue),
            "!" => new(number, number, true),
            _ => new(number, number),
        };
        return true;
    }

    private static bool Number(string text, out long number) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number) && number >= 0
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
