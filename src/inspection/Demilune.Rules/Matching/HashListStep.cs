using System.Buffers.Binary;

namespace Demilune.Rules.Matching;

/// <summary><c>filemd5</c> and its kind: the buffer is a hash that is in a list, or is not.</summary>
/// <param name="hashes">By <see cref="Key"/>: 128 bits of a hash tell files apart as surely as all of it.</param>
/// <param name="isNegated">It must not be in it.</param>
internal sealed class HashListStep(HashSet<UInt128> hashes, bool isNegated) : MatchStep
{
    public static UInt128 Key(ReadOnlySpan<byte> hash) => BinaryPrimitives.ReadUInt128BigEndian(hash);

    public override bool Holds(ref MatchRun run, int index) =>
        run.Bytes.Length >= 16 && hashes.Contains(Key(run.Bytes)) != isNegated && run.Continue(index + 1);
}
