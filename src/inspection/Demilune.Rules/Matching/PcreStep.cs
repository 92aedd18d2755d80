using Demilune.Rules.Regex;
using Demilune.Rules.State;

namespace Demilune.Rules.Matching;

/// <summary><c>pcre</c>.</summary>
internal sealed class PcreStep(ICompiledRegex regex, bool isNegated, (VariableScope Scope, int Name)[] captures) : MatchStep
{
    /// <summary>An expression is dearer than a literal: a search of it costs this many steps, and more for many bytes.</summary>
    private const int StepsPerSearch = 16;
    private const int BytesPerStep = 128;

    /// <summary>As in Suricata.</summary>
    public const int MaxCaptures = 8;

    public bool Captures => captures.Length > 0;

    public override bool MovesPosition => !isNegated;

    public override bool Holds(ref MatchRun run, int index)
    {
        // A relative expression sees nothing of what lies before: ^ is where the last match ended.
        var origin = IsRelative ? Math.Min(run.Position, run.Bytes.Length) : 0;
        var subject = run.Bytes[origin..];
        var start = 0;
        var mark = run.Context.EvidenceMark;
        var captured = run.Context.CaptureMark;
        Span<RegexRange> groups = stackalloc RegexRange[MaxCaptures];
        groups = groups[..captures.Length];
        while (start <= subject.Length)
        {
            if (!run.Context.Spend(StepsPerSearch + (subject.Length - start) / BytesPerStep)) return false;
            var outcome = captures.Length == 0 ? regex.Match(subject, start, out var range) : regex.Match(subject, start, out range, groups);
            if (outcome == RegexOutcome.LimitReached)
            {
                run.Context.LimitsReached++;
                return false;
            }
            if (isNegated) return outcome == RegexOutcome.NoMatch && run.Continue(index + 1);
            if (outcome == RegexOutcome.NoMatch) return false;
            run.Found(origin + range.Start, range.Length);
            for (var i = 0; i < captures.Length; i++)
                if (groups[i].Length > 0) run.Context.Captured(captures[i].Scope, captures[i].Name, subject[groups[i].Start..groups[i].End]);
            run.Position = origin + range.End;
            if (run.Continue(index + 1)) return true;
            run.Context.RewindEvidence(mark);
            run.Context.RewindCaptures(captured);
            if (!RetryHelps) return false;
            start = range.Start + 1;
        }
        return false;
    }
}
