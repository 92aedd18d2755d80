using System.Collections.Immutable;
using Demilune.Kubernetes.Api;
using k8s;
using k8s.Models;

namespace Demilune.Kubernetes.Watching;

/// <summary>What a collection looks like here and now. One writer (its reflector), any number of readers.</summary>
/// <remarks>
/// Each change swaps a whole immutable snapshot: a reader that took <see cref="Current"/> sees one moment, however long it
/// looks. Objects in it are shared: they must not be modified.
/// </remarks>
public sealed class Store<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly ImmutableDictionary<string, Func<T, IEnumerable<string>>> _indexers;
    private volatile Snapshot _current;

    /// <param name="indexers">For <see cref="Snapshot.Lookup"/>: index name → the values under which an object is found.</param>
    public Store(IReadOnlyDictionary<string, Func<T, IEnumerable<string>>>? indexers = null)
    {
        _indexers = indexers?.ToImmutableDictionary() ?? ImmutableDictionary<string, Func<T, IEnumerable<string>>>.Empty;
        _current = Empty();
    }

    public Snapshot Current => _current;

    /// <returns>The former object, or null.</returns>
    internal T? Set(T obj)
    {
        var key = ObjectKey.Of(obj);
        var before = _current;
        var old = before.Objects.GetValueOrDefault(key);
        _current = new Snapshot(before.Objects.SetItem(key, obj), Reindex(before.Indices, key, old, obj));
        return old;
    }

    /// <returns>The former object, or null.</returns>
    internal T? Remove(ObjectKey key)
    {
        var before = _current;
        if (before.Objects.GetValueOrDefault(key) is not { } old) return null;
        _current = new Snapshot(before.Objects.Remove(key), Reindex(before.Indices, key, old, null));
        return old;
    }

    /// <summary>The result of a list: in one step, so that no reader sees half of it.</summary>
    internal void Replace(IEnumerable<T> objects)
    {
        var next = Empty();
        var builder = next.Objects.ToBuilder();
        var indices = next.Indices;
        foreach (var obj in objects)
        {
            var key = ObjectKey.Of(obj);
            indices = Reindex(indices, key, builder.GetValueOrDefault(key), obj);
            builder[key] = obj;
        }
        _current = new Snapshot(builder.ToImmutable(), indices);
    }

    private Snapshot Empty() => new(
        ImmutableDictionary<ObjectKey, T>.Empty,
        _indexers.ToImmutableDictionary(indexer => indexer.Key, _ => ImmutableDictionary<string, ImmutableHashSet<ObjectKey>>.Empty));

    private ImmutableDictionary<string, ImmutableDictionary<string, ImmutableHashSet<ObjectKey>>> Reindex(
        ImmutableDictionary<string, ImmutableDictionary<string, ImmutableHashSet<ObjectKey>>> indices, ObjectKey key, T? old, T? current)
    {
        foreach (var (name, values) in _indexers)
        {
            var index = indices[name];
            foreach (var value in old is null ? [] : values(old))
            {
                var left = index[value].Remove(key);
                index = left.IsEmpty ? index.Remove(value) : index.SetItem(value, left);
            }
            foreach (var value in current is null ? [] : values(current))
                index = index.SetItem(value, index.GetValueOrDefault(value, []).Add(key));
            indices = indices.SetItem(name, index);
        }
        return indices;
    }

    /// <summary>The collection at one moment.</summary>
    public sealed class Snapshot
    {
        internal Snapshot(
            ImmutableDictionary<ObjectKey, T> objects,
            ImmutableDictionary<string, ImmutableDictionary<string, ImmutableHashSet<ObjectKey>>> indices) =>
            (Objects, Indices) = (objects, indices);

        public ImmutableDictionary<ObjectKey, T> Objects { get; }

        internal ImmutableDictionary<string, ImmutableDictionary<string, ImmutableHashSet<ObjectKey>>> Indices { get; }

        public T? Find(ObjectKey key) => Objects.GetValueOrDefault(key);

        /// <exception cref="KeyNotFoundException">The store was made without this index.</exception>
        public IEnumerable<T> Lookup(string index, string value) =>
            Indices[index].GetValueOrDefault(value, []).Select(key => Objects[key]);
    }
}
