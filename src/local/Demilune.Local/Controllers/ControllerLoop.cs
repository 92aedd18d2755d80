using Demilune.Local.Storage;

namespace Demilune.Local.Controllers;

/// <summary>A controller inside the server: looks at the whole state whenever something it cares about changed, and again when it asks to.</summary>
/// <remarks>Level-triggered: it is never told what happened, so nothing can be missed. States of a local cluster are small enough to look at whole.</remarks>
internal abstract partial class ControllerLoop(ObjectStore store, TimeProvider time, ILogger log) : BackgroundService
{
    /// <summary>Changes that come close together are looked at together.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan RetryAfterError = TimeSpan.FromSeconds(1);

    protected ObjectStore Store => store;

    protected DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The group resources to wake up for.</summary>
    protected abstract IReadOnlySet<string> Watched { get; }

    /// <summary>Brings the state one step nearer to what it should be.</summary>
    /// <returns>When to look again even if nothing changes; null: not before something does.</returns>
    protected abstract TimeSpan? Reconcile(Snapshot cluster);

    protected virtual bool Concerns(Change change) => Watched.Contains(change.Object.Resource);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();     // the host starts its services one after the other
        while (!stoppingToken.IsCancellationRequested)
        {
            using var subscription = store.TrySubscribe(null, store.Current.Revision);
            if (subscription is null) continue;
            try
            {
                await FollowAsync(subscription, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The worker boundary: one bad object must not end the controller. It looks again, from the start.
                Failed(log, e, GetType().Name);
                await Task.Delay(RetryAfterError, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task FollowAsync(Subscription subscription, CancellationToken cancellation)
    {
        while (true)
        {
            var again = Reconcile(store.Current);
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (again is { } delay) waiting.CancelAfter(delay);
            try
            {
                var woken = false;
                while (!woken)
                {
                    if (!await subscription.Changes.WaitToReadAsync(waiting.Token)) return;
                    while (subscription.Changes.TryRead(out var change)) woken |= Concerns(change);
                }
                await Task.Delay(Gather, time, cancellation);
                while (subscription.Changes.TryRead(out _))
                {
                    // Reconcile sees all of them at once.
                }
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // It is time to look again.
            }
        }
    }

    [LoggerMessage(1200, LogLevel.Error, "{Controller} failed; it tries again")]
    private static partial void Failed(ILogger log, Exception error, string controller);
}
