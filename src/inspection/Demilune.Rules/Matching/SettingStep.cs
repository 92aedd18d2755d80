using System.Buffers.Binary;

namespace Demilune.Rules.Matching;

/// <summary>A number that has a name: the upper half of the buffer's eight bytes says which, the lower holds it.</summary>
internal sealed class SettingStep(int id, NumberRange range) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index) =>
        run.Bytes.Length == sizeof(long) && BinaryPrimitives.ReadInt32BigEndian(run.Bytes) == id && range.Contains(BinaryPrimitives.ReadUInt32BigEndian(run.Bytes[4..])) && run.Continue(index + 1);
}
