using Demilune.Rules.Matching;
using Demilune.Rules.Regex;

namespace Demilune.Rules.Prefilters;

/// <summary>For signatures whose contents are too short to look for but that have an expression: all of these expressions at once, in a whole buffer.</summary>
internal sealed class RegexPrefilter(IRegexSet set, int[] signatures)
{
    /// <summary>Expressions of one set: beyond it the compiler's time and tables grow faster than what is saved. The others are tried one by one.</summary>
    public const int MaxExpressions = 512;

    public void Scan(ReadOnlySpan<byte> bytes, CandidateSet candidates)
    {
        Span<int> found = stackalloc int[signatures.Length];
        var count = set.Scan(bytes, found);
        if (count < 0)
        {
            AddAll(candidates);
            return;
        }
        foreach (var index in found[..count]) candidates.Add(signatures[index]);
    }

    /// <summary>Where only a piece of the buffer is seen: a match may lie across its edge.</summary>
    public void AddAll(CandidateSet candidates)
    {
        foreach (var signature in signatures) candidates.Add(signature);
    }
}
