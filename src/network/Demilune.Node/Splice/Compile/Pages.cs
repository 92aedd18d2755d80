using System.Runtime.InteropServices;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Splice.Compile;

/// <summary>Lays rules and classifiers out in rows of sixteen, per remote identity. A row's content follows from its key alone.</summary>
internal static class Pages
{
    private const int MaxItems = RulesPage.Length * RulesPage.MaxPages;

    /// <exception cref="TooManyException">More than fit for one peer.</exception>
    public static void AddRules(Table table, Subject<Rule> subject, IEnumerable<Identity> identities)
    {
        foreach (var (identity, side) in Sides(subject.Items, identities, rule => rule.Remote, rule => (rule.Direction, rule.Family)))
        {
            var ranges = Tiers.Flatten(side.Items.Select(rule => (rule.Ports, rule.Rank)));
            CheckCount(ranges.Count, "rules");
            // Of an identity that may nothing there is an empty row: without one, what everybody may would hold for it.
            for (var page = 0; page == 0 || page * RulesPage.Length < ranges.Count; page++)
            {
                var chunk = CollectionsMarshal.AsSpan(ranges)[(page * RulesPage.Length)..Math.Min(ranges.Count, (page + 1) * RulesPage.Length)];
                RulesPage row = new() { Count = (byte)chunk.Length, More = (byte)((page + 1) * RulesPage.Length < ranges.Count ? 1 : 0) };
                for (var i = 0; i < chunk.Length; i++)
                    row.Rules[i] = new()
                    {
                        ProtocolMin = chunk[i].ProtocolMin, ProtocolMax = chunk[i].ProtocolMax, PortMin = chunk[i].Min, PortMax = chunk[i].Max,
                    };
                table.Set(Key(subject.Id, identity, side.Direction, side.Family, page), row);
            }
        }
    }

    /// <param name="tagOf">Of who judges some range.</param>
    /// <inheritdoc cref="AddRules"/>
    public static void AddClasses(Table table, Subject<Classifier> subject, IEnumerable<Identity> identities, Func<Panel, ushort> tagOf)
    {
        foreach (var (identity, side) in Sides(subject.Items, identities, item => item.Remote, item => (item.Direction, item.Family)))
        {
            var ranges = Classes.Flatten(side.Items);
            CheckCount(ranges.Count, "classifiers");
            for (var page = 0; page * RulesPage.Length < ranges.Count; page++)
            {
                var chunk = CollectionsMarshal.AsSpan(ranges)[(page * RulesPage.Length)..Math.Min(ranges.Count, (page + 1) * RulesPage.Length)];
                ClassesPage row = new() { Count = (byte)chunk.Length, More = (byte)((page + 1) * RulesPage.Length < ranges.Count ? 1 : 0) };
                for (var i = 0; i < chunk.Length; i++)
                    row.Classes[i] = new()
                    {
                        Chain = SpliceCompiler.ChainId(chunk[i].Panel.ChainId), Tag = tagOf(chunk[i].Panel), SourceMin = chunk[i].SourceMin, SourceMax = chunk[i].SourceMax,
                        PortMin = chunk[i].Min, PortMax = chunk[i].Max, Protocol = chunk[i].Protocol,
                    };
                table.Set(Key(subject.Id, identity, side.Direction, side.Family, page), row);
            }
        }
    }

    // What everybody may is repeated in an identity's own rows, so that one look-up is enough; an identity of which
    // nothing in particular is said has no rows and falls back to everybody's.
    private static IEnumerable<(ulong Identity, (byte Direction, byte Family, List<T> Items))> Sides<T>(
        IReadOnlyList<T> all, IEnumerable<Identity> identities, Func<T, string?> remote, Func<T, (byte, byte)> side)
    {
        // Rules speak of few names, and of most addresses say nothing.
        string[] spoken = [.. all.Select(remote).OfType<string>().Distinct(StringComparer.Ordinal)];
        var named = identities.Where(identity => identity.Id != 0 && Array.Exists(spoken, identity.Names.Contains)).ToList();
        foreach (var group in all.GroupBy(side))
        {
            var anybody = group.Where(item => remote(item) is null).ToList();
            if (anybody.Count > 0) yield return (0, (group.Key.Item1, group.Key.Item2, anybody));
            foreach (var identity in named)
            {
                var theirs = group.Where(item => remote(item) is not { } name || identity.Names.Contains(name)).ToList();
                if (theirs.Count > anybody.Count) yield return (identity.Id, (group.Key.Item1, group.Key.Item2, theirs));
            }
        }
    }

    private static RulesKey Key(ulong subject, ulong identity, byte direction, byte family, int page) =>
        new() { Subject = subject, Identity = identity, Direction = direction, Family = family, Page = (ushort)page };

    private static void CheckCount(int count, string what)
    {
        if (count > MaxItems) throw new TooManyException($"{count} {what} for one peer after merging; the datapath holds {MaxItems}");
    }
}

/// <summary>More than the datapath holds; the port is closed rather than half enforced.</summary>
internal sealed class TooManyException(string message) : Exception(message);
