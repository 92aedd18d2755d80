using System.Text;
using CsCheck;
using Demilune.Firewall.Regex;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Rules.Matching;
using Demilune.Rules.Prefilters;

namespace Demilune.Rules.Tests.Prefilters;

public class QuickenedRules
{
    // Few letters, so that random literals do occur, in part, overlapping and in both cases; as text of a rule.
    private static readonly Gen<string> s_literal = Gen.Int[0, 5].Select(i => "abA \0\u00E4"[i]).Array[2, 12].Select(letters => new string(letters));
    private static readonly Gen<(string Text, bool NoCase)[]> s_literals = Gen.Select(s_literal, Gen.Bool).Array[1, 60];
    private static readonly Gen<string> s_text = Gen.Int[0, 5].Select(i => "abA \0\u00E4"[i]).Array[0, 600].Select(letters => new string(letters));

    [Fact]
    public void They_have_the_same_candidates_but_for_case()
    {
        Assert.SkipUnless(HyperscanSetEngine.IfAvailable() is not null, "libhs.so.5 is not installed");
        Gen.Select(s_literals, s_text, Gen.Int[100, 400]).Sample((literals, text, piece) =>
        {
            var (slow, quick) = (Compile(literals), Compile(literals));
            quick.Quicken(HyperscanSetEngine.IfAvailable()!, searched: 0);
            var anyCase = Compile([.. literals.Select(literal => (literal.Text, true))]);
            var bytes = Encoding.Latin1.GetBytes(text);
            foreach (var buffer in new[] { BufferId.HttpUri, BufferId.HttpRequestBody })
            {
                var (found, needed, most) = (Candidates(quick, buffer, bytes, piece), Candidates(slow, buffer, bytes, piece), Candidates(anyCase, buffer, bytes, piece));
                if (needed.Except(found).Any() || found.Except(most).Any()) return false;
            }
            return true;
        }, iter: 60);
    }

    [Fact]
    public void A_search_is_quickened_once_it_has_seen_enough()
    {
        var engine = HyperscanSetEngine.IfAvailable();
        Assert.SkipUnless(engine is not null, "libhs.so.5 is not installed");
        var search = new LiteralPrefilter([new("ab"u8.ToArray(), NoCase: false, [0])]);
        var candidates = new CandidateSet();
        candidates.Reset(1);
        search.Scan(new byte[1000], candidates);
        Assert.Equal(1000, search.Searched);
        Assert.True(search.Quicken(engine));
        Assert.False(search.Quicken(engine));
        search.Scan(new byte[1000], candidates);
        Assert.Equal(1000, search.Searched);
        search.Scan([.. new byte[500], .. "ab"u8], candidates);
        Assert.True(candidates.Contains(0));
    }

    [Fact]
    public void Searching_allocates_nothing()
    {
        var engine = HyperscanSetEngine.IfAvailable();
        Assert.SkipUnless(engine is not null, "libhs.so.5 is not installed");
        var rules = Compile([("attack", true), ("ab", false)]);
        rules.Quicken(engine, searched: 0);
        var context = new MatchContext();
        context.Prepare(rules);
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("nothing to see, ATTACK and ab ", 1000)));
        rules.Prefilter(BufferId.HttpUri, FlowDirections.ToServer, bytes, context);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            context.Candidates.Clear();
            rules.Prefilter(BufferId.HttpUri, FlowDirections.ToServer, bytes, context);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2, context.Candidates.Count);
    }

    private static RuleSet Compile((string Text, bool NoCase)[] literals)
    {
        var rules = new StringBuilder();
        for (var i = 0; i < literals.Length; i++)
        {
            var hex = string.Join(' ', Encoding.Latin1.GetBytes(literals[i].Text).Select(value => value.ToString("x2")));
            var content = $"content:\"|{hex}|\"; {(literals[i].NoCase ? "nocase; " : "")}";
            rules.AppendLine($"alert http any any -> any any (http.uri; {content}sid:{2 * i + 1};)").AppendLine($"alert http any any -> any any (http.request_body; {content}sid:{2 * i + 2};)");
        }
        var compiled = RuleSet.Compile([new("test.rules", rules.ToString())], RuleProbe.Options);
        Assert.Empty(compiled.Errors);
        return compiled.Rules;
    }

    /// <summary>By sid. A body comes in pieces.</summary>
    private static HashSet<uint> Candidates(RuleSet rules, BufferId buffer, byte[] bytes, int piece)
    {
        var context = new MatchContext();
        context.Prepare(rules);
        if (buffer == BufferId.HttpUri)
        {
            rules.Prefilter(buffer, FlowDirections.ToServer, bytes, context);
        }
        else
        {
            StreamTail tail = default;
            foreach (var part in bytes.Chunk(piece)) rules.Prefilter(buffer, FlowDirections.ToServer, ref tail, part, context);
        }
        return [.. context.Candidates.Signatures.ToArray().Select(index => rules[index].Sid)];
    }
}
