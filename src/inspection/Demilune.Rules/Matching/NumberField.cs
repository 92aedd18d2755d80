using System.Numerics;

namespace Demilune.Rules.Matching;

/// <summary>Where a number stands in a buffer and how it is written: what all <c>byte_*</c> keywords share.</summary>
internal sealed record NumberField
{
    /// <summary>The longest octal number of 64 bits has 22 characters; one more for good measure, as Suricata has it.</summary>
    public const int MaxTextLength = 23;

    /// <summary>1 to 8 bytes in binary; up to <see cref="MaxTextLength"/> as text, where 0 is "as many as there are".</summary>
    public required Operand Length { get; init; }
    public required Operand Offset { get; init; }

    /// <summary>It has no bytes.</summary>
    public bool IsEmpty(MatchContext context) => TextBase == 0 && Length.In(context) == 0;

    public bool IsRelative { get; init; }
    public bool IsLittleEndian { get; init; }

    /// <summary>As whoever sent the buffer writes numbers (<c>dce</c>).</summary>
    public bool FollowsBuffer { get; init; }

    /// <summary>8, 10 or 16 when the number is text; 0 when it is binary.</summary>
    public int TextBase { get; init; }

    /// <summary>Bits to keep, shifted down to the lowest; 0 for all.</summary>
    public ulong Mask { get; init; }

    /// <param name="end">Just past the number.</param>
    public bool TryRead(ref readonly MatchRun run, out ulong value, out int end)
    {
        value = 0;
        end = 0;
        var length = Length.Clamped(run.Context);
        var start = (IsRelative ? run.Position : -run.StreamOffset) + Offset.Clamped(run.Context);
        if (length == 0 && TextBase != 0) length = (int)Math.Clamp(run.Bytes.Length - start, 0, MaxTextLength);
        if (length < 1 || start < 0 || start + length > run.Bytes.Length) return false;
        var field = run.Bytes.Slice((int)start, length);
        end = (int)start + length;
        if (TextBase != 0 ? !TryText(field, out value) : !TryBinary(field, FollowsBuffer ? run.IsLittleEndian : IsLittleEndian, out value)) return false;
        if (Mask != 0) value = (value & Mask) >> BitOperations.TrailingZeroCount(Mask);
        return true;
    }

    private static bool TryBinary(ReadOnlySpan<byte> field, bool isLittleEndian, out ulong value)
    {
        value = 0;
        if (field.Length > 8) return false;
        for (var i = 0; i < field.Length; i++) value = value << 8 | field[isLittleEndian ? field.Length - 1 - i : i];
        return true;
    }

    /// <summary>Leading blanks, then digits up to the first character that is none.</summary>
    private bool TryText(ReadOnlySpan<byte> field, out ulong value)
    {
        value = 0;
        field = field.TrimStart(" \t\r\n"u8);
        if (TextBase == 16 && field.Length > 2 && field[0] == '0' && field[1] is (byte)'x' or (byte)'X') field = field[2..];
        var digits = 0;
        foreach (var c in field)
        {
            var digit = c switch
            {
                >= (byte)'0' and <= (byte)'9' => c - '0',
                >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
                _ => 99,
            };
            if (digit >= TextBase) break;
            if (value > (ulong.MaxValue - (ulong)digit) / (ulong)TextBase) return false;
            value = value * (ulong)TextBase + (ulong)digit;
            digits++;
        }
        return digits > 0;
    }
}
