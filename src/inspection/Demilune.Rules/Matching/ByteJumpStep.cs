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
        if (!TryValue(in run, out var value, out var end)) return false;
        if (value > MaxJump) return false;
        var jump = (long)value * multiplier;
        if (align) jump = (jump + 3) & ~3L;
        var start = from switch { JumpFrom.Beginning => -run.StreamOffset, JumpFrom.End => run.Bytes.Length, _ => end };
        var target = start + jump + postOffset;
        if (target > run.Bytes.Length) return false;
        // Before the start is the start, as in Suricata.
        target = Math.Max(target, 0);
        run.Position = (int)target;
        return run.Continue(index + 1);
    }

    /// <summary>A number of no bytes is 0: the jump is to a place, whatever stands there.</summary>
    private bool TryValue(ref readonly MatchRun run, out ulong value, out int end)
    {
        if (!field.IsEmpty(run.Context)) return field.TryRead(in run, out value, out end);
        value = 0;
        var start = (field.IsRelative ? run.Position : -run.StreamOffset) + field.Offset.Clamped(run.Context);
        end = (int)Math.Clamp(start, 0, run.Bytes.Length);
        return start >= 0 && start <= run.Bytes.Length;
    }
}
