using Demilune.Console.Reading;

namespace Demilune.Console.Topology;

/// <summary>Where everything is drawn, in the units of the picture.</summary>
public sealed record Graph(int Width, int Height, IReadOnlyList<GraphBox> Boxes, IReadOnlyList<GraphEnd> Ends, IReadOnlyList<GraphLink> Links, int Hidden);

/// <summary>A namespace, or what is outside of the cluster.</summary>
public sealed record GraphBox(string Name, int X, int Y, int Width, int Height);

/// <summary>A pod or an address.</summary>
public sealed record GraphEnd(string Name, string Title, string Protection, int X, int Y);

/// <summary>All that flows from one end to another, whatever the port.</summary>
/// <param name="Kind">spliced, denied, open or direct: the most remarkable that occurred.</param>
public sealed record GraphLink(string From, string To, string Kind, long Flows, string Ports, int X1, int Y1, int X2, int Y2);

/// <summary>
/// Namespaces are boxes in columns, pods rows in them, links curves between. The same traffic gives the same picture: nothing jumps while one looks.
/// Pure.
/// </summary>
public static class GraphLayout
{
    /// <summary>More is not read any more; the busiest are shown and the rest is counted.</summary>
    public const int MaxLinks = 200;

    public const int RowHeight = 26;
    public const int BoxWidth = 260;
    private const int BoxGap = 24;
    private const int ColumnGap = 180;
    private const int TitleHeight = 30;
    private const string Outside = "outside";
    private const string Others = "other addresses";

    /// <summary>A client on the Internet or a scan is a thousand addresses: the busiest are named, the rest is one row.</summary>
    public const int MaxStrangers = 12;

    public static Graph Arrange(IReadOnlyList<LinkView> links, IReadOnlyList<PodView> pods)
    {
        var strangers = links.SelectMany(link => new[] { (End: link.Source, link.Flows), (End: link.Destination, link.Flows) }).Where(end => NamespaceOf(end.End) == Outside)
            .GroupBy(end => end.End, end => end.Flows).OrderByDescending(flows => flows.Sum()).ThenBy(flows => flows.Key, StringComparer.Ordinal)
            .Take(MaxStrangers).Select(flows => flows.Key).ToHashSet(StringComparer.Ordinal);
        var merged = links.GroupBy(link => (Source: Folded(link.Source), Destination: Folded(link.Destination))).Select(Merge).OrderByDescending(link => link.Flows)
            .ThenBy(link => link.From, StringComparer.Ordinal).ThenBy(link => link.To, StringComparer.Ordinal).ToList();
        var shown = merged.Take(MaxLinks).ToList();
        var names = shown.SelectMany(link => new[] { link.From, link.To }).Distinct().ToList();
        var protection = pods.GroupBy(pod => $"{pod.Namespace}/{pod.Name}").ToDictionary(pod => pod.Key, pod => pod.First().Protection, StringComparer.Ordinal);
        var groups = names.GroupBy(NamespaceOf).OrderBy(group => group.Key == Outside).ThenBy(group => group.Key, StringComparer.Ordinal).ToList();
        // As many columns as make the picture about as wide as high; each next box goes to the shortest.
        var columns = Math.Clamp((int)Math.Ceiling(Math.Sqrt(names.Count / 12.0)), Math.Min(2, Math.Max(1, groups.Count)), 4);
        var heights = new int[columns];
        var boxes = new List<GraphBox>();
        var ends = new Dictionary<string, GraphEnd>(StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var column = Array.IndexOf(heights, heights.Min());
            var (x, y) = (column * (BoxWidth + ColumnGap), heights[column]);
            var members = group.Order(StringComparer.Ordinal).ToList();
            var height = TitleHeight + members.Count * RowHeight + 8;
            boxes.Add(new(group.Key, x, y, BoxWidth, height));
            for (var row = 0; row < members.Count; row++)
                ends[members[row]] = new(
                    members[row], members[row][(members[row].IndexOf('/', StringComparison.Ordinal) + 1)..], protection.GetValueOrDefault(members[row], ""), x,
                    y + TitleHeight + row * RowHeight);
            heights[column] += height + BoxGap;
        }
        return new(
            columns * BoxWidth + (columns - 1) * ColumnGap + 120, Math.Max(RowHeight, heights.Max()), boxes, [.. ends.Values],
            [.. shown.Select(link => Place(link, ends[link.From], ends[link.To]))], merged.Count - shown.Count);

        string Folded(string end) => NamespaceOf(end) != Outside || strangers.Contains(end) ? end : Others;
    }

    private static GraphLink Merge(IGrouping<(string Source, string Destination), LinkView> links)
    {
        var kind = links.Any(link => link.Uninspected > 0) ? "open" : links.Any(link => link.Spliced > 0) ? "spliced" : links.All(link => link.Direct == 0) ? "denied" : "direct";
        var ports = string.Join(", ", links.Select(link => $"{link.Protocol}/{link.Port}").Distinct().Take(8));
        return new(links.Key.Source, links.Key.Destination, kind, links.Sum(link => link.Flows), ports, 0, 0, 0, 0);
    }

    /// <summary>From the side that looks at the other; within a column both on the right, so that the curve is outside of the boxes.</summary>
    private static GraphLink Place(GraphLink link, GraphEnd from, GraphEnd to)
    {
        var middle = RowHeight / 2 - 3;
        return link with
        {
            X1 = from.X + (to.X < from.X ? 0 : BoxWidth),
            Y1 = from.Y + middle,
            X2 = to.X + (to.X > from.X ? 0 : BoxWidth),
            Y2 = to.Y + middle,
        };
    }

    private static string NamespaceOf(string end) => end.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? end[..slash] : Outside;
}
