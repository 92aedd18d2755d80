using System.Globalization;

namespace Demilune.Rules.Matching;

/// <summary>What <c>modbus</c> asks of a request. Null, or 0: it does not ask.</summary>
internal sealed record ModbusConditions
{
    public const int Assigned = 1, Unassigned = 2, UserDefined = 4, Reserved = 8, AllCategories = 15;
    public const int Read = 1, Write = 2;
    public const int Discretes = 1, Coils = 2, Input = 4, Holding = 8;

    public ModbusRange? Unit { get; init; }
    public int? Function { get; init; }

    /// <summary>Of diagnostics.</summary>
    public int? Subfunction { get; init; }

    /// <summary>One of them.</summary>
    public int Categories { get; init; }
    public int Access { get; init; }
    public int Table { get; init; }
    public ModbusRange? Address { get; init; }

    /// <summary>Of what is written to the address.</summary>
    public ModbusRange? Value { get; init; }
}

/// <summary>Numbers between two others.</summary>
/// <param name="Low">Exclusive, unless it is <paramref name="High"/> too.</param>
/// <param name="High">Exclusive, unless it is <paramref name="Low"/> too.</param>
internal readonly record struct ModbusRange(int Low, int High)
{
    public bool IsSingle => Low == High;

    /// <summary>Whether one of some numbers is in it.</summary>
    public bool Meets(int first, int last) => IsSingle ? Low >= first && Low <= last : Low < last && first < High;

    public static bool TryParse(string text, out ModbusRange range)
    {
        range = default;
        text = text.Trim();
        if (text.Split("<>") is [var low, var high] && low.Length > 0)
        {
            if (!Number(low, out var first) || !Number(high, out var last) || first >= last) return false;
            range = new(first, last);
            return true;
        }
        if (!Number(text.TrimStart('<', '>'), out var number)) return false;
        range = text[0] switch { '<' => new(-1, number), '>' => new(number, ushort.MaxValue + 1), _ => new(number, number) };
        return true;
    }

    private static bool Number(string text, out int number) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= ushort.MaxValue;
}
