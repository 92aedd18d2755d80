namespace Demilune.Wire.Tcp;

/// <summary>Arithmetic on sequence numbers, which wrap (RFC 9293 §3.4).</summary>
public static class Sequence
{
    /// <summary>How far <paramref name="a"/> is past <paramref name="b"/>; negative if before. Right for distances below 2^31.</summary>
    public static int Distance(uint a, uint b) => unchecked((int)(a - b));

    public static bool IsBefore(uint a, uint b) => Distance(a, b) < 0;

    public static bool IsAfter(uint a, uint b) => Distance(a, b) > 0;

    public static uint Later(uint a, uint b) => IsAfter(a, b) ? a : b;
}
