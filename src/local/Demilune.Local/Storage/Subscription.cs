using System.Threading.Channels;

namespace Demilune.Local.Storage;

/// <summary>The changes of one resource from a revision on. Ends by itself when its reader is slower than the cluster.</summary>
internal sealed class Subscription : IDisposable
{
    /// <summary>Changes a watcher may lag behind. client-go's caches lag by tens; beyond this a fresh list is cheaper than waiting.</summary>
    public const int MaxBacklog = 4096;

    private readonly Action<Subscription> _leave;
    private readonly Channel<Change> _changes = Channel.CreateBounded<Change>(MaxBacklog);

    public Subscription(string? resource, IEnumerable<Change> missed, Action<Subscription> leave)
    {
        Resource = resource;
        _leave = leave;
        foreach (var change in missed) Offer(change);
    }

    /// <summary>The group resource, or null for all of them.</summary>
    public string? Resource { get; }

    public ChannelReader<Change> Changes => _changes.Reader;

    /// <returns>False when the reader is too slow: the subscription has ended and the watcher comes back with a new one.</returns>
    public bool Offer(Change change) => _changes.Writer.TryWrite(change) || !_changes.Writer.TryComplete();

    public void Complete() => _changes.Writer.TryComplete();

    public void Dispose()
    {
        _leave(this);
        Complete();
    }
}
