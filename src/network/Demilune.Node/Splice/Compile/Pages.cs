using System.Runtime.InteropServices;
using Demilune.Contracts.Frames;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Splice.Compile;

/// <summary>Lays rules and classifiers out in rows of sixteen, per remote identity. A row's content follows from its key alone.</summary>
internal static class Pages
{
    private const int MaxItems = RulesPage.Length * RulesPage.MaxPages;

    /// <exception cref="TooManyException">More than fit for one peer.</exception>
    public static void AddRules(Table table, Subject<Rule> subject, IEnumerable<Identity> identities)
    {
        table.Add(subject.For(null, Rows));
        foreach (var identity in identities) table.Add(subject.For(identity, Rows));
    }

    /// <param name="tagOf">Of who judges some range.</param>
    /// <inheritdoc cref="AddRules"/>
    public static void AddClasses(Table table, Subject<Classifier> subject, IEnumerable<Identity> identities, Func<Panel, ushort> tagOf)
    {
        Add(null);
        foreach (var identity in identities) Add(identity);

        void Add(Identity? identity)
        {
            foreach (var side in subject.For(identity, Ranges))
                for (var page = 0; page * RulesPage.Length < side.Ranges.Count; page++)
                {
                    var chunk = Page(side.Ranges, page);
                    ClassesPage row = new() { Count = (byte)chunk.Length, More = (byte)((page + 1) * RulesPage.Length < side.Ranges.Count ? 1 : 0) };
                    for (var i = 0; i < chunk.Length; i++) row.Classes[i] = Row(chunk[i], tagOf(chunk[i].Panel));
                    table.Set(Key(subject.Id, identity, side.Direction, side.Family, page), row);
                }
        }
    }

    private static KeyValuePair<Bytes, Bytes>[] Rows(Subject<Rule> subject, Identity? identity)
    {
        List<KeyValuePair<Bytes, Bytes>> rows = [];
        foreach (var (direction, family, items) in subject.Sides(identity))
        {
            var ranges = Tiers.Flatten(items.Select(rule => (rule.Ports, rule.Rank)));
            CheckCount(ranges.Count, "rules");
            // Of an identity that may nothing there is an empty row: without one, what everybody may would hold for it.
            for (var page = 0; page == 0 || page * RulesPage.Length < ranges.Count; page++)
            {
                var chunk = Page(ranges, page);
                RulesPage row = new() { Count = (byte)chunk.Length, More = (byte)((page + 1) * RulesPage.Length < ranges.Count ? 1 : 0) };
                for (var i = 0; i < chunk.Length; i++)
                    row.Rules[i] = new()
                    {
                        ProtocolMin = chunk[i].ProtocolMin, ProtocolMax = chunk[i].ProtocolMax, PortMin = chunk[i].Min, PortMax = chunk[i].Max,
                    };
                rows.Add(new(Bytes.Of(Key(subject.Id, identity, direction, family, page)), Bytes.Of(row)));
            }
        }
        return [.. rows];
    }

    // Who got no tag is judged by nobody, and closed whatever is said of failures.
    private static ClassRow Row(ClassRange range, ushort tag) => new()
    {
        Chain = SpliceCompiler.ChainId(range.Panel.ChainId), Tag = tag, OnFailure = tag == CombinationTags.Nobody ? (byte)0 : (byte)range.Panel.OnFailure,
        SourceMin = range.SourceMin, SourceMax = range.SourceMax, PortMin = range.Min, PortMax = range.Max, Protocol = range.Protocol,
    };

    // Without tags: those come and go.
    private static (byte Direction, byte Family, List<ClassRange> Ranges)[] Ranges(Subject<Classifier> subject, Identity? identity)
    {
        List<(byte, byte, List<ClassRange>)> sides = [];
        foreach (var (direction, family, items) in subject.Sides(identity))
        {
            var ranges = Classes.Flatten(items);
            CheckCount(ranges.Count, "classifiers");
            sides.Add((direction, family, ranges));
        }
        return [.. sides];
    }

    private static ReadOnlySpan<T> Page<T>(List<T> ranges, int page) =>
        CollectionsMarshal.AsSpan(ranges)[(page * RulesPage.Length)..Math.Min(ranges.Count, (page + 1) * RulesPage.Length)];

    private static RulesKey Key(ulong subject, Identity? identity, byte direction, byte family, int page) =>
        new() { Subject = subject, Identity = identity?.Id ?? 0, Direction = direction, Family = family, Page = (ushort)page };

    private static void CheckCount(int count, string what)
    {
        if (count > MaxItems) throw new TooManyException($"{count} {what} for one peer after merging; the datapath holds {MaxItems}");
    }
}

/// <summary>More than the datapath holds; the port is closed rather than half enforced.</summary>
internal sealed class TooManyException(string message) : Exception(message);
