using System.Runtime.CompilerServices;

namespace Demilune.Rules.Matching;

/// <summary>Byte comparison without regard to ASCII case. Bytes above 127 equal only themselves, as in Suricata.</summary>
internal static class Bytes
{
    public static byte Lower(byte value) => (uint)(value - 'A') <= 'Z' - 'A' ? (byte)(value | 0x20) : value;

    public static byte[] Lower(ReadOnlySpan<byte> value)
    {
        var lower = new byte[value.Length];
        for (var i = 0; i < lower.Length; i++) lower[i] = Lower(value[i]);
        return lower;
    }

    /// <param name="bytes">Any case.</param>
    /// <param name="lower">Of the same length, already in lower case.</param>
    public static bool EqualsLower(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> lower)
    {
        for (var i = 0; i < bytes.Length; i++)
            if (Lower(bytes[i]) != lower[i]) return false;
        return true;
    }

    /// <summary>First occurrence of a lower-case pattern in any case, or -1.</summary>
    /// <param name="anchor">Index in the pattern of its rarest byte: the one that the vectorised search looks for.</param>
    public static int IndexOfLower(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> lower, int anchor)
    {
        var small = lower[anchor];
        var large = (uint)(small - 'a') <= 'z' - 'a' ? (byte)(small & ~0x20) : small;
        for (var from = 0; from + lower.Length <= bytes.Length;)
        {
            var found = bytes[(from + anchor)..(bytes.Length - lower.Length + anchor + 1)].IndexOfAny(small, large);
            if (found < 0) return -1;
            from += found;
            if (EqualsLower(bytes.Slice(from, lower.Length), lower)) return from;
            from++;
        }
        return -1;
    }

    /// <summary>How common a byte is in traffic that firewalls see: 0 rare, 255 everywhere. Only an estimate, and only for speed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Commonness(byte value) => s_commonness[value];

    private static readonly byte[] s_commonness = MakeCommonness();

    private static byte[] MakeCommonness()
    {
        var common = new byte[256];
        Array.Fill(common, (byte)20, 0, 128);
        Array.Fill(common, (byte)12, 128, 128);
        ReadOnlySpan<byte> letters = "etaoinsrhldcumfpgwybvkxjqz"u8;
        for (var i = 0; i < letters.Length; i++)
        {
            common[letters[i]] = (byte)(250 - i * 6);
            common[letters[i] & ~0x20] = (byte)(100 - i * 2);
        }
        foreach (var digit in "0123456789"u8) common[digit] = 110;
        foreach (var mark in "\r\n:/.-=\", <>_;"u8) common[mark] = 160;
        common[' '] = 220;
        common[0] = 255;
        common[255] = 120;
        return common;
    }
}
