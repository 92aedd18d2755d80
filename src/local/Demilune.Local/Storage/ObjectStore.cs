using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Local.Storage;

/// <summary>The state of the cluster: a revision counter, the current snapshot, and the recent past for watchers.</summary>
/// <remarks>
/// Readers take <see cref="Current"/> and need no lock. Writes are serialised: revision, disk, snapshot and watchers see them in one order,
/// and a change is on disk before anybody hears of it.
/// </remarks>
internal sealed class ObjectStore : IDisposable
{
    /// <summary>Changes kept for watches and continued lists; older ones answer 410 Gone. Two minutes of a very busy small cluster.</summary>
    public const int MaxHistory = 10_000;

    /// <summary>Bytes of objects kept in that history, whatever their number: 64 MiB.</summary>
    public const long MaxHistoryBytes = 64 << 20;

    private readonly Lock _lock = new();
    private readonly RevisionLog _log;
    private readonly Queue<(Change Change, Snapshot Before)> _history = new();
    private readonly HashSet<Subscription> _subscriptions = [];
    private readonly int _maxHistory;
    private long _historyBytes;
    private int _uncompacted;
    private volatile Snapshot _current = Snapshot.Empty;

    public ObjectStore(string path, int maxHistory = MaxHistory)
    {
        _maxHistory = maxHistory;
        _log = new RevisionLog(path);
        var compacted = _log.CompactedRevision;
        foreach (var (stored, deleted) in _log.ReadAll())
        {
            var before = _current.Find(stored.Resource, stored.Name);
            var change = new Change(deleted ? ChangeKind.Deleted : before is null ? ChangeKind.Added : ChangeKind.Modified, stored, before);
            var previous = _current;
            _current = _current.With(change);
            // What compaction left of older revisions is state, not history: its gaps must never be shown to a watcher.
            if (stored.Revision > compacted) Remember(change, previous);
        }
    }

    public Snapshot Current => _current;

    /// <summary>The snapshot as it was at <paramref name="revision"/>.</summary>
    /// <returns>Null when that is compacted or still to come.</returns>
    public Snapshot? At(long revision)
    {
        lock (_lock)
        {
            if (revision == _current.Revision) return _current;
            if (revision > _current.Revision) return null;
            foreach (var (change, before) in _history)
                if (change.Object.Revision > revision)
                    return before.Revision <= revision ? before : null;
            return null;
        }
    }

    /// <summary>Writes one object at the next revision.</summary>
    /// <param name="node">Its metadata.resourceVersion is set here.</param>
    /// <param name="expected">The revision it was read at, 0 when it must not exist.</param>
    /// <returns>Null when somebody else was first: read again and decide anew.</returns>
    public StoredObject? TryWrite(string resource, ObjectName name, JsonObject node, long expected)
    {
        lock (_lock)
        {
            var before = _current.Find(resource, name);
            if ((before?.Revision ?? 0) != expected) return null;
            return Commit(before is null ? ChangeKind.Added : ChangeKind.Modified, resource, name, node, before);
        }
    }

    /// <summary>Removes one object; its last state, as watchers will see it, is <paramref name="node"/>.</summary>
    public StoredObject? TryDelete(string resource, ObjectName name, JsonObject node, long expected)
    {
        lock (_lock)
        {
            var before = _current.Find(resource, name);
            if (before is null || before.Revision != expected) return null;
            return Commit(ChangeKind.Deleted, resource, name, node, before);
        }
    }

    /// <summary>Follows a resource, or all (null), from just after <paramref name="revision"/>.</summary>
    /// <returns>Null when changes since then are already forgotten: 410 Gone.</returns>
    public Subscription? TrySubscribe(string? resource, long revision)
    {
        lock (_lock)
        {
            var oldest = _history.TryPeek(out var first) ? first.Before.Revision : _current.Revision;
            if (revision < oldest) return null;
            var missed = revision >= _current.Revision
                ? []
                : _history.Where(h => h.Change.Object.Revision > revision && (resource is null || h.Change.Object.Resource == resource)).Select(h => h.Change).ToArray();
            if (missed.Length >= Subscription.MaxBacklog) return null;
            var subscription = new Subscription(resource, missed, Leave);
            _subscriptions.Add(subscription);
            return subscription;
        }
    }

    /// <summary>Ends every watch, so that their requests finish and the server can stop.</summary>
    public void EndSubscriptions()
    {
        lock (_lock)
            foreach (var subscription in _subscriptions)
                subscription.Complete();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var subscription in _subscriptions) subscription.Complete();
            _log.Dispose();
        }
    }

    private StoredObject Commit(ChangeKind kind, string resource, ObjectName name, JsonObject node, StoredObject? before)
    {
        var revision = _current.Revision + 1;
        node.Child("metadata")["resourceVersion"] = revision.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var json = JsonSerializer.SerializeToUtf8Bytes(node, JsonText.NodeInfo);
        var change = new Change(kind, StoredObject.Read(resource, name, revision, json), before);
        _log.Append(change, json);
        var previous = _current;
        _current = previous.With(change);
        Remember(change, previous);
        if (++_uncompacted >= _maxHistory) Compact();
        _subscriptions.RemoveWhere(s => (s.Resource is null || s.Resource == resource) && !s.Offer(change));
        return change.Object;
    }

    private void Remember(Change change, Snapshot before)
    {
        _history.Enqueue((change, before));
        _historyBytes += change.Object.Utf8.Length;
        while (_history.Count > _maxHistory || (_historyBytes > MaxHistoryBytes && _history.Count > 1))
            _historyBytes -= _history.Dequeue().Change.Object.Utf8.Length;
    }

    private void Compact()
    {
        _uncompacted = 0;
        if (_history.TryPeek(out var oldest)) _log.Compact(oldest.Before.Revision);
    }

    private void Leave(Subscription subscription)
    {
        lock (_lock) _subscriptions.Remove(subscription);
    }
}
