namespace Demilune.Rules.Regex;

/// <summary>An expression as a rule has it.</summary>
public readonly record struct RegexExpression(string Pattern, RegexFlags Flags);

/// <summary>Many expressions looked for at once: a first look that may report too many, never too few. Optional: without one, the rules concerned are tried one by one.</summary>
public interface IRegexSetEngine
{
    /// <param name="accepted">As many as expressions; false: this one cannot be looked for.</param>
    /// <returns>Null if none can.</returns>
    IRegexSet? TryCompile(IReadOnlyList<RegexExpression> expressions, Span<bool> accepted);

    /// <summary>The same for plain bytes, without regard to ASCII case.</summary>
    /// <returns>Null if it cannot.</returns>
    IRegexSet? TryCompile(IReadOnlyList<byte[]> literals);
}

/// <summary>Safe to use from several threads at once; scanning allocates nothing.</summary>
public interface IRegexSet
{
    /// <param name="found">Indexes of expressions, each once; room for all.</param>
    /// <returns>How many; -1: nothing is known, take all.</returns>
    int Scan(ReadOnlySpan<byte> bytes, Span<int> found);
}
