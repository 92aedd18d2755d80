using System.Collections.Immutable;
using Demilune.Neutron;

namespace Demilune.Raven.Planning;

/// <summary>What of ours is on the network, by id and by mark. Rules belong to their groups.</summary>
internal sealed record NetworkSnapshot
{
    public static readonly NetworkSnapshot Empty = new();

    private ImmutableDictionary<Type, ImmutableDictionary<string, Resource>> Kinds { get; init; } =
        ImmutableDictionary<Type, ImmutableDictionary<string, Resource>>.Empty;

    /// <summary>By description, then in order of id.</summary>
    private ImmutableDictionary<string, ImmutableSortedDictionary<string, Resource>> Marks { get; init; } =
        ImmutableDictionary.Create<string, ImmutableSortedDictionary<string, Resource>>(StringComparer.Ordinal);

    /// <summary>In order of id, so that a plan depends on nothing but the content.</summary>
    public IEnumerable<T> All<T>()
        where T : Resource => Of(typeof(T)).Values.Cast<T>().OrderBy(resource => resource.Id, StringComparer.Ordinal);

    /// <summary>Of every kind.</summary>
    public IEnumerable<Resource> Everything => Kinds.Values.SelectMany(kind => kind.Values);

    public T? Find<T>(string id)
        where T : Resource => (T?)Of(typeof(T)).GetValueOrDefault(id);

    /// <summary>Those that have this description, in order of id: more than one after a crash between request and answer.</summary>
    public IEnumerable<T> Marked<T>(string mark)
        where T : Resource => Marks.TryGetValue(mark, out var resources) ? resources.Values.OfType<T>() : [];

    public NetworkSnapshot With(Resource resource)
    {
        var without = Without(resource.GetType(), resource.Id);
        return without with
        {
            Kinds = without.Kinds.SetItem(resource.GetType(), without.Of(resource.GetType()).SetItem(resource.Id, resource)),
            Marks = without.Marks.SetItem(resource.Description ?? "", without.Marked(resource).SetItem(resource.Id, resource)),
        };
    }

    public NetworkSnapshot Without(Type kind, string id)
    {
        if (!Of(kind).TryGetValue(id, out var resource)) return this;
        var left = Marked(resource).Remove(id);
        return this with
        {
            Kinds = Kinds.SetItem(kind, Of(kind).Remove(id)),
            Marks = left.IsEmpty ? Marks.Remove(resource.Description ?? "") : Marks.SetItem(resource.Description ?? "", left),
        };
    }

    private ImmutableDictionary<string, Resource> Of(Type kind) =>
        Kinds.GetValueOrDefault(kind, ImmutableDictionary<string, Resource>.Empty);

    private ImmutableSortedDictionary<string, Resource> Marked(Resource resource) =>
        Marks.TryGetValue(resource.Description ?? "", out var known) ? known : ImmutableSortedDictionary.Create<string, Resource>(StringComparer.Ordinal);
}
