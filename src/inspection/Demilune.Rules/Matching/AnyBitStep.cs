using System.Buffers.Binary;

namespace Demilune.Rules.Matching;

/// <summary>The buffer is a number of 8 bytes of which at least one of some bits is set.</summary>
internal sealed class AnyBitStep(long bits) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index) =>
        run.Bytes.Length == sizeof(long) && (BinaryPrimitives.ReadInt64BigEndian(run.Bytes) & bits) != 0 && run.Continue(index + 1);
}
