using CsCheck;
using Demilune.Rules.Matching;
using Demilune.Rules.Prefilters;

namespace Demilune.Rules.Tests.Prefilters;

public class PrefilterLaws
{
    // Few letters, so that random literals do occur, in part, overlapping and in both cases.
    private static readonly Gen<byte> s_letter = Gen.Int[0, 5].Select(i => "abA \0\u00E4"[i]).Select(letter => (byte)letter);
    private static readonly Gen<byte[]> s_bytes = s_letter.Array[0, 300];
    private static readonly Gen<(byte[] Bytes, bool NoCase)[]> s_literals = Gen.Select(s_letter.Array[2, 12], Gen.Bool).Array[1, 40];

    [Fact]
    public void It_finds_exactly_what_a_naive_search_finds() =>
        Gen.Select(s_literals, s_bytes).Sample((literals, bytes) => Naive(literals, bytes).SequenceEqual(Found(literals, [bytes])));

    [Fact]
    public void However_a_stream_is_cut_the_same_is_found() =>
        Gen.Select(s_literals, s_bytes, Gen.Int[1, 40]).Sample((literals, bytes, size) =>
            Naive(literals, bytes).SequenceEqual(Found(literals, [.. bytes.Chunk(size)])));

    [Fact]
    public void The_linear_automaton_finds_the_same() =>
        Gen.Select(s_literals, s_bytes).Sample((literals, bytes) =>
        {
            var candidates = new CandidateSet();
            candidates.Reset(literals.Length);
            new AhoCorasick(Make(literals)).Scan(bytes, candidates);
            candidates.Sort();
            return Naive(literals, bytes).SequenceEqual(candidates.Signatures.ToArray());
        });

    [Fact]
    public void Input_made_to_hit_the_bitmap_everywhere_still_costs_linear_time()
    {
        // 2,000 literals that all begin alike, and a megabyte of that beginning.
        var literals = Enumerable.Range(0, 2000).Select(i => (Bytes: System.Text.Encoding.ASCII.GetBytes($"aaaaaaaaaaaa{i:x4}"), NoCase: false)).ToArray();
        var bytes = new byte[1 << 20];
        Array.Fill(bytes, (byte)'a');
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Empty(Found(literals, [bytes]));
        // 2,000 comparisons at each place would be minutes; the bound only tells the two apart.
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed} for a megabyte");
    }

    [Fact]
    public void Scanning_allocates_nothing()
    {
        var prefilter = new LiteralPrefilter(Make([("attack"u8.ToArray(), true), ("ab"u8.ToArray(), false)]));
        var candidates = new CandidateSet();
        candidates.Reset(2);
        var bytes = System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("nothing to see, ATTACK and ab ", 1000)));
        prefilter.Scan(bytes, candidates);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            candidates.Clear();
            prefilter.Scan(bytes, candidates);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2, candidates.Count);
    }

    private static Literal[] Make((byte[] Bytes, bool NoCase)[] literals) =>
        [.. literals.Select((literal, index) => new Literal(literal.NoCase ? Bytes.Lower(literal.Bytes) : literal.Bytes, literal.NoCase, [index]))];

    private static int[] Naive((byte[] Bytes, bool NoCase)[] literals, byte[] bytes) =>
        [.. Enumerable.Range(0, literals.Length).Where(i => Enumerable.Range(0, bytes.Length + 1).Any(at => Make([literals[i]])[0].MatchesAt(bytes, at)))];

    private static int[] Found((byte[] Bytes, bool NoCase)[] literals, byte[][] chunks)
    {
        var context = new MatchContext();
        context.Candidates.Reset(literals.Length);
        var prefilter = new BufferPrefilter(new(Make(literals)), [], [], null);
        var tail = default(StreamTail);
        foreach (var chunk in chunks) prefilter.Scan(ref tail, chunk, context);
        context.Candidates.Sort();
        return context.Candidates.Signatures.ToArray();
    }
}
