namespace Demilune.Rules.Regex;

/// <summary>Compiles the expressions of <c>pcre</c>. The executable decides which engine; the rules do not know.</summary>
public interface IRegexEngine
{
    /// <returns>The expression, or null with <paramref name="error"/> saying what is wrong and, where known, at which offset.</returns>
    ICompiledRegex? TryCompile(string pattern, RegexFlags flags, out string? error);
}
