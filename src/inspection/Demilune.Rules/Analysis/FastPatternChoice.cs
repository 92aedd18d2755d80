using Demilune.Rules.Buffers;
using Demilune.Rules.Keywords;

namespace Demilune.Rules.Analysis;

/// <summary>Which content Suricata would take for its prefilter: the author's, else the longest of the buffers that it prefers. Ours is another (<see cref="PrefilterChoice"/>).</summary>
internal static class FastPatternChoice
{
    /// <summary>A content that must not be there is taken only if there is no other.</summary>
    public static (TestDraft Test, ContentDraft Content)? Of(IReadOnlyList<TestDraft> tests) => Of(tests, isNegated: false) ?? Of(tests, isNegated: true);

    private static (TestDraft Test, ContentDraft Content)? Of(IReadOnlyList<TestDraft> tests, bool isNegated)
    {
        (TestDraft, ContentDraft Content)? best = null;
        var bestRank = (Named: false, Preferred: int.MinValue, Length: 0, Strength: 0);
        foreach (var test in tests)
        {
            if (test.Buffer == BufferId.AppLayerEvent) continue;
            foreach (var content in test.Steps.OfType<ContentDraft>())
            {
                if (content.IsNegated != isNegated && !content.IsFastPattern) continue;
                var rank = (content.IsFastPattern, -Priority(test.Buffer), content.Chop?.Length ?? content.Pattern.Length, Strength(content.Pattern));
                if (best is not null && rank.CompareTo(bestRank) <= 0) continue;
                (best, bestRank) = ((test, content), rank);
            }
        }
        return best;
    }

    /// <summary>Smaller is looked at first.</summary>
    private static int Priority(BufferId buffer) => buffer switch
    {
        BufferId.Stream or BufferId.PacketPayload or BufferId.HttpMethod or BufferId.HttpStatMsg => 3,
        BufferId.HttpStatCode => 4,
        _ => 2,
    };

    /// <summary>A byte that is seen for the first time counts more than one seen before, and a rare one more than a letter.</summary>
    private static int Strength(ReadOnlySpan<byte> pattern)
    {
        Span<bool> seen = stackalloc bool[256];
        var sum = 0;
        foreach (var b in pattern)
        {
            sum += seen[b] ? 1 : char.IsAsciiLetter((char)b) ? 3 : b is >= 0x20 and < 0x7f or 0 or 1 or 0xff ? 4 : 6;
            seen[b] = true;
        }
        return sum;
    }
}
