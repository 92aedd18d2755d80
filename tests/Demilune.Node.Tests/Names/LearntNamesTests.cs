using System.Net;
using Demilune.Node.Names;
using Demilune.Node.Splice.Compile;

namespace Demilune.Node.Tests.Names;

public sealed class LearntNamesTests
{
    private const ulong Second = 1_000_000_000;

    [Theory]
    [InlineData(0, 30)]
    [InlineData(300, 300)]
    [InlineData(2_000_000, 86_400)]
    public void An_address_is_held_as_long_as_its_answer_says_within_bounds(uint ttl, uint seconds)
    {
        LearntNames names = new();
        names.Add("p", Answer("a.test", ttl, "192.0.2.1"), 5 * Second);
        Assert.Equal((5 + seconds) * Second, names.All.Single().Expires);
        // A later answer with less to say takes nothing back.
        names.Add("p", Answer("a.test", 0, "192.0.2.1"), 5 * Second);
        Assert.Equal((5 + seconds) * Second, names.All.Single().Expires);
    }

    [Fact]
    public void A_pod_knows_so_many_addresses_and_no_other_pods_suffer_from_it()
    {
        LearntNames names = new();
        for (var i = 0; i < LearntNames.MaxAddressesPerPod; i++) Assert.Single(names.Add("p", Answer($"{i}.test", 60, $"10.0.{i / 256}.{i % 256}"), 0));
        Assert.Empty(names.Add("p", Answer("more.test", 60, "192.0.2.1"), 59 * Second));
        Assert.Single(names.Add("other", Answer("more.test", 60, "192.0.2.1"), 0));
        // Known ones may be renewed, and one that has expired makes room.
        Assert.Single(names.Add("p", Answer("0.test", 600, "10.0.0.0"), 59 * Second));
        Assert.Single(names.Add("p", Answer("more.test", 60, "192.0.2.1"), 61 * Second));
        Assert.Equal(LearntNames.MaxAddressesPerPod, names.Of("p").Count());
    }

    [Fact]
    public void An_address_has_so_many_names_and_loses_the_one_that_expires_first()
    {
        LearntNames names = new();
        for (var i = 0u; i <= LearntNames.MaxNamesPerAddress; i++) names.Add("p", Answer($"{i}.test", 60 + i, "192.0.2.1"), 0);
        Assert.DoesNotContain(names.All, name => name.Name == "0.test");
        Assert.Equal(LearntNames.MaxNamesPerAddress, names.All.Count());
    }

    [Fact]
    public void What_was_learnt_is_there_after_a_crash_and_a_torn_line_costs_itself_only()
    {
        var path = Path.Combine(Path.GetTempPath(), $"names-{Guid.NewGuid():n}");
        try
        {
            using (NameJournal journal = new(path))
            {
                LearntNames names = new(journal);
                names.Add("p", Answer("a.test", 60, "192.0.2.1", "2001:db8::1"), 0);
                names.Add("p", Answer("tab\tand\nline.test", 60, "192.0.2.2"), 0);
            }
            File.AppendAllText(path, "60000000000\tp\t192.0.2");
            using NameJournal again = new(path);
            Assert.Equal(["a.test 192.0.2.1/32", "a.test 2001:db8::1/128", "tab and line.test 192.0.2.2/32"],
                new LearntNames(again).All.Select(name => $"{name.Name} {name.Address}").Order(StringComparer.Ordinal));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static NameAnswer Answer(string name, uint ttl, params string[] addresses) => new(name, [.. addresses.Select(text => (IPAddress.Parse(text), ttl))]);
}
