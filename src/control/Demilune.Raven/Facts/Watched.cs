using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Watching;
using k8s;
using k8s.Models;

namespace Demilune.Raven.Facts;

/// <summary>Which objects of a collection are other than when last looked. Notes are taken on any thread, looks on one.</summary>
internal sealed class Watched<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Store<T> _store;
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, T> _seen = [];
    private HashSet<ObjectKey> _noted = [];

    /// <param name="matters">Which changes need a look; null: all.</param>
    /// <param name="noted">Called after each that does.</param>
    public Watched(Informer<T> informer, Action noted, Func<Change<T>, bool>? matters = null)
    {
        _store = informer.Store;
        informer.Changed += change =>
        {
            if (matters?.Invoke(change) is false) return;
            lock (_gate) _noted.Add(ObjectKey.Of((change.New ?? change.Old)!));
            noted();
        };
    }

    /// <summary>What is now. Level-triggered: what happened in between does not matter.</summary>
    public IEnumerable<T> Current => _store.Current.Objects.Values;

    /// <summary>The next look finds everything new.</summary>
    public void Forget() => _seen.Clear();

    /// <summary>Hands over each object that is other than at the last look: as it was (null: it was not there) and is (null: it is gone).</summary>
    /// <param name="all">Looks at all of them, whatever was noted.</param>
    public void Look(bool all, Action<T?, T?> changed)
    {
        HashSet<ObjectKey> noted;
        lock (_gate) (noted, _noted) = (_noted, []);
        var now = _store.Current;
        foreach (var key in all ? _seen.Keys.Union(now.Objects.Keys).ToList() : (IEnumerable<ObjectKey>)noted)
        {
            var (before, after) = (_seen.GetValueOrDefault(key), now.Find(key));
            if (ReferenceEquals(before, after)) continue;
            if (after is null) _seen.Remove(key);
            else _seen[key] = after;
            changed(before, after);
        }
    }
}
