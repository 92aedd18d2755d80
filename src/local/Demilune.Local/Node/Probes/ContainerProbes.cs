using Demilune.Local.Node.Lifecycle;
using k8s.Models;

namespace Demilune.Local.Node.Probes;

/// <summary>The probes of one run of one container. They note verdicts; the pod's worker reads them when woken.</summary>
internal sealed class ContainerProbes : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly NodeServices _node;
    private readonly V1Pod _pod;
    private readonly V1Container _container;
    private readonly ProbeTarget _target;
    private readonly Action _changed;
    private readonly Task _running;
    private volatile bool _started;
    private volatile bool _ready;
    private volatile string? _unhealthy;

    /// <param name="address">Where the container listens.</param>
    /// <param name="started">After a restart of the node: its startup probe succeeded before.</param>
    /// <param name="ready">After a restart of the node: what readiness last said.</param>
    public ContainerProbes(
        NodeServices node, V1Pod pod, V1Container container, string containerId, string address, bool started, bool ready, Action changed)
    {
        (_node, _pod, _container, _changed) = (node, pod, container, changed);
        _target = new ProbeTarget(node.Runtime, containerId, address, container);
        _started = started || container.StartupProbe is null;
        _ready = container.ReadinessProbe is null || ready;
        _running = RunAsync(_stop.Token);
    }

    public ContainerObservation Apply(ContainerObservation seen) => seen with { Started = _started, Ready = _ready, Unhealthy = _unhealthy };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            // The other probes wait for the startup probe: that is what it is for.
            if (!_started) await StartAsync(_container.StartupProbe, cancellation);
            if (_unhealthy is not null) return;
            await Task.WhenAll(
                WatchAsync("Liveness", _container.LivenessProbe, true, Liveness, cancellation),
                WatchAsync("Readiness", _container.ReadinessProbe, _ready, Readiness, cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The run is over.
        }
    }

    /// <summary>Until the first success, or as many failures as the probe allows: those need not be in a row with anything.</summary>
    private async Task StartAsync(V1Probe probe, CancellationToken cancellation)
    {
        await DelayAsync(probe.InitialDelaySeconds ?? 0, cancellation);
        for (var failures = 1; !await SucceedsAsync("Startup", probe, cancellation); failures++)
        {
            if (failures >= (probe.FailureThreshold ?? 3))
            {
                _unhealthy = $"Container {_container.Name} failed startup probe, will be restarted";
                _changed();
                return;
            }
            await DelayAsync(Period(probe), cancellation);
        }
        _started = true;
        _changed();
    }

    /// <param name="tell">Hears what the probe stands for after each result; false: no more are wanted.</param>
    private async Task WatchAsync(string kind, V1Probe? probe, bool healthy, Func<bool, bool> tell, CancellationToken cancellation)
    {
        if (probe is null) return;
        var state = new ProbeState(healthy);
        await DelayAsync(probe.InitialDelaySeconds ?? 0, cancellation);
        while (true)
        {
            state = state.Next(await SucceedsAsync(kind, probe, cancellation), probe);
            if (!tell(state.Healthy)) return;
            await DelayAsync(Period(probe), cancellation);
        }
    }

    private async Task<bool> SucceedsAsync(string kind, V1Probe probe, CancellationToken cancellation)
    {
        if (await _target.TryAsync(probe, cancellation) is not { } failure) return true;
        _node.Api.Record(_pod, EventSeverity.Warning, "Unhealthy", $"{kind} probe failed: {failure}");
        return false;
    }

    private Task DelayAsync(int seconds, CancellationToken cancellation) => Task.Delay(TimeSpan.FromSeconds(seconds), _node.Time, cancellation);

    private static int Period(V1Probe probe) => Math.Max(1, probe.PeriodSeconds ?? 10);

    private bool Liveness(bool healthy)
    {
        if (healthy) return true;
        _unhealthy = $"Container {_container.Name} failed liveness probe, will be restarted";
        _changed();
        return false;
    }

    private bool Readiness(bool healthy)
    {
        if (_ready == healthy) return true;
        _ready = healthy;
        _changed();
        return true;
    }
}
