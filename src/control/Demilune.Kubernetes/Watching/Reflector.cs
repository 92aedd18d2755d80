using System.Globalization;
using System.Net;
using Demilune.Kubernetes.Api;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Demilune.Kubernetes.Watching;

/// <summary>Keeps a copy of a collection: list, then watch, for ever.</summary>
/// <remarks>
/// <code>
///  list ──ok──► watch at its version ──event──► hand on, remember version
///   ▲            │ ended: watch again        │ 410, or failed three times in a row
///   └────────────┴── after a backoff ────────┘
/// </code>
/// Versions grow. What a watch brings that is older than what it brought before came late, and would undo what is known. A server whose version is
/// smaller than ours was restored from a backup: its watches would be silent until it has caught up, so before going on it is asked where it stands.
/// It ends only when cancelled: whatever a server answers, the worst that happens is a pause.
/// </remarks>
internal sealed class Reflector<T>(
    KubernetesApi api, ResourceType type, ResourceScope scope, IReflection<T> reflection, ILogger log, TimeProvider time)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>A server that has lost our history need not say 410 (a restored backup); then only a list helps.</summary>
    private const int WatchFailuresBeforeList = 3;

    public Backoff Backoff { get; init; } = Backoff.Watching;

    /// <summary>Kubernetes' own clients ask for 5 to 10 minutes, spread so that the watches of a client do not end together.</summary>
    public TimeSpan WatchDuration { get; init; } = TimeSpan.FromMinutes(5);

    public async Task RunAsync(CancellationToken cancel)
    {
        var failures = 0;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var list = await api.ListAsync<T>(type, scope, cancel);
                reflection.Replaced(list.Items);
                failures = 0;
                await WatchAsync(list.ResourceVersion, cancel);
            }
            catch (Exception) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                failures++;
                WatchLog.ListFailed(log, type.Plural, failures, failure.Message);
                reflection.Failed(failure);
            }
            await WaitAsync(Math.Max(failures, 1), cancel);
        }
    }

    /// <summary>Returns when only a new list can help.</summary>
    private async Task WatchAsync(string version, CancellationToken cancel)
    {
        var failures = 0;
        for (var isFirst = true; !cancel.IsCancellationRequested && failures < WatchFailuresBeforeList; isFirst = false)
        {
            var started = time.GetTimestamp();
            var heard = false;
            try
            {
                if (!isFirst && await api.VersionAsync(type, scope, cancel) is var there && IsOlder(there, version))
                {
                    WatchLog.Restored(log, type.Plural, there, version);
                    return;
                }
                await foreach (var change in api.WatchAsync<T>(type, scope, version, Spread(WatchDuration), cancel))
                {
                    heard = true;
                    failures = 0;
                    if (IsOlder(change.ResourceVersion, version)) continue;
                    if (change.ResourceVersion.Length > 0) version = change.ResourceVersion;
                    if (change.Object is { } obj) reflection.Changed(change.Kind, obj);
                }
                // Ended in order. A server that ends each watch at once must not be asked in a busy loop.
                if (heard || time.GetElapsedTime(started) > TimeSpan.FromSeconds(1)) continue;
                failures++;
            }
            catch (Exception) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (ApiException refusal) when (refusal.IsExpired)
            {
                WatchLog.Expired(log, type.Plural, version);
                return;
            }
            catch (ApiException refusal) when (refusal.Status == HttpStatusCode.NotFound)
            {
                // The kind itself is gone (its CustomResourceDefinition was deleted): a list will tell.
                return;
            }
            catch (Exception failure)
            {
                failures++;
                WatchLog.WatchFailed(log, type.Plural, version, failures, failure.Message);
                reflection.Failed(failure);
            }
            await WaitAsync(Math.Max(failures, 1), cancel);
        }
    }

    /// <summary>Versions are numbers that grow, of all objects of a kind together (KEP-5504); what is none cannot be compared.</summary>
    private static bool IsOlder(string one, string other) =>
        ulong.TryParse(one, NumberStyles.None, CultureInfo.InvariantCulture, out var first) && ulong.TryParse(other, NumberStyles.None, CultureInfo.InvariantCulture, out var second) && first < second;

    private async Task WaitAsync(int failures, CancellationToken cancel)
    {
        try
        {
            await Task.Delay(Backoff.After(failures), time, cancel);
        }
        catch (OperationCanceledException)
        {
            // The callers' loops look at the token.
        }
    }

#pragma warning disable CA5394      // Spreads load; nobody gains by guessing it.
    private static TimeSpan Spread(TimeSpan duration) => duration * (1 + Random.Shared.NextDouble());
#pragma warning restore CA5394
}

/// <summary>Who is told.</summary>
internal interface IReflection<T>
    where T : class
{
    void Replaced(IReadOnlyList<T> objects);

    void Changed(WatchKind kind, T obj);

    void Failed(Exception failure);
}
