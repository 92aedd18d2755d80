namespace Demilune.Rules.Matching;

/// <summary>The whole buffer is one of several texts.</summary>
internal sealed class OneOfStep(byte[][] texts) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index)
    {
        foreach (var text in texts)
            if (run.IsComplete && run.Bytes.SequenceEqual(text)) return run.Continue(index + 1);
        return false;
    }
}
