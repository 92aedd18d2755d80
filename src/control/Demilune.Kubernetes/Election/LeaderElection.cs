using Demilune.Kubernetes.Api;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Demilune.Kubernetes.Election;

/// <summary>How long a leader that went silent is waited for. The defaults are those of Kubernetes' own controllers.</summary>
/// <param name="LeaseDuration">Others may take over this long after the last renewal.</param>
/// <param name="RenewDeadline">A leader that could not renew for this long stops leading; well before others take over.</param>
/// <param name="RetryPeriod">Between attempts to acquire or renew.</param>
public sealed record ElectionTiming(TimeSpan LeaseDuration, TimeSpan RenewDeadline, TimeSpan RetryPeriod)
{
    public static readonly ElectionTiming Default = new(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2));
}

/// <summary>Of several that could act only one does, agreed upon by a Lease object.</summary>
/// <remarks>
/// Renewals are compare-and-swap on the object's resourceVersion. Expiry is judged by when *we* saw the lease change, never
/// by comparing clocks of two machines.
/// </remarks>
public sealed class LeaderElection(
    KubernetesApi api, ObjectKey lease, string identity, ILogger log, ElectionTiming? timing = null, TimeProvider? time = null)
{
    private readonly ElectionTiming _timing = timing ?? ElectionTiming.Default;
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private V1Lease? _seen;
    private long _seenAt;

    /// <summary>Runs <paramref name="lead"/> each time we lead, with a token that ends when we no longer do.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            if (!await TryAcquireAsync(cancel))
            {
                await PauseAsync(cancel);
                continue;
            }
            ElectionLog.Leading(log, lease.ToString(), identity);
            using var leading = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var work = lead(leading.Token);
            await RenewWhileAsync(work, leading.Token);
            await leading.CancelAsync();
            try
            {
                await work;
            }
            catch (OperationCanceledException)
            {
                // It was told to stop.
            }
            ElectionLog.Stopped(log, lease.ToString(), identity);
            if (cancel.IsCancellationRequested) await ReleaseAsync();
        }
    }

    /// <summary>Returns when the work is over, we are stopped, or the lease could not be renewed in time.</summary>
    private async Task RenewWhileAsync(Task work, CancellationToken cancel)
    {
        var renewed = _time.GetTimestamp();
        while (!work.IsCompleted && !cancel.IsCancellationRequested)
        {
            await Task.WhenAny(work, PauseAsync(cancel));
            if (work.IsCompleted || cancel.IsCancellationRequested) return;
            if (await TryAcquireAsync(cancel)) renewed = _time.GetTimestamp();
            else if (_time.GetElapsedTime(renewed) >= _timing.RenewDeadline) return;
        }
    }

    private async Task<bool> TryAcquireAsync(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(_timing.RenewDeadline / 2);
        try
        {
            var current = await api.FindAsync<V1Lease>(ResourceType.Leases, lease, limit.Token);
            if (current?.Metadata.ResourceVersion != _seen?.Metadata.ResourceVersion) _seenAt = _time.GetTimestamp();
            _seen = current;
            if (current is null)
            {
                _seen = await api.CreateAsync(ResourceType.Leases, Ours(new V1Lease(), acquired: true), limit.Token);
                return true;
            }
            var holder = current.Spec?.HolderIdentity;
            var mine = holder == identity;
            var duration = TimeSpan.FromSeconds(current.Spec?.LeaseDurationSeconds ?? 0);
            if (!mine && !string.IsNullOrEmpty(holder) && _time.GetElapsedTime(_seenAt) < duration) return false;
            _seen = await api.ReplaceAsync(ResourceType.Leases, Ours(current, acquired: !mine), limit.Token);
            _seenAt = _time.GetTimestamp();
            return true;
        }
        catch (Exception failure)
        {
            // Whatever went wrong, the lease is not ours for certain; the next attempt tells.
            if (!cancel.IsCancellationRequested) ElectionLog.AttemptFailed(log, lease.ToString(), failure.Message);
            return false;
        }
    }

    /// <summary>Lets the next one begin at once.</summary>
    private async Task ReleaseAsync()
    {
        if (_seen is null) return;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            _seen.Spec.HolderIdentity = "";
            await api.ReplaceAsync(ResourceType.Leases, _seen, limit.Token);
        }
        catch (Exception failure)
        {
            ElectionLog.AttemptFailed(log, lease.ToString(), $"could not release: {failure.Message}");
        }
    }

    private V1Lease Ours(V1Lease from, bool acquired)
    {
        var now = MicroTime.Of(_time.GetUtcNow());
        return new V1Lease
        {
            Metadata = from.Metadata ?? new V1ObjectMeta { Name = lease.Name, NamespaceProperty = lease.Namespace },
            Spec = new V1LeaseSpec
            {
                HolderIdentity = identity,
                LeaseDurationSeconds = (int)_timing.LeaseDuration.TotalSeconds,
                AcquireTime = acquired ? now : from.Spec.AcquireTime,
                RenewTime = now,
                LeaseTransitions = (from.Spec?.LeaseTransitions ?? 0) + (acquired && from.Spec is not null ? 1 : 0),
            },
        };
    }

    private async Task PauseAsync(CancellationToken cancel)
    {
        try
        {
            await Task.Delay(_timing.RetryPeriod, _time, cancel);
        }
        catch (OperationCanceledException)
        {
            // The loops look at the token.
        }
    }
}

/// <summary>Ids 3100-3119: leader election.</summary>
internal static partial class ElectionLog
{
    [LoggerMessage(3101, LogLevel.Information, "{Identity} leads ({Lease})")]
    public static partial void Leading(ILogger log, string lease, string identity);

    [LoggerMessage(3102, LogLevel.Information, "{Identity} no longer leads ({Lease})")]
    public static partial void Stopped(ILogger log, string lease, string identity);

    [LoggerMessage(3103, LogLevel.Warning, "Lease {Lease}: {Message}")]
    public static partial void AttemptFailed(ILogger log, string lease, string message);
}
