namespace Demilune.Wire.Dnp3;

/// <summary>A header of objects (IEEE 1815 §4.2.2.7).</summary>
/// <param name="Start">First index, if the range says so.</param>
/// <param name="Count">Points that are said to follow.</param>
/// <param name="PointsAt">Where they do, in the fragment.</param>
/// <param name="PointsRead">Those that were understood.</param>
public readonly record struct Dnp3Object(byte Group, byte Variation, byte Qualifier, uint Start, uint Stop, uint Count, int PointsAt, int PointsRead)
{
    public int PrefixCode => Qualifier >> 4 & 7;
    public int RangeCode => Qualifier & 0xf;

    /// <summary>What stands before each point is its size; otherwise its index, or nothing.</summary>
    public bool HasSizes => PrefixCode is 4 or 5 or 6;

    /// <summary>Bytes of what stands before each point.</summary>
    public int PrefixLength => PrefixCode switch { 1 or 4 => 1, 2 or 5 => 2, 3 or 6 => 4, _ => 0 };
}
