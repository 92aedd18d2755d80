namespace Demilune.Sdn.Addressing;

/// <summary>Sets of prefixes.</summary>
internal static class Prefix
{
    /// <summary>What is left of some prefixes without others, as the fewest prefixes.</summary>
    public static List<Cidr> Free(IEnumerable<Cidr> all, IEnumerable<Cidr> taken)
    {
        var free = all.Select(prefix => new Cidr(prefix.First, prefix.Length)).ToList();
        foreach (var used in taken)
        {
            var left = new List<Cidr>();
            foreach (var prefix in free)
                if (!prefix.Overlaps(used)) left.Add(prefix);
                else Cut(prefix, used, left);
            free = left;
        }
        return free;
    }

    public static IReadOnlyList<Cidr> Without(IReadOnlyList<Cidr> all, IReadOnlyList<Cidr> removed) => Free(all, removed);

    /// <summary>The same addresses in the fewest prefixes, in order.</summary>
    public static List<Cidr> Compact(IEnumerable<Cidr> prefixes)
    {
        var sorted = prefixes.Select(prefix => new Cidr(prefix.First, prefix.Length)).OrderBy(prefix => prefix.First).ThenBy(prefix => prefix.Length);
        var compact = new List<Cidr>();
        foreach (var prefix in sorted)
        {
            if (compact.Count > 0 && compact[^1].Covers(prefix)) continue;
            compact.Add(prefix);
            // Two halves of one prefix are that prefix; its neighbour may then be its other half.
            while (compact is [.., var low, var high] && low.Length == high.Length && low.Length > 0 && low.IsV6 == high.IsV6
                   && new Cidr(low.Address, low.Length - 1) is var both && both.First == low.Address && both.Contains(high.Address))
            {
                compact.RemoveRange(compact.Count - 2, 2);
                compact.Add(both);
            }
        }
        return compact;
    }

    /// <summary>Halves the prefix around what is taken of it; at most one piece for each bit.</summary>
    private static void Cut(Cidr prefix, Cidr used, List<Cidr> left)
    {
        while (!used.Covers(prefix))
        {
            var low = new Cidr(prefix.First, prefix.Length + 1);
            var high = new Cidr(new(prefix.IsV6, low.Last.Value + 1), prefix.Length + 1);
            var (with, without) = low.Contains(used.First) ? (low, high) : (high, low);
            left.Add(without);
            prefix = with;
        }
    }
}
