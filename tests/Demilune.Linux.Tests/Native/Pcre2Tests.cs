using Demilune.Linux.Native;

namespace Demilune.Linux.Tests.Native;

public class Pcre2Tests
{
    public Pcre2Tests() => Assert.SkipUnless(Pcre2Pattern.IsAvailable, "libpcre2-8 is not installed (Debian: libpcre2-8-0).");

    [Fact]
    public void The_version_is_what_the_library_says() => Assert.Matches(@"^10\.\d+ ", Pcre2Pattern.Version);

    [Fact]
    public void A_match_says_where_and_what_the_groups_took()
    {
        using var pattern = Pcre2Pattern.TryCompile("b(c+)(d)?"u8, Pcre2Options.None, out _, out _)!;
        var groups = new Range[2];
        Assert.Equal(Pcre2Outcome.Match, pattern.Match("abccx"u8, 0, out var whole, groups));
        Assert.Equal([1..4, 2..4, 0..0], [whole, .. groups]);
        Assert.Equal(Pcre2Outcome.NoMatch, pattern.Match("abccx"u8, 2, out _, groups));
        Assert.Equal(Pcre2Outcome.NoMatch, pattern.Match([], 0, out _, groups));
    }

    [Fact]
    public void A_wrong_expression_is_told_with_its_place()
    {
        Assert.Null(Pcre2Pattern.TryCompile("ab(c"u8, Pcre2Options.None, out var error, out var offset));
        Assert.Equal("missing closing parenthesis", error);
        Assert.Equal(4, offset);
    }

    [Fact]
    public void An_expression_made_to_backtrack_ends_at_a_limit()
    {
        using var pattern = Pcre2Pattern.TryCompile("^(a|aa|aaa|a*)*(b|c)x$"u8, Pcre2Options.None, out _, out _)!;
        Assert.Equal(Pcre2Outcome.LimitReached, pattern.Match(System.Text.Encoding.ASCII.GetBytes(new string('a', 5000) + "dx"), 0, out _, []));
    }

    [Fact]
    public void Matching_allocates_nothing_and_threads_do_not_meet()
    {
        using var pattern = Pcre2Pattern.TryCompile("(?i)union\\s+select"u8, Pcre2Options.None, out _, out _)!;
        var subject = "id=1 UNION  SELECT 2"u8.ToArray();
        pattern.Match(subject, 0, out _, []);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) pattern.Match(subject, 0, out _, []);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 1000; i++) Assert.Equal(Pcre2Outcome.Match, pattern.Match(subject, 0, out var _, []));
        });
    }
}
