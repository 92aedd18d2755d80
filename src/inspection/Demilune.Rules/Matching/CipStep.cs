using System.Buffers.Binary;

namespace Demilune.Rules.Matching;

/// <summary>A CIP service: the buffer holds its code, class and attribute in one number of eight bytes.</summary>
/// <param name="service">Its code.</param>
/// <param name="ofClass">Null: any.</param>
/// <param name="attribute">Null: any.</param>
internal sealed class CipStep(byte service, ushort? ofClass, ushort? attribute) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index)
    {
        if (run.Bytes.Length != sizeof(long)) return false;
        var asked = BinaryPrimitives.ReadInt64BigEndian(run.Bytes);
        return asked >> 32 == service && (ofClass is null || (ushort)(asked >> 16) == ofClass) && (attribute is null || (ushort)asked == attribute) && run.Continue(index + 1);
    }
}
