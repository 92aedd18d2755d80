namespace Demilune.Node.Splice.Compile;

/// <summary>
/// Which names (address sets, or CIDRs that rules speak of) an address belongs to. The datapath knows an address only by
/// the number of its distinct set of names, its identity: so a pod that comes or goes changes one row, however many rules
/// speak of its set.
/// </summary>
internal sealed class Membership(CompilerMemory memory)
{
    private readonly Dictionary<Prefix, HashSet<string>> _own = [];
    private readonly SortedSet<int> _lengths = [];

    public void Add(Prefix prefix, string name)
    {
        if (!_own.TryGetValue(prefix, out var names)) _own.Add(prefix, names = []);
        names.Add(name);
        _lengths.Add(prefix.Length);
    }

    /// <summary>Every prefix that anything was said of.</summary>
    public IEnumerable<Prefix> Prefixes => _own.Keys;

    /// <summary>Its own names and those of everything around it: what longest-prefix match must find at once.</summary>
    public Identity Of(Prefix prefix)
    {
        HashSet<string> names = [];
        foreach (var length in _lengths)
        {
            // An IPv4 prefix is inside ::ffff:0:0/96 and nothing shorter: 0::/0 must not reach it.
            if (length > prefix.Length) break;
            if (prefix.IsIpv4 && length < 96) continue;
            if (_own.TryGetValue(prefix.Shortened(length), out var around)) names.UnionWith(around);
        }
        return memory.Identity(names);
    }
}

/// <summary>A distinct set of names.</summary>
/// <param name="Id">0: of nothing.</param>
internal sealed record Identity(ulong Id, IReadOnlySet<string> Names)
{
    public static Identity Of(HashSet<string> names) => new(names.Count == 0 ? 0 : ContentId.Of(names), names);
}
