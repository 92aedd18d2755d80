using System.Text;
using Demilune.Rules.Regex;

namespace Demilune.Inspection.Access;

/// <summary>A text: exactly this, beginning with this, or matched as a whole by an expression. Case matters.</summary>
public sealed class TextPattern
{
    private readonly byte[]? _exact;
    private readonly byte[]? _prefix;
    private readonly ICompiledRegex? _regex;

    private TextPattern(byte[]? exact, byte[]? prefix, ICompiledRegex? regex) => (_exact, _prefix, _regex) = (exact, prefix, regex);

    public static TextPattern Exact(string text) => new(Encoding.UTF8.GetBytes(text), null, null);

    /// <summary>Of a path: <c>/a</c> begins <c>/a</c> and <c>/a/b</c>, not <c>/ab</c>.</summary>
    public static TextPattern PathPrefix(string text) => new(null, Encoding.UTF8.GetBytes(text), null);

    /// <returns>Null: it is no expression; <paramref name="error"/> says why.</returns>
    public static TextPattern? TryRegex(string pattern, IRegexEngine engine, out string? error) =>
        engine.TryCompile($@"\A(?:{pattern})\z", RegexFlags.None, out error) is { } regex ? new(null, null, regex) : null;

    public bool Matches(ReadOnlySpan<byte> text)
    {
        if (_exact is not null) return text.SequenceEqual(_exact);
        if (_prefix is not null)
            return text.StartsWith(_prefix) && (text.Length == _prefix.Length || _prefix is [.., (byte)'/'] || text[_prefix.Length] == '/');
        return _regex!.Match(text, 0, out _) == RegexOutcome.Match;
    }

    internal static bool Any(ReadOnlySpan<TextPattern> patterns, ReadOnlySpan<byte> text)
    {
        foreach (var pattern in patterns)
            if (pattern.Matches(text)) return true;
        return patterns.IsEmpty;
    }
}
