using Demilune.Rules.Regex;

namespace Demilune.Rules.Transforms;

/// <summary><c>pcrexform</c>: the first capture group of an expression, or the buffer unchanged where it does not match.</summary>
internal sealed record PcreTransform(string Pattern) : Transform
{
    public required ICompiledRegex Regex { get; init; }
    public override string Name => "pcrexform";

    public override int Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        Span<RegexRange> group = stackalloc RegexRange[1];
        var part = Regex.Match(input, 0, out _, group) == RegexOutcome.Match ? input[group[0].Start..group[0].End] : input;
        part.CopyTo(output);
        return part.Length;
    }

    public bool Equals(PcreTransform? other) => other is not null && other.Pattern == Pattern;
    public override int GetHashCode() => Pattern.GetHashCode(StringComparison.Ordinal);
}
