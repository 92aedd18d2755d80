using System.Text;
using CsCheck;
using Demilune.Firewall.Regex;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Rules.Matching;
using Demilune.Rules.Prefilters;

namespace Demilune.Rules.Tests.Prefilters;

/// <summary>Rules with nothing but an expression: looked for all at once where Hyperscan is there, tried one by one where not.</summary>
public class RegexPrefilterTests
{
    private static readonly string[] s_expressions =
    [
        "/^\\/a/", "/a.b/s", "/a.b/", "/(?i)x{2,3}y?$/", "/\\d+\\.\\d/", "/^$/", "/[^a-c]{3}/m", "/(a|b)*c\\1/", "/(?<!a)b/", "/a(?=b)/", "/b # blank\n c/x", "/A/i", "/a/A", "/b$/E",
    ];

    private static readonly RuleSet s_rules = Rules(RuleProbe.Options);

    public RegexPrefilterTests() => Assert.SkipWhen(HyperscanSetEngine.IfAvailable() is null, "libhs.so.5 is not installed (Debian: libhyperscan5).");

    [Fact]
    public void What_the_first_look_leaves_out_does_not_match() => Gen.OneOf("a", "b", "c", "/", "x", "y", "\n", "1", ".", "A", " ").Array[0, 12].Select(string.Concat).Sample(text =>
    {
        var candidates = Candidates(s_rules, text);
        var context = new MatchContext();
        foreach (var signature in s_rules.Signatures)
        {
            uint matched = 0;
            var buffers = new TextBuffers((BufferId.HttpUri, new[] { text }));
            if (signature.Matches(ref buffers, context, ref matched) && !candidates.Contains(signature.Index)) return false;
        }
        return true;
    }, iter: 2000);

    [Fact]
    public void It_leaves_most_out_where_nothing_is() => Assert.True(Candidates(s_rules, "/////").Count < s_expressions.Length / 2);

    [Fact]
    public void Without_the_library_all_are_tried()
    {
        var rules = Rules(RuleProbe.Options with { RegexSets = null });
        Assert.Equal(rules.Signatures.Count, Candidates(rules, "/////").Count);
    }

    [Fact]
    public void In_a_piece_of_a_longer_run_all_are_tried()
    {
        var context = new MatchContext();
        context.Prepare(s_rules);
        var tail = default(StreamTail);
        s_rules.Prefilter(BufferId.HttpUri, FlowDirections.ToServer, ref tail, "/////"u8, context);
        Assert.Equal(s_rules.Signatures.Count, context.Candidates.Count);
    }

    private static RuleSet Rules(RuleSetOptions options)
    {
        var text = string.Join('\n', s_expressions.Select((expression, index) =>
            $"alert http any any -> any any (http.uri; pcre:\"{expression.Replace("\n", "\\n", StringComparison.Ordinal)}\"; sid:{index + 1};)"));
        var compiled = RuleSet.Compile([new("expressions", text)], options);
        Assert.Empty(compiled.Errors);
        return compiled.Rules;
    }

    private static CandidateSet Candidates(RuleSet rules, string text)
    {
        var context = new MatchContext();
        context.Prepare(rules);
        rules.Prefilter(BufferId.HttpUri, FlowDirections.ToServer, Encoding.Latin1.GetBytes(text), context);
        return context.Candidates;
    }
}
