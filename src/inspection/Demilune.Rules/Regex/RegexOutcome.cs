namespace Demilune.Rules.Regex;

public enum RegexOutcome
{
    NoMatch,
    Match,

    /// <summary>Given up: the engine's limit on backtracking or memory was reached. Counted, so that it does not pass in silence.</summary>
    LimitReached,
}

/// <summary>A range of the subject.</summary>
public readonly record struct RegexRange(int Start, int End)
{
    public int Length => End - Start;
}
