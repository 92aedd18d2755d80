using System.Buffers.Binary;

namespace Demilune.Rules.Matching;

/// <summary>A number that a parser has read is in one of several ranges: the buffer holds it in eight bytes, in network order.</summary>
internal sealed class NumberListStep(NumberRange[] ranges) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index)
    {
        if (run.Bytes.Length != sizeof(long)) return false;
        var number = BinaryPrimitives.ReadInt64BigEndian(run.Bytes);
        foreach (var range in ranges)
            if (range.Contains(number)) return run.Continue(index + 1);
        return false;
    }
}
