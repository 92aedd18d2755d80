using System.Collections.Immutable;
using Demilune.Neutron;

namespace Demilune.Raven.Planning;

/// <summary>What of ours is on the network, by id. Rules belong to their groups.</summary>
internal sealed record NetworkSnapshot
{
    public static readonly NetworkSnapshot Empty = new();

    private ImmutableDictionary<Type, ImmutableDictionary<string, Resource>> Kinds { get; init; } =
        ImmutableDictionary<Type, ImmutableDictionary<string, Resource>>.Empty;

    /// <summary>In order of id, so that a plan depends on nothing but the content.</summary>
    public IEnumerable<T> All<T>()
        where T : Resource => Of(typeof(T)).Values.Cast<T>().OrderBy(resource => resource.Id, StringComparer.Ordinal);

    public T? Find<T>(string id)
        where T : Resource => (T?)Of(typeof(T)).GetValueOrDefault(id);

    public NetworkSnapshot With(Resource resource) => this with
    {
        Kinds = Kinds.SetItem(resource.GetType(), Of(resource.GetType()).SetItem(resource.Id, resource)),
    };

    public NetworkSnapshot Without(Type kind, string id) => this with { Kinds = Kinds.SetItem(kind, Of(kind).Remove(id)) };

    private ImmutableDictionary<string, Resource> Of(Type kind) =>
        Kinds.GetValueOrDefault(kind, ImmutableDictionary<string, Resource>.Empty);
}
