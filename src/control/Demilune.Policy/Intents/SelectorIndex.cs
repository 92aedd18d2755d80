using System.Collections.Immutable;
using Demilune.Policy.Model;

namespace Demilune.Policy.Intents;

/// <summary>Things with a selector, found by the labels that may match it: an object meets those that ask for one of its labels, and not all the others.</summary>
internal sealed class SelectorIndex<T>
    where T : notnull
{
    private readonly Dictionary<(string Label, string Value), HashSet<T>> _byLabel = [];

    /// <summary>Those that ask for no particular value.</summary>
    private readonly HashSet<T> _others = [];

    public void Add(LabelSelector selector, T item)
    {
        if (selector.Narrowest is not { } asked)
        {
            _others.Add(item);
            return;
        }
        foreach (var value in asked.Values)
        {
            if (!_byLabel.TryGetValue((asked.Label, value), out var items)) _byLabel[(asked.Label, value)] = items = [];
            items.Add(item);
        }
    }

    public void Remove(LabelSelector selector, T item)
    {
        _others.Remove(item);
        if (selector.Narrowest is not { } asked) return;
        foreach (var value in asked.Values)
            if (_byLabel.TryGetValue((asked.Label, value), out var items) && items.Remove(item) && items.Count == 0) _byLabel.Remove((asked.Label, value));
    }

    /// <summary>Everything whose selector matches, each once, and some that does not.</summary>
    public IEnumerable<T> Candidates(ImmutableDictionary<string, string> labels)
    {
        foreach (var item in _others) yield return item;
        foreach (var (label, value) in labels)
            if (_byLabel.TryGetValue((label, value), out var items))
                foreach (var item in items) yield return item;
    }
}
