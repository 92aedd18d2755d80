namespace Demilune.Rules.Matching;

internal enum JumpFrom { Number, Beginning, End }

/// <summary><c>byte_jump</c></summary>
internal sealed class ByteJumpStep(NumberField field, JumpFrom from, long multiplier, bool align, long postOffset) : MatchStep
{
    /// <summary>No buffer is as long; keeps the sum below from overflowing whatever the wire says.</summary>
    private const ulong MaxJump = 1UL << 40;

    public override bool MovesPosition => true;

    public override bool Holds(ref MatchRun run, int index)
    {
        if (!field.TryRead(in run, out var value, out var end)) return false;
        if (value > MaxJump) return false;
        var jump = (long)value * multiplier;
        if (align) jump = (jump + 3) & ~3L;
        var start = from switch { JumpFrom.Beginning => -run.StreamOffset, JumpFrom.End => run.Bytes.Length, _ => end };
        var target = start + jump + postOffset;
        if (target < 0 || target > run.Bytes.Length) return false;
        run.Position = (int)target;
        return run.Continue(index + 1);
    }
}
