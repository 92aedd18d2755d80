using System.Buffers.Binary;

namespace Demilune.Rules.Matching;

/// <summary>A condition on a number that a parser has read: the buffer holds it in eight bytes, in network order.</summary>
internal sealed class NumberStep(NumberRange range) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index) =>
        run.Bytes.Length == sizeof(long) && range.Contains(BinaryPrimitives.ReadInt64BigEndian(run.Bytes)) && run.Continue(index + 1);
}
