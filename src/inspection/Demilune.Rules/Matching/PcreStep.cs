using Demilune.Rules.Regex;

namespace Demilune.Rules.Matching;

/// <summary><c>pcre</c>.</summary>
internal sealed class PcreStep(ICompiledRegex regex, bool isNegated) : MatchStep
{
    /// <summary>An expression is dearer than a literal: a search of it costs this many steps, and more for many bytes.</summary>
    private const int StepsPerSearch = 16;
    private const int BytesPerStep = 128;

    public override bool MovesPosition => !isNegated;

    public override bool Holds(ref MatchRun run, int index)
    {
        var start = IsRelative ? run.Position : 0;
        var mark = run.Context.EvidenceMark;
        while (start <= run.Bytes.Length)
        {
            if (!run.Context.Spend(StepsPerSearch + (run.Bytes.Length - start) / BytesPerStep)) return false;
            var outcome = regex.Match(run.Bytes, start, out var range);
            if (outcome == RegexOutcome.LimitReached)
            {
                run.Context.LimitsReached++;
                return false;
            }
            if (isNegated) return outcome == RegexOutcome.NoMatch && run.Continue(index + 1);
            if (outcome == RegexOutcome.NoMatch) return false;
            run.Found(range.Start, range.Length);
            run.Position = range.End;
            if (run.Continue(index + 1)) return true;
            run.Context.RewindEvidence(mark);
            if (!RetryHelps) return false;
            start = range.Start + 1;
        }
        return false;
    }
}
