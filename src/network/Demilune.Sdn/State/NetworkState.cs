using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Resources;

namespace Demilune.Sdn;

/// <summary>Every object of the network at one revision. Immutable: readers keep what they hold.</summary>
/// <remarks>
/// Two indexes are kept with the objects, from what each collection says of its resources: who refers to whom (nothing
/// that is referred to can be deleted), and who holds which unique thing (an address, a MAC, a place in a chain).
/// </remarks>
internal sealed class NetworkState
{
    private static readonly ImmutableSortedDictionary<string, Resource> NoTable =
        ImmutableSortedDictionary.Create<string, Resource>(StringComparer.Ordinal);

    private readonly ImmutableDictionary<Type, ImmutableSortedDictionary<string, Resource>> _tables;
    private readonly ImmutableDictionary<string, ImmutableHashSet<Referrer>> _referrers;
    private readonly ImmutableDictionary<string, string> _holders;
    private readonly ImmutableDictionary<string, Address> _lastGiven;

    private NetworkState(
        long revision,
        ImmutableDictionary<Type, ImmutableSortedDictionary<string, Resource>> tables,
        ImmutableDictionary<string, ImmutableHashSet<Referrer>> referrers,
        ImmutableDictionary<string, string> holders,
        ImmutableDictionary<string, Address> lastGiven)
    {
        Revision = revision;
        _tables = tables;
        _referrers = referrers;
        _holders = holders;
        _lastGiven = lastGiven;
    }

    public static NetworkState Empty { get; } = new(
        0,
        ImmutableDictionary<Type, ImmutableSortedDictionary<string, Resource>>.Empty,
        ImmutableDictionary.Create<string, ImmutableHashSet<Referrer>>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, string>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, Address>(StringComparer.Ordinal));

    /// <summary>Grows with every object written. Not kept over a restart.</summary>
    public long Revision { get; }

    /// <summary>All of a kind, by id.</summary>
    public IEnumerable<T> All<T>() where T : Resource => Table(typeof(T)).Values.Cast<T>();

    public IEnumerable<Resource> All(Type kind) => Table(kind).Values;

    public int Count(Type kind) => Table(kind).Count;

    public T? Find<T>(string? id) where T : Resource => Find(typeof(T), id) as T;

    public Resource? Find(Type kind, string? id) => id is not null && Table(kind).TryGetValue(id, out var found) ? found : null;

    /// <summary>Who holds the unique thing; null: it is free.</summary>
    public string? Holder(string key) => _holders.GetValueOrDefault(key);

    /// <summary>The objects of a kind that refer to this one.</summary>
    public IEnumerable<T> Referrers<T>(string id) where T : Resource
    {
        if (!_referrers.TryGetValue(id, out var referrers)) yield break;
        foreach (var referrer in referrers)
            if (referrer.Kind == typeof(T) && Find<T>(referrer.Id) is { } found)
                yield return found;
    }

    /// <summary>The address that the subnet gave out last. Not kept over a restart: then it begins anew.</summary>
    public Address? LastGiven(string subnetId) => _lastGiven.TryGetValue(subnetId, out var address) ? address : null;

    public NetworkState WithLastGiven(string subnetId, Address address) =>
        new(Revision, _tables, _referrers, _holders, _lastGiven.SetItem(subnetId, address));

    public NetworkState With(Resource resource)
    {
        var without = Find(resource.GetType(), resource.Id) is { } former ? Without(former) : this;
        var collection = Collections.Of(resource.GetType());
        var referrer = new Referrer(resource.GetType(), resource.Id);
        var referrers = without._referrers;
        foreach (var target in collection.References(resource).Distinct(StringComparer.Ordinal))
            referrers = referrers.SetItem(target, (referrers.GetValueOrDefault(target) ?? []).Add(referrer));
        var holders = without._holders;
        foreach (var key in collection.Keys(resource))
            holders = holders.SetItem(key, resource.Id);
        return new(
            Revision + 1,
            without._tables.SetItem(resource.GetType(), without.Table(resource.GetType()).SetItem(resource.Id, resource)),
            referrers, holders, _lastGiven);
    }

    public NetworkState Without(Resource resource)
    {
        var collection = Collections.Of(resource.GetType());
        var referrer = new Referrer(resource.GetType(), resource.Id);
        var referrers = _referrers;
        foreach (var target in collection.References(resource).Distinct(StringComparer.Ordinal))
            if (referrers.TryGetValue(target, out var set))
                referrers = set.Count == 1 ? referrers.Remove(target) : referrers.SetItem(target, set.Remove(referrer));
        return new(
            Revision + 1,
            _tables.SetItem(resource.GetType(), Table(resource.GetType()).Remove(resource.Id)),
            referrers,
            _holders.RemoveRange(collection.Keys(resource)),
            _lastGiven);
    }

    private ImmutableSortedDictionary<string, Resource> Table(Type kind) => _tables.GetValueOrDefault(kind) ?? NoTable;

    private readonly record struct Referrer(Type Kind, string Id);
}
