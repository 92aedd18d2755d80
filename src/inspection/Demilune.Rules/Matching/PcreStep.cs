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
        // A relative expression sees nothing of what lies before: ^ is where the last match ended.
        var origin = IsRelative ? Math.Min(run.Position, run.Bytes.Length) : 0;
        var subject = run.Bytes[origin..];
        var start = 0;
        var mark = run.Context.EvidenceMark;
        while (start <= subject.Length)
        {
            if (!run.Context.Spend(StepsPerSearch + (subject.Length - start) / BytesPerStep)) return false;
            var outcome = regex.Match(subject, start, out var range);
            if (outcome == RegexOutcome.LimitReached)
            {
                run.Context.LimitsReached++;
                return false;
            }
            if (isNegated) return outcome == RegexOutcome.NoMatch && run.Continue(index + 1);
            if (outcome == RegexOutcome.NoMatch) return false;
            run.Found(origin + range.Start, range.Length);
            run.Position = origin + range.End;
            if (run.Continue(index + 1)) return true;
            run.Context.RewindEvidence(mark);
            if (!RetryHelps) return false;
            start = range.Start + 1;
        }
        return false;
    }
}
