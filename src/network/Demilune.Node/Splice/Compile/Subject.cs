namespace Demilune.Node.Splice.Compile;

/// <summary>What a rule or a classifier is about.</summary>
internal interface IAboutPeers
{
    byte Direction { get; }

    byte Family { get; }

    /// <summary>A name that the remote side must have; null: anybody.</summary>
    string? Remote { get; }
}

/// <summary>Rules or classifiers of ports, under one number. Ports that say the same share one.</summary>
/// <remarks>
/// It remembers what it came to for each peer: a change of a node leaves most pairs of a subject and a peer as they were. Single owner, not thread-safe.
/// </remarks>
internal sealed class Subject<T>(ulong id, IReadOnlyList<T> items) where T : IAboutPeers
{
    private readonly string[] _spoken = [.. items.Select(item => item.Remote).OfType<string>().Distinct(StringComparer.Ordinal)];
    private readonly Dictionary<ulong, object> _answers = [];

    /// <summary>0: of nothing.</summary>
    public ulong Id { get; } = id;

    public IReadOnlyList<T> Items { get; } = items;

    /// <param name="identity">Of the remote side; null: anybody.</param>
    /// <param name="answer">Depends on nothing but its arguments; the same function each time.</param>
    public TAnswer[] For<TAnswer>(Identity? identity, Func<Subject<T>, Identity?, TAnswer[]> answer)
    {
        var key = identity?.Id ?? 0;
        if (_answers.TryGetValue(key, out var known)) return (TAnswer[])known;
        var found = answer(this, identity);
        _answers[key] = found;
        return found;
    }

    /// <summary>
    /// What it says of a peer, by direction and family. What it says of anybody is repeated for an identity of which it says something in particular, so
    /// that one look-up is enough; others fall back to anybody's and have nothing of their own.
    /// </summary>
    public IEnumerable<(byte Direction, byte Family, List<T> Items)> Sides(Identity? identity)
    {
        // Rules speak of few names, and of most addresses say nothing.
        if (identity is not null && (identity.Id == 0 || !Array.Exists(_spoken, identity.Names.Contains))) yield break;
        foreach (var side in Items.GroupBy(item => (item.Direction, item.Family)))
        {
            var theirs = side.Where(item => item.Remote is not { } name || identity?.Names.Contains(name) is true).ToList();
            var isOwn = identity is null ? theirs.Count > 0 : theirs.Exists(item => item.Remote is not null);
            if (isOwn) yield return (side.Key.Direction, side.Key.Family, theirs);
        }
    }

    /// <summary>Forgets peers that are gone, if they have become many.</summary>
    /// <param name="present">How many there are.</param>
    public void Trim(int present)
    {
        if (_answers.Count > 2 * present + 64) _answers.Clear();
    }
}
