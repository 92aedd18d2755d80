using System.Buffers.Binary;

namespace Demilune.Rules.Matching;

/// <summary>As <see cref="NumberStep"/>, on single bits of the number: those that have to be set, and those that must not.</summary>
internal sealed class BitsStep(long set, long clear) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index)
    {
        if (run.Bytes.Length != sizeof(long)) return false;
        var bits = BinaryPrimitives.ReadInt64BigEndian(run.Bytes);
        return (bits & set) == set && (bits & clear) == 0 && run.Continue(index + 1);
    }
}
