using System.Text.RegularExpressions;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Prefilters;
using Demilune.Rules.Regex;

namespace Demilune.Rules.Keywords;

/// <summary>What makes a signature a candidate: one literal in one of its buffers, or merely that the buffer is there.</summary>
/// <param name="Test">Index among the signature's tests; -1: it has none.</param>
/// <param name="Literal">Null: no content of the rule can serve.</param>
/// <param name="Expression">Without a literal: what has to match in the whole buffer, if there is such an expression.</param>
internal readonly partial record struct PrefilterChoice(int Test, byte[]? Literal, bool NoCase, RegexExpression? Expression = null)
{
    private const int ShortestLiteral = 2;

    /// <summary>The content that the rule's author chose, else the one that is rarest in ordinary traffic.</summary>
    public static PrefilterChoice Of(List<TestDraft> tests)
    {
        var best = new PrefilterChoice(tests.Count == 0 ? -1 : Fallback(tests), null, false);
        var bestScore = 0;
        for (var i = 0; i < tests.Count; i++)
        {
            foreach (var content in tests[i].Steps.OfType<ContentDraft>())
            {
                if (content.IsNegated) continue;
                ReadOnlySpan<byte> bytes = content.Chop is { } chop ? content.Pattern.AsSpan(chop.Offset, chop.Length) : content.Pattern;
                if (bytes.Length < ShortestLiteral) continue;
                bytes = RarestPart(bytes, tests[i].Transforms.Length > 0 ? StreamTail.MaxTransformedPatternLength : StreamTail.MaxPatternLength);
                var score = content.IsFastPattern ? int.MaxValue : Rarity(bytes) * Weight(tests[i].Buffer);
                if (score <= bestScore) continue;
                bestScore = score;
                best = new(i, content.NoCase ? Bytes.Lower(bytes) : bytes.ToArray(), content.NoCase);
            }
        }
        return best.Literal is null && OfExpression(tests) is { } expression ? expression : best;
    }

    /// <summary>Only in whole buffers: of a stream or body that comes in pieces nothing can be said by looking at one.</summary>
    private static PrefilterChoice? OfExpression(List<TestDraft> tests)
    {
        for (var i = 0; i < tests.Count; i++)
        {
            if (tests[i].Transforms.Length > 0 || tests[i].Buffer is BufferId.Stream or BufferId.PacketPayload or BufferId.FileData or BufferId.HttpRequestBody or BufferId.HttpResponseBody) continue;
            if (tests[i].Steps.OfType<PcreDraft>().FirstOrDefault(draft => draft.Expression is { } expression && !LongRepeat().IsMatch(expression.Pattern)) is { } found) return new(i, null, false, found.Expression);
        }
        return null;
    }

    /// <summary>A repetition counted to ten or more: a table for all expressions at once grows by it so that building takes seconds, while trying one takes a microsecond.</summary>
    [GeneratedRegex(@"\{\d*,?\d{2,}\}", RegexOptions.CultureInvariant)]
    private static partial System.Text.RegularExpressions.Regex LongRepeat();

    /// <summary>Without a literal: the buffer that occurs most seldom, so never payload if there is another.</summary>
    private static int Fallback(List<TestDraft> tests) => Math.Max(0, tests.FindIndex(test => test.Buffer is not (BufferId.Stream or BufferId.PacketPayload)));

    /// <summary>A literal in a small, specific buffer costs less to look for than one in payload; methods and status codes tell little.</summary>
    private static int Weight(BufferId buffer) => buffer switch
    {
        BufferId.Stream or BufferId.PacketPayload => 4,
        BufferId.HttpMethod or BufferId.HttpStatCode or BufferId.HttpStatMsg or BufferId.HttpProtocol => 1,
        BufferId.HttpHeaderNames or BufferId.HttpAccept or BufferId.HttpAcceptEnc or BufferId.HttpConnection => 3,
        BufferId.FileData or BufferId.HttpResponseBody => 5,
        _ => 6,
    };

    private static int Rarity(ReadOnlySpan<byte> bytes)
    {
        var sum = 0;
        foreach (var value in bytes) sum += 270 - Bytes.Commonness(value);
        return sum;
    }

    private static ReadOnlySpan<byte> RarestPart(ReadOnlySpan<byte> bytes, int length)
    {
        if (bytes.Length <= length) return bytes;
        var (best, bestRarity) = (0, -1);
        for (var start = 0; start + length <= bytes.Length; start++)
        {
            var rarity = Rarity(bytes.Slice(start, length));
            if (rarity > bestRarity) (best, bestRarity) = (start, rarity);
        }
        return bytes.Slice(best, length);
    }
}
