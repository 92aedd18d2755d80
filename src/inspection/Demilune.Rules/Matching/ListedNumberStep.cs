using System.Buffers.Binary;

namespace Demilune.Rules.Matching;

/// <summary>Which of several numbers a rule asks for.</summary>
internal enum ListQuantity : byte
{
    Any,
    All,
    One,
}

/// <summary>
/// Some of a list of numbers lie in a range. The buffer is the list so far: a byte that says whether it is complete (1) or goes on (0), then four bytes for each
/// number, big-endian; the largest stands for an element without one.
/// </summary>
/// <param name="range">Where they have to lie.</param>
/// <param name="quantity">How many of them. What depends on the end of the list is asked when it is complete.</param>
/// <param name="index">Which one; negative: from the end.</param>
internal sealed class ListedNumberStep(NumberRange range, ListQuantity quantity, int index) : MatchStep
{
    public override bool Holds(ref MatchRun run, int step)
    {
        if (run.Bytes is not [var complete, ..]) return false;
        var numbers = run.Bytes[1..];
        var count = numbers.Length / sizeof(uint);
        var holds = quantity switch
        {
            ListQuantity.Any => Any(numbers),
            ListQuantity.All => complete != 0 && count > 0 && All(numbers),
            _ when index < 0 => complete != 0 && count + index >= 0 && Contains(numbers, count + index),
            _ => index < count && Contains(numbers, index),
        };
        return holds && run.Continue(step + 1);
    }

    private bool Any(ReadOnlySpan<byte> numbers)
    {
        for (var i = 0; i < numbers.Length / sizeof(uint); i++)
            if (Contains(numbers, i)) return true;
        return false;
    }

    private bool All(ReadOnlySpan<byte> numbers)
    {
        for (var i = 0; i < numbers.Length / sizeof(uint); i++)
            if (!Contains(numbers, i)) return false;
        return true;
    }

    private bool Contains(ReadOnlySpan<byte> numbers, int place) =>
        BinaryPrimitives.ReadUInt32BigEndian(numbers[(place * sizeof(uint))..]) is not uint.MaxValue and var number && range.Contains(number);
}
