using Demilune.Kubernetes.Api;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Demilune.Kubernetes.Watching;

/// <summary>A change of one object.</summary>
/// <param name="Old">Null: it is new.</param>
/// <param name="New">Null: it is gone.</param>
public sealed record Change<T>(T? Old, T? New)
    where T : class;

/// <summary>A collection kept up to date, and news of its changes.</summary>
/// <remarks>
/// After a list that replaced a broken watch, the differences to what was known are reported as changes: a handler never
/// has to know whether it heard of something by a watch or by a list. Handlers run on the informer's own thread, in
/// order; they should note what to look at and return.
/// </remarks>
public sealed class Informer<T> : IReflection<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly KubernetesApi _api;
    private readonly ResourceType _type;
    private readonly ILogger _log;
    private readonly Reflector<T> _reflector;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="indexers">See <see cref="Store{T}"/>.</param>
    public Informer(
        KubernetesApi api, ResourceType type, ResourceScope scope, ILogger log,
        IReadOnlyDictionary<string, Func<T, IEnumerable<string>>>? indexers = null, TimeProvider? time = null, Backoff? backoff = null)
    {
        (_api, _type, _log) = (api, type, log);
        Store = new Store<T>(indexers);
        _reflector = new Reflector<T>(_api, type, scope, this, log, time ?? TimeProvider.System) { Backoff = backoff ?? Backoff.Watching };
    }

    public event Action<Change<T>>? Changed;

    public Store<T> Store { get; }

    /// <summary>Completes when the first list is in the store.</summary>
    public Task Synced => _synced.Task;

    /// <summary>Why the last list or watch failed, until one succeeds. Null: all is well.</summary>
    public Exception? LastFailure { get; private set; }

    /// <summary>Runs until cancelled; never throws before.</summary>
    public Task RunAsync(CancellationToken cancel) => _reflector.RunAsync(cancel);

    void IReflection<T>.Replaced(IReadOnlyList<T> objects)
    {
        var before = Store.Current;
        Store.Replace(objects);
        LastFailure = null;
        var after = Store.Current;
        foreach (var (key, old) in before.Objects)
            if (after.Find(key) is null) Tell(new Change<T>(old, null));
        foreach (var (key, obj) in after.Objects)
        {
            var old = before.Find(key);
            if (old is not null && old.Metadata.Uid != obj.Metadata.Uid)
            {
                // Deleted and made anew while nobody looked: two objects that share a name.
                Tell(new Change<T>(old, null));
                old = null;
            }
            if (old is null || old.Metadata.ResourceVersion != obj.Metadata.ResourceVersion) Tell(new Change<T>(old, obj));
        }
        if (_synced.TrySetResult()) WatchLog.Synced(_log, _type.Plural, objects.Count);
    }

    void IReflection<T>.Changed(WatchKind kind, T obj)
    {
        LastFailure = null;
        if (kind == WatchKind.Deleted)
        {
            var gone = Store.Remove(ObjectKey.Of(obj));
            if (gone is not null) Tell(new Change<T>(obj, null));
            return;
        }
        var old = Store.Set(obj);
        if (old is not null && old.Metadata.Uid != obj.Metadata.Uid)
        {
            Tell(new Change<T>(old, null));
            old = null;
        }
        Tell(new Change<T>(old, obj));
    }

    void IReflection<T>.Failed(Exception failure) => LastFailure = failure;

    private void Tell(Change<T> change)
    {
        try
        {
            Changed?.Invoke(change);
        }
        catch (Exception failure)
        {
            // A handler's bug must not end the watch for everybody else.
            WatchLog.HandlerFailed(_log, _type.Plural, ObjectKey.Of((change.New ?? change.Old)!).ToString(), failure.ToString());
        }
    }
}
