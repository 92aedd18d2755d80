using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Raven.Design;

namespace Demilune.Raven.Planning;

/// <summary>Which of the things that are there are the ones that should be.</summary>
/// <param name="Kept">By key.</param>
/// <param name="Missing">Keys.</param>
/// <param name="Surplus">Not wanted, not as they should be and not changeable, or twice there: a crash between request and answer.</param>
internal sealed record Matching<T>(
    ImmutableSortedDictionary<string, T> Kept, ImmutableArray<string> Missing, ImmutableArray<T> Surplus)
    where T : Resource
{
    /// <param name="keys">Of what is to be looked at; the others are left as they are.</param>
    /// <param name="actual">What is there of these.</param>
    /// <param name="fits">Desired, actual: what cannot be changed is as it should be.</param>
    public static Matching<T> Of(
        string cluster, IEnumerable<string> keys, IReadOnlyDictionary<string, T> desired, IEnumerable<T> actual, Func<T, T, bool> fits)
    {
        var kept = ImmutableSortedDictionary.CreateBuilder<string, T>(StringComparer.Ordinal);
        var surplus = ImmutableArray.CreateBuilder<T>();
        foreach (var one in actual)
        {
            if (Key.FromMark(cluster, one.Description) is not { } key) continue;
            if (desired.TryGetValue(key, out var wanted) && !kept.ContainsKey(key) && fits(wanted, one)) kept[key] = one;
            else surplus.Add(one);
        }
        return new Matching<T>(
            kept.ToImmutable(), [.. keys.Where(key => desired.ContainsKey(key) && !kept.ContainsKey(key)).Order(StringComparer.Ordinal)], surplus.ToImmutable());
    }
}
