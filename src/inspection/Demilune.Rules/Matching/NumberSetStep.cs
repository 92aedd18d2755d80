using System.Buffers.Binary;

namespace Demilune.Rules.Matching;

/// <summary>A number that a parser has read is one of several, or none of them.</summary>
internal sealed class NumberSetStep(NumberRange[] any, bool isNegated) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index)
    {
        if (run.Bytes.Length != sizeof(long)) return false;
        var number = BinaryPrimitives.ReadInt64BigEndian(run.Bytes);
        var isIn = false;
        foreach (var range in any) isIn |= range.Contains(number);
        return isIn != isNegated && run.Continue(index + 1);
    }
}
