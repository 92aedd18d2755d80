namespace Demilune.Rules.Regex;

/// <summary>A compiled expression. Safe to use from several threads at once; matching allocates nothing.</summary>
public interface ICompiledRegex
{
    /// <summary>Finds the first match at or after <paramref name="start"/>. Look-behind and anchors see the whole subject.</summary>
    RegexOutcome Match(ReadOnlySpan<byte> subject, int start, out RegexRange whole);

    /// <summary>As above, and the first capture groups, as many as there is room for. An unset group is empty at 0.</summary>
    RegexOutcome Match(ReadOnlySpan<byte> subject, int start, out RegexRange whole, Span<RegexRange> groups);
}
