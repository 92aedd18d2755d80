namespace Demilune.Rules.Matching;

/// <summary><c>content</c> with its modifiers.</summary>
internal sealed class ContentStep : MatchStep
{
    private const int BytesPerStep = 256;

    private readonly int _anchor;

    public ContentStep(byte[] pattern, bool noCase)
    {
        Pattern = noCase ? Bytes.Lower(pattern) : pattern;
        NoCase = noCase;
        for (var i = 0; i < pattern.Length; i++)
            if (Bytes.Commonness(Pattern[i]) < Bytes.Commonness(Pattern[_anchor])) _anchor = i;
    }

    public byte[] Pattern { get; }
    public bool NoCase { get; }
    public bool IsNegated { get; init; }
    public bool EndsWith { get; init; }

    /// <summary>From the start of the buffer, or null.</summary>
    public Operand? Offset { get; init; }

    /// <summary>The match ends within so many bytes of <see cref="Offset"/>.</summary>
    public Operand? Depth { get; init; }

    /// <summary>From the end of the previous match.</summary>
    public Operand? Distance { get; init; }

    /// <summary>The match ends within so many bytes of the previous match's end plus <see cref="Distance"/>.</summary>
    public Operand? Within { get; init; }

    public override bool MovesPosition => !IsNegated;

    public override bool Holds(ref MatchRun run, int index)
    {
        var (from, to) = Window(ref run);
        if (IsNegated)
        {
            var position = run.Position;
            if (Find(ref run, from, to) >= 0 || run.Context.StepsLeft < 0) return false;
            run.Position = position;
            return run.Continue(index + 1);
        }
        var mark = run.Context.EvidenceMark;
        while (true)
        {
            var found = Find(ref run, from, to);
            if (found < 0) return false;
            run.Found(found, Pattern.Length);
            run.Position = found + Pattern.Length;
            if (run.Continue(index + 1)) return true;
            run.Context.RewindEvidence(mark);
            if (!RetryHelps) return false;
            from = found + 1;
        }
    }

    /// <summary>The part of the buffer in which the whole pattern has to lie; empty when <c>to</c> is not above <c>from</c>.</summary>
    private (int From, int To) Window(ref readonly MatchRun run)
    {
        long from, to = run.Bytes.Length;
        if (IsRelative)
        {
            var distance = Distance?.Clamped(run.Context) ?? 0;
            from = (long)run.Position + distance;
            if (Within is { } within) to = Math.Min(to, (long)run.Position + distance + within.Clamped(run.Context));
            if (Offset is { } offset) from = Math.Max(from, offset.Clamped(run.Context) - run.StreamOffset);
            if (Depth is { } depth) to = Math.Min(to, (Offset?.Clamped(run.Context) ?? 0) + (long)depth.Clamped(run.Context) - run.StreamOffset);
        }
        else
        {
            var offset = (long)(Offset?.Clamped(run.Context) ?? 0);
            from = offset - run.StreamOffset;
            if (Depth is { } depth) to = Math.Min(to, offset + depth.Clamped(run.Context) - run.StreamOffset);
        }
        from = Math.Max(from, 0);
        return ((int)Math.Min(from, run.Bytes.Length), (int)Math.Max(to, 0));
    }

    private int Find(ref MatchRun run, int from, int to)
    {
        if (EndsWith)
        {
            // Only the last bytes of a buffer that has an end will do.
            if (!run.IsComplete || to < run.Bytes.Length) return -1;
            from = Math.Max(from, run.Bytes.Length - Pattern.Length);
        }
        if (to - from < Pattern.Length) return -1;
        if (!run.Context.Spend(1)) return -1;
        var window = run.Bytes[from..to];
        var found = NoCase ? Bytes.IndexOfLower(window, Pattern, _anchor) : window.IndexOf(Pattern);
        var searched = found < 0 ? window.Length : found;
        if (searched >= BytesPerStep && !run.Context.Spend(searched / BytesPerStep)) return -1;
        return found < 0 ? -1 : from + found;
    }
}
