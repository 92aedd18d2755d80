using Demilune.Console.Reading;
using Demilune.Controller.Reading;

namespace Demilune.Controller.Tests.Reading;

public sealed class FlowLogTests
{
    private static FlowView Flow(string from, string to, string verdict = "Direct", string kind = "New", int port = 80) =>
        new(DateTimeOffset.UnixEpoch, "node", kind, "10.0.0.1", from, 1, "10.0.0.2", to, port, "TCP", verdict, "", "");

    [Fact]
    public void Flows_between_two_ends_at_a_port_are_a_link_counted_by_what_became_of_them()
    {
        var log = new FlowLog(100, 100);
        foreach (var verdict in (string[])["Direct", "Spliced", "Bypassed", "Denied", "Open"]) log.Take(Flow("a/x", "a/y", verdict));
        log.Take(Flow("a/x", "a/y", kind: "Close"));
        var link = Assert.Single(log.Links().Links);
        Assert.Equal((1L, 2L, 1L, 1L), (link.Direct, link.Spliced, link.Denied, link.Uninspected));
    }

    [Fact]
    public void A_scan_of_all_ports_forgets_the_longest_silent_and_says_so()
    {
        var log = new FlowLog(10, 100);
        for (var port = 1; port <= 1_000; port++) log.Take(Flow("a/x", "a/y", port: port));
        var (links, forgotten) = log.Links();
        Assert.Equal((100, 900L), (links.Count, forgotten));
        Assert.All(links, link => Assert.InRange(link.Port, 901, 1_000));
        Assert.Equal(10, log.Find(new(), 0, 100).Total);
    }

    [Fact]
    public void An_end_without_a_pod_is_its_address()
    {
        var log = new FlowLog(10, 10);
        log.Take(Flow("", "a/y"));
        Assert.Equal("10.0.0.1", log.Links().Links[0].Source);
    }
}
