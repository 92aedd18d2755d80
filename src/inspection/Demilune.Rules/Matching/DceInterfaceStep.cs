using System.Buffers.Binary;

namespace Demilune.Rules.Matching;

/// <summary><c>dcerpc.iface</c>: the buffer holds a UUID in network order and a version in two bytes.</summary>
internal sealed class DceInterfaceStep(Guid id, NumberRange? version) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index) =>
        run.Bytes.Length == 18 && new Guid(run.Bytes[..16], bigEndian: true) == id
        && (version is not { } range || range.Contains(BinaryPrimitives.ReadUInt16BigEndian(run.Bytes[16..]))) && run.Continue(index + 1);
}
