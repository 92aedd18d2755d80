using CsCheck;
using Demilune.Console.Reading;
using Demilune.Console.Topology;

namespace Demilune.Console.Tests.Topology;

public sealed class GraphLayoutTests
{
    private static LinkView Link(string from, string to, long direct = 1, long spliced = 0, long denied = 0, int port = 80) =>
        new(from, to, "TCP", port, direct, spliced, denied, 0, DateTimeOffset.UnixEpoch);

    [Fact]
    public void Nothing_seen_is_an_empty_picture() => Assert.Empty(GraphLayout.Arrange([], []).Links);

    [Fact]
    public void Ports_between_the_same_two_are_one_link()
    {
        var graph = GraphLayout.Arrange([Link("shop/web", "shop/db", port: 5432), Link("shop/web", "shop/db", port: 80, spliced: 2)], []);
        var link = Assert.Single(graph.Links);
        Assert.Equal(("spliced", 4L, "TCP/5432, TCP/80"), (link.Kind, link.Flows, link.Ports));
    }

    [Fact]
    public void A_link_is_denied_only_if_nothing_passed() =>
        Assert.Equal(["denied", "direct"], GraphLayout.Arrange([Link("a/x", "a/y", direct: 0, denied: 9), Link("a/x", "b/y", direct: 1, denied: 1)], []).Links.Select(link => link.Kind));

    [Fact]
    public void A_scan_from_a_thousand_addresses_is_a_few_rows()
    {
        var graph = GraphLayout.Arrange([.. Enumerable.Range(0, 1_000).Select(i => Link($"203.0.{i / 250}.{i % 250}", "shop/web", direct: i))], []);
        Assert.Equal(GraphLayout.MaxStrangers + 2, graph.Ends.Count);
        Assert.Equal(Enumerable.Range(0, 1_000).Sum(), graph.Links.Sum(link => link.Flows));
    }

    [Fact]
    public void Whatever_is_seen_no_two_ends_overlap_and_every_link_touches_its_ends()
    {
        var end = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 30], (ns, pod) => ns == 0 ? $"192.0.2.{pod}" : $"ns{ns}/pod-{pod}");
        Gen.Select(end, end, Gen.Int[1, 99], (from, to, flows) => Link(from, to, flows)).List[0, 300].Sample(links =>
        {
            var graph = GraphLayout.Arrange(links, []);
            Assert.Equal(graph.Ends.Count, graph.Ends.Select(e => (e.X, e.Y)).Distinct().Count());
            Assert.True(graph.Links.Count <= GraphLayout.MaxLinks);
            foreach (var link in graph.Links)
            {
                var (from, to) = (graph.Ends.Single(e => e.Name == link.From), graph.Ends.Single(e => e.Name == link.To));
                Assert.InRange(link.Y1, from.Y, from.Y + GraphLayout.RowHeight);
                Assert.InRange(link.Y2, to.Y, to.Y + GraphLayout.RowHeight);
            }
            foreach (var e in graph.Ends)
                Assert.Contains(graph.Boxes, box => e.X == box.X && e.Y >= box.Y && e.Y + GraphLayout.RowHeight <= box.Y + box.Height);
        }, iter: 100);
    }
}
