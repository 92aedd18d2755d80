using Demilune.Linux.Native;

namespace Demilune.Linux.Tests.Native;

public class HyperscanSetTests
{
    private const HyperscanOptions None = HyperscanOptions.None;

    public HyperscanSetTests() => Assert.SkipUnless(HyperscanSet.IsAvailable, "libhs.so.5 is not installed (Debian: libhyperscan5).");

    [Fact]
    public void Each_expression_that_matches_is_reported_once()
    {
        using var set = HyperscanSet.TryCompile([("a+b", None), ("UNION", HyperscanOptions.Caseless), ("^x", None), ("q$", HyperscanOptions.MultiLine)], new bool[4])!;
        var found = new int[4];
        var count = set.Scan("aab aab union q\nz"u8, found);
        Assert.Equal([0, 1, 3], found[..count].Order());
        Assert.Equal(0, set.Scan([], found));
    }

    [Fact]
    public void What_it_cannot_look_for_is_said_and_the_rest_works()
    {
        var accepted = new bool[3];
        using var set = HyperscanSet.TryCompile([("ab", None), ("(?R)c", None), ("cd", None)], accepted)!;
        Assert.Equal([true, false, true], accepted);
        var found = new int[3];
        Assert.Equal(2, set.Scan("abcd"u8, found));
        Assert.Null(HyperscanSet.TryCompile([("(", None)], new bool[1]));
    }

    [Fact]
    public void Scanning_allocates_nothing_and_threads_do_not_meet()
    {
        using var set = HyperscanSet.TryCompile([("union\\s+select", HyperscanOptions.Caseless)], new bool[1])!;
        var subject = "id=1 UNION  SELECT 2"u8.ToArray();
        var found = new int[1];
        set.Scan(subject, found);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) set.Scan(subject, found);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Parallel.For(0, 4, _ =>
        {
            var mine = new int[1];
            for (var i = 0; i < 1000; i++) Assert.Equal(1, set.Scan(subject, mine));
        });
    }
}
