namespace Demilune.Raven.Design;

/// <summary>Who has to do with what, from the one side.</summary>
internal sealed class Relation<TFrom, TTo>
    where TFrom : notnull
{
    private readonly Dictionary<TFrom, HashSet<TTo>> _all = [];

    public IEnumerable<TTo> Of(TFrom from) => _all.TryGetValue(from, out var to) ? to : Enumerable.Empty<TTo>();

    public void Add(TFrom from, TTo to)
    {
        if (!_all.TryGetValue(from, out var known)) _all[from] = known = [];
        known.Add(to);
    }

    public void Remove(TFrom from, TTo to)
    {
        if (_all.TryGetValue(from, out var known) && known.Remove(to) && known.Count == 0) _all.Remove(from);
    }
}
