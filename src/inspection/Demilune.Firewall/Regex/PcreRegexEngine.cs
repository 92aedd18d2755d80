using System.Text;
using Demilune.Linux.Native;
using Demilune.Rules.Regex;

namespace Demilune.Firewall.Regex;

/// <summary>The rules' expressions by PCRE2, which is what Suricata's rules are written for.</summary>
public sealed class PcreRegexEngine : IRegexEngine
{
    private PcreRegexEngine()
    {
    }

    /// <summary>PCRE2 where libpcre2-8 is installed, otherwise .NET's engine, which refuses some expressions and is slower.</summary>
    public static IRegexEngine BestAvailable() => Pcre2Pattern.IsAvailable ? new PcreRegexEngine() : new ManagedRegexEngine();

    public ICompiledRegex? TryCompile(string pattern, RegexFlags flags, out string? error)
    {
        var options = Pcre2Options.None;
        if (flags.HasFlag(RegexFlags.IgnoreCase)) options |= Pcre2Options.Caseless;
        if (flags.HasFlag(RegexFlags.MultiLine)) options |= Pcre2Options.MultiLine;
        if (flags.HasFlag(RegexFlags.DotAll)) options |= Pcre2Options.DotAll;
        if (flags.HasFlag(RegexFlags.Extended)) options |= Pcre2Options.Extended;
        if (flags.HasFlag(RegexFlags.Anchored)) options |= Pcre2Options.Anchored;
        if (flags.HasFlag(RegexFlags.DollarEndOnly)) options |= Pcre2Options.DollarEndOnly;
        if (flags.HasFlag(RegexFlags.Ungreedy)) options |= Pcre2Options.Ungreedy;
        var compiled = Pcre2Pattern.TryCompile(Encoding.UTF8.GetBytes(pattern), options, out error, out var offset);
        if (compiled is not null) return new Compiled(compiled);
        error = $"{error} (at offset {offset} of the expression)";
        return null;
    }

    private sealed class Compiled(Pcre2Pattern pattern) : ICompiledRegex
    {
        public RegexOutcome Match(ReadOnlySpan<byte> subject, int start, out RegexRange whole) => Match(subject, start, out whole, default);

        public RegexOutcome Match(ReadOnlySpan<byte> subject, int start, out RegexRange whole, Span<RegexRange> groups)
        {
            Span<Range> found = stackalloc Range[Pcre2Pattern.MaxGroups];
            found = found[..Math.Min(groups.Length, found.Length)];
            var outcome = pattern.Match(subject, start, out var range, found);
            whole = new(range.Start.Value, range.End.Value);
            groups.Clear();
            for (var i = 0; i < found.Length; i++) groups[i] = new(found[i].Start.Value, found[i].End.Value);
            return outcome switch
            {
                Pcre2Outcome.Match => RegexOutcome.Match,
                Pcre2Outcome.NoMatch => RegexOutcome.NoMatch,
                _ => RegexOutcome.LimitReached,
            };
        }
    }
}
