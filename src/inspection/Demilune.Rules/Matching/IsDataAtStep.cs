namespace Demilune.Rules.Matching;

/// <summary><c>isdataat</c>: is there a byte at this place? Relative: are there at least so many after the last match?</summary>
internal sealed class IsDataAtStep(Operand at, bool isNegated) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index)
    {
        var count = at.Clamped(run.Context);
        var isThere = IsRelative ? (long)run.Position + count <= run.Bytes.Length : count < run.StreamOffset + run.Bytes.Length;
        // More may come in a later window: absence is certain only at the end.
        if (!isThere && isNegated && !run.IsComplete) return false;
        return isThere != isNegated && run.Continue(index + 1);
    }
}
