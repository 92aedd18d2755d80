namespace Demilune.Rules.Matching;

/// <summary><c>bsize</c> and <c>urilen</c>: the length of the whole buffer.</summary>
internal sealed class SizeStep(NumberRange range) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index)
    {
        var size = run.StreamOffset + run.Bytes.Length;
        // Of a buffer that still grows only "more than" can be certain.
        return (run.IsComplete || range.Last == long.MaxValue) && range.Contains(size) && run.Continue(index + 1);
    }
}
