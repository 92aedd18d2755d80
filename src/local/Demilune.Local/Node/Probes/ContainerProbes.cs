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
            if (!_started) await WatchAsync("Startup", _container.StartupProbe, false, Startup, cancellation);
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

    /// <returns>When the handler says that no more results are wanted.</returns>
    private async Task WatchAsync(string kind, V1Probe? probe, bool healthy, Func<ProbeState, bool, bool> tell, CancellationToken cancellation)
    {
        if (probe is null) return;
        var state = new ProbeState(healthy);
        await Task.Delay(TimeSpan.FromSeconds(probe.InitialDelaySeconds ?? 0), _node.Time, cancellation);
        while (true)
        {
            var failure = await _target.TryAsync(probe, cancellation);
            if (failure is not null) _node.Api.Record(_pod, EventSeverity.Warning, "Unhealthy", $"{kind} probe failed: {failure}");
            var next = state.Next(failure is null, probe);
            // A startup probe begins as not healthy, so its failures never "change" it: they are counted here.
            var exhausted = !state.Healthy && kind is "Startup" && failure is not null && ++_startupFailures >= (probe.FailureThreshold ?? 3);
            state = next;
            if (!tell(state, exhausted)) return;
            await Task.Delay(TimeSpan.FromSeconds(Math.Max(1, probe.PeriodSeconds ?? 10)), _node.Time, cancellation);
        }
    }

    private int _startupFailures;

    private bool Startup(ProbeState state, bool exhausted)
    {
        if (state.Healthy) _started = true;
        else if (exhausted) _unhealthy = $"Container {_container.Name} failed startup probe, will be restarted";
        else return true;
        _changed();
        return false;
    }

    private bool Liveness(ProbeState state, bool exhausted)
    {
        if (state.Healthy) return true;
        _unhealthy = $"Container {_container.Name} failed liveness probe, will be restarted";
        _changed();
        return false;
    }

    private bool Readiness(ProbeState state, bool exhausted)
    {
        if (_ready == state.Healthy) return true;
        _ready = state.Healthy;
        _changed();
        return true;
    }
}
