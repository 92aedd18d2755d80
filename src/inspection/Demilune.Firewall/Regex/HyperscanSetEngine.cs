using Demilune.Linux.Native;
using Demilune.Rules.Regex;

namespace Demilune.Firewall.Regex;

/// <summary>Expressions of many rules at once by Hyperscan.</summary>
public sealed class HyperscanSetEngine : IRegexSetEngine
{
    private HyperscanSetEngine()
    {
    }

    /// <summary>Null where libhs.so.5 is not installed or the processor is too old for it: everything works without, at some microseconds per request.</summary>
    public static IRegexSetEngine? IfAvailable() => HyperscanSet.IsAvailable ? new HyperscanSetEngine() : null;

    public IRegexSet? TryCompile(IReadOnlyList<RegexExpression> expressions, Span<bool> accepted) =>
        HyperscanSet.TryCompile([.. expressions.Select(expression => (Text(expression), Options(expression.Flags)))], accepted) is { } set ? new Compiled(set) : null;

    public IRegexSet? TryCompile(IReadOnlyList<byte[]> literals) => HyperscanSet.TryCompile(literals) is { } set ? new Compiled(set) : null;

    /// <summary>A, E and G narrow what matches or choose among matches: without them Hyperscan finds at least as much.</summary>
    private static HyperscanOptions Options(RegexFlags flags) =>
        (flags.HasFlag(RegexFlags.IgnoreCase) ? HyperscanOptions.Caseless : 0)
        | (flags.HasFlag(RegexFlags.DotAll) ? HyperscanOptions.DotAll : 0)
        | (flags.HasFlag(RegexFlags.MultiLine) ? HyperscanOptions.MultiLine : 0);

    private static string Text(RegexExpression expression) => expression.Flags.HasFlag(RegexFlags.Extended) ? $"(?x){expression.Pattern}" : expression.Pattern;

    private sealed class Compiled(HyperscanSet set) : IRegexSet
    {
        public int Scan(ReadOnlySpan<byte> bytes, Span<int> found) => set.Scan(bytes, found);
    }
}
