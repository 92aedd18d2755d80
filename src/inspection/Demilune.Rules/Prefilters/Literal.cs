using Demilune.Rules.Matching;

namespace Demilune.Rules.Prefilters;

/// <summary>One literal that makes its signatures candidates.</summary>
/// <param name="Bytes">2 to <see cref="StreamTail.MaxPatternLength"/>; in lower case if <paramref name="NoCase"/>.</param>
internal sealed record Literal(byte[] Bytes, bool NoCase, int[] Signatures)
{
    /// <summary>Finding it again would tell nothing new.</summary>
    public bool IsSpentIn(CandidateSet candidates)
    {
        foreach (var signature in Signatures)
            if (!candidates.Contains(signature)) return false;
        return true;
    }

    public bool MatchesAt(ReadOnlySpan<byte> bytes, int start)
    {
        if (start < 0 || start + Bytes.Length > bytes.Length) return false;
        var there = bytes.Slice(start, Bytes.Length);
        return NoCase ? Matching.Bytes.EqualsLower(there, Bytes) : there.SequenceEqual(Bytes);
    }
}
