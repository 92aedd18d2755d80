using System.Text;
using System.Text.RegularExpressions;

namespace Demilune.Rules.Regex;

/// <summary>Expressions without PCRE: .NET's own, over bytes widened to characters. What would mean something else there is refused.</summary>
/// <remarks>
/// Linear-time matching where the expression allows it (no look-around, no back-reference); otherwise .NET's backtracking engine with a
/// deadline. Slower than PCRE's JIT by far: good for tools and tests, and for a firewall that was built without libpcre2.
/// </remarks>
public sealed class ManagedRegexEngine : IRegexEngine
{
    /// <summary>For one search with an expression that can backtrack; PCRE's match limit has the same purpose.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromMilliseconds(20);

    /// <summary>Spellings that .NET accepts with another meaning, or not at all.</summary>
    private static readonly (string Text, string Name)[] s_foreign =
    [
        ("[[:", "POSIX classes"), ("(?R)", "recursion"), ("(?1)", "recursion"), ("(?|", "branch reset groups"), ("\\K", "\\K"), ("\\R", "\\R"),
        ("\\h", "\\h"), ("\\H", "\\H"), ("\\Q", "\\Q"), ("\\C", "\\C"), ("\\X", "\\X"), ("(*", "verbs"), ("++", "possessive quantifiers"),
        ("*+", "possessive quantifiers"), ("?+", "possessive quantifiers"), ("}+", "possessive quantifiers"),
    ];

    public ICompiledRegex? TryCompile(string pattern, RegexFlags flags, out string? error)
    {
        error = null;
        foreach (var (text, name) in s_foreign)
        {
            if (!IsUnescaped(pattern, text)) continue;
            error = $"{name} need libpcre2, which this process does not have";
            return null;
        }
        // The rule's bytes, one character each.
        var latin = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(pattern));
        if (flags.HasFlag(RegexFlags.DollarEndOnly)) latin = latin.EndsWith('$') && !latin.EndsWith("\\$", StringComparison.Ordinal) ? latin[..^1] + "\\z" : latin;
        if (flags.HasFlag(RegexFlags.Anchored)) latin = $"\\G(?:{latin})";
        if (flags.HasFlag(RegexFlags.Ungreedy))
        {
            error = "the flag G needs libpcre2, which this process does not have";
            return null;
        }
        var options = RegexOptions.CultureInvariant
            | (flags.HasFlag(RegexFlags.IgnoreCase) ? RegexOptions.IgnoreCase : 0)
            | (flags.HasFlag(RegexFlags.MultiLine) ? RegexOptions.Multiline : 0)
            | (flags.HasFlag(RegexFlags.DotAll) ? RegexOptions.Singleline : 0)
            | (flags.HasFlag(RegexFlags.Extended) ? RegexOptions.IgnorePatternWhitespace : 0);
        try
        {
            try
            {
                return new Compiled(new(latin, options | RegexOptions.NonBacktracking));
            }
            catch (NotSupportedException)
            {
                return new Compiled(new(latin, options, s_deadline));
            }
        }
        catch (ArgumentException invalid)
        {
            error = invalid.Message;
            return null;
        }
    }

    private static bool IsUnescaped(string pattern, string text)
    {
        for (var at = pattern.IndexOf(text, StringComparison.Ordinal); at >= 0; at = pattern.IndexOf(text, at + 1, StringComparison.Ordinal))
        {
            var slashes = 0;
            while (at - slashes > 0 && pattern[at - slashes - 1] == '\\') slashes++;
            if (slashes % 2 == 0) return true;
        }
        return false;
    }

    private sealed class Compiled(System.Text.RegularExpressions.Regex regex) : ICompiledRegex
    {
        [ThreadStatic]
        private static char[]? s_wide;

        public RegexOutcome Match(ReadOnlySpan<byte> subject, int start, out RegexRange whole)
        {
            whole = default;
            var wide = Widen(subject);
            try
            {
                foreach (var match in regex.EnumerateMatches(wide, start))
                {
                    whole = new(match.Index, match.Index + match.Length);
                    return RegexOutcome.Match;
                }
                return RegexOutcome.NoMatch;
            }
            catch (RegexMatchTimeoutException)
            {
                return RegexOutcome.LimitReached;
            }
        }

        // .NET gives groups only with an object per match.
        public RegexOutcome Match(ReadOnlySpan<byte> subject, int start, out RegexRange whole, Span<RegexRange> groups)
        {
            whole = default;
            groups.Clear();
            try
            {
                var match = regex.Match(Encoding.Latin1.GetString(subject), start);
                if (!match.Success) return RegexOutcome.NoMatch;
                whole = new(match.Index, match.Index + match.Length);
                for (var i = 0; i < groups.Length; i++)
                    if (match.Groups[i + 1] is { Success: true } group) groups[i] = new(group.Index, group.Index + group.Length);
                return RegexOutcome.Match;
            }
            catch (RegexMatchTimeoutException)
            {
                return RegexOutcome.LimitReached;
            }
        }

        private static ReadOnlySpan<char> Widen(ReadOnlySpan<byte> subject)
        {
            if (s_wide is null || s_wide.Length < subject.Length) s_wide = new char[Math.Max(4096, subject.Length)];
            return s_wide.AsSpan(0, Encoding.Latin1.GetChars(subject, s_wide));
        }
    }
}
