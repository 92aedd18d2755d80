using System.Collections.Immutable;
using System.Threading.Channels;
using Demilune.Kubernetes.Api;
using Demilune.Local.Node.Containers;
using Demilune.Local.Node.Lifecycle;
using Demilune.Local.Node.Probes;
using k8s.Models;

namespace Demilune.Local.Node;

/// <summary>
/// Looks after one pod: observes, asks <see cref="PodPlan"/>, acts, reports; one step at a time, by itself alone. Everything that happens
/// elsewhere (a new version of the pod, an exit, a probe's verdict) only wakes it.
/// </summary>
internal sealed class PodWorker
{
    /// <summary>Exits are announced; this is for what is not (a conmon that died, a ConfigMap that changed, a log that grew).</summary>
    private static readonly TimeSpan LookAround = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    private readonly NodeServices _node;
    private readonly ContainerStarter _starter;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource _firstLook = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, ContainerProbes> _probes = new(StringComparer.Ordinal);
    private volatile V1Pod _pod;
    private volatile PodObservation _seen = new();
    private V1PodStatus? _published;
    private volatile bool _gone;
    private volatile bool _forced;
    private DateTimeOffset _volumesAt;
    private int _failures;

    /// <param name="gone">The API server knows the pod no more: take it down and tell nobody.</param>
    public PodWorker(NodeServices node, V1Pod pod, bool gone = false)
    {
        _node = node;
        _starter = new ContainerStarter(node);
        _pod = gone ? AsDeleted(pod) : pod;
        _gone = gone;
    }

    public V1Pod Pod => _pod;

    /// <summary>What was last seen; anybody may read it.</summary>
    public PodObservation Seen => _seen;

    /// <summary>Completes when the pod was looked at for the first time: before that <see cref="Seen"/> knows nothing of a former process's containers.</summary>
    public Task FirstLook => _firstLook.Task;

    public void Update(V1Pod pod)
    {
        if (_gone) return;
        _pod = pod;
        Wake();
    }

    /// <param name="forced">Nobody will come to try again: a CNI plugin that refuses DEL does not hold the rest up.</param>
    public void Gone(bool forced = false)
    {
        _forced |= forced;
        _pod = AsDeleted(_pod);
        _gone = true;
        Wake();
    }

    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Until the pod is gone from this machine, or cancelled: then its containers run on.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        Restore();
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                if (await StepAsync(cancellation) is not { } pause) return;
                await WaitAsync(pause, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The node stops; its containers do not.
        }
        finally
        {
            foreach (var probes in _probes.Values) await probes.DisposeAsync();
        }
    }

    /// <returns>How long nothing needs to be done; null when the pod is no more.</returns>
    private async Task<TimeSpan?> StepAsync(CancellationToken cancellation)
    {
        try
        {
            var pod = _pod;
            await ObserveAsync(pod, cancellation);
            _firstLook.TrySetResult();
            var plan = PodPlan.Next(pod, _seen, Now);
            foreach (var action in plan.Actions)
            {
                if (action is PodAction.Forget)
                {
                    await ForgetAsync(pod, cancellation);
                    return null;
                }
                await PerformAsync(pod, action, cancellation);
            }
            await PublishAsync(pod, cancellation);
            _failures = 0;
            if (plan.Actions.Count > 0) return TimeSpan.Zero;
            return plan.WakeAt is { } wake && wake - Now < LookAround ? wake - Now : LookAround;
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            // The boundary of a pod: whatever went wrong with this one is said and tried again, and the others do not notice.
            _failures++;
            _firstLook.TrySetResult();
            NodeLog.PodFailed(_node.Log, ObjectKey.Of(_pod).ToString(), error.Message);
            return Retry(_failures);
        }
    }

    private async Task PerformAsync(V1Pod pod, PodAction action, CancellationToken cancellation)
    {
        switch (action)
        {
            case PodAction.CreateSandbox:
                await CreateSandboxAsync(pod, cancellation);
                break;
            case PodAction.RemoveSandbox:
                await RemoveSandboxAsync(pod, cancellation);
                break;
            case PodAction.Start start:
                await StartAsync(pod, start.Container, start.Attempt, cancellation);
                break;
            case PodAction.Stop stop:
                _node.Api.Record(pod, EventSeverity.Normal, "Killing", $"Stopping container {stop.Container.Name}{(stop.Why is "Stopping container" ? "" : $": {stop.Why}")}");
                Set(stop.Container, _seen.Of(stop.Container.Name) with { Stopping = new Stopping(Now, stop.Deadline) });
                await EndProbesAsync(stop.Container);
                _ = StopAsync(stop.Container, _seen.Of(stop.Container.Name).ContainerId!, stop.Deadline, cancellation);
                break;
            case PodAction.Kill kill:
                var victim = _seen.Of(kill.Container.Name);
                await _node.Runtime.SignalAsync(victim.ContainerId!, "KILL", cancellation);
                Set(kill.Container, victim with { Stopping = victim.Stopping! with { Killed = true } });
                break;
        }
    }

    private async Task CreateSandboxAsync(V1Pod pod, CancellationToken cancellation)
    {
        try
        {
            _seen = _seen with { Sandbox = new SandboxState.Ready(await _node.Sandbox.CreateAsync(pod, _node.HostAddresses, cancellation)) };
        }
        catch (NodeException error)
        {
            var attempts = _seen.Sandbox is SandboxState.Failed before ? before.Attempts + 1 : 1;
            _seen = _seen with { Sandbox = new SandboxState.Failed(error.Message, attempts, Now + Retry(attempts)) };
            _node.Api.Record(pod, EventSeverity.Warning, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {error.Message}");
        }
    }

    private async Task RemoveSandboxAsync(V1Pod pod, CancellationToken cancellation)
    {
        try
        {
            await _node.Sandbox.ReleaseNetworkAsync(pod, cancellation);
        }
        catch (NodeException error) when (_forced)
        {
            // What the plugin made inside the namespace goes with it; what it keeps elsewhere is its own uninstaller's.
            NodeLog.PodFailed(_node.Log, ObjectKey.Of(pod).ToString(), error.Message);
        }
        await _node.Sandbox.RemoveNamespacesAsync(pod, cancellation);
        _seen = _seen with { Sandbox = new SandboxState.None() };
    }

    private async Task StartAsync(V1Pod pod, V1Container container, int attempt, CancellationToken cancellation)
    {
        var before = _seen.Of(container.Name);
        var id = ContainerIdentity.Of(pod.Metadata.Uid, container.Name, attempt);
        try
        {
            if (before.ContainerId is { } last) await _starter.RemoveAsync(last, cancellation);
            var image = await _starter.StartAsync(pod, container, id, attempt, ((SandboxState.Ready)_seen.Sandbox).Addresses, cancellation);
            Set(container, new ContainerObservation
            {
                State = new ContainerState.Running(Now),
                Last = before.State is ContainerState.Terminated ended ? ended.How : before.Last,
                Attempt = attempt, Crashes = before.Crashes, ContainerId = id, ImageId = image,
                Started = container.StartupProbe is null,
                Ready = container.ReadinessProbe is null,
            });
            DropOldLogs(pod, container, attempt);
            _node.Api.Record(pod, EventSeverity.Normal, "Pulled", $"Container image \"{container.Image}\" already present on machine");
            _node.Api.Record(pod, EventSeverity.Normal, "Created", $"Created container: {container.Name}");
            _node.Api.Record(pod, EventSeverity.Normal, "Started", $"Started container {container.Name}");
            StartProbes(pod, container, id);
        }
        catch (NodeException error)
        {
            var failures = (before.State as ContainerState.Waiting)?.Failures + 1 ?? 1;
            var reason = error.Reason is "ErrImagePull" && failures > 1 ? "ImagePullBackOff" : error.Reason;
            Set(container, before with
            {
                State = new ContainerState.Waiting(reason, error.Message, Now + Retry(failures), failures),
                Last = before.State is ContainerState.Terminated ended ? ended.How : before.Last,
            });
            _node.Api.Record(pod, EventSeverity.Warning, "Failed", $"Error: {error.Message}");
        }
    }

    /// <summary>preStop within the grace period, then the stop signal; what is still there at the deadline is killed by the plan.</summary>
    private async Task StopAsync(V1Container container, string id, DateTimeOffset deadline, CancellationToken cancellation)
    {
        try
        {
            if (container.Lifecycle?.PreStop is { } hook && deadline > Now)
            {
                var left = deadline - Now;
                if (hook.Exec?.Command is { Count: > 0 } command)
                {
                    var line = _node.Runtime.ExecCommand(id, [.. command], terminal: false);
                    var outcome = await HostCommand.RunAsync(line[0], [.. line.Skip(1)], left, cancellation);
                    if (!outcome.Succeeded) _node.Api.Record(_pod, EventSeverity.Warning, "FailedPreStopHook", $"PreStopHook failed: {outcome.Complaint}");
                }
                else if (hook.Sleep is { } sleep)
                {
                    await Task.Delay(TimeSpan.FromSeconds(Math.Min(sleep.Seconds, left.TotalSeconds)), _node.Time, cancellation);
                }
            }
            await _node.Runtime.SignalAsync(id, container.Lifecycle?.StopSignal ?? "TERM", cancellation);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            NodeLog.PodFailed(_node.Log, ObjectKey.Of(_pod).ToString(), error.Message);   // the deadline's kill follows
        }
        catch (OperationCanceledException)
        {
            // The node stops; after its restart the plan asks again.
        }
        Wake();
    }

    private async Task ObserveAsync(V1Pod pod, CancellationToken cancellation)
    {
        foreach (var container in PodOutcome.AllContainers(pod))
        {
            var seen = _seen.Of(container.Name);
            if (seen.State is not ContainerState.Running running || seen.ContainerId is not { } id) continue;
            if (_probes.TryGetValue(container.Name, out var probes)) seen = probes.Apply(seen);
            if (Ended(pod, container, id, running) is not { } end)
            {
                Set(container, seen);
                await Logs.LogRotation.RotateAsync(_node.Paths.Log(pod.Metadata.Uid, container.Name, seen.Attempt ?? 0), () => _node.Runtime.ReopenLogAsync(id, cancellation));
                continue;
            }
            var how = end with { Message = end.Message ?? _starter.TerminationMessage(pod, container, seen.Attempt ?? 0, end) };
            await EndProbesAsync(container);
            await _starter.RemoveAsync(id, cancellation);
            var crashes = CrashLoop.Count(seen.Crashes, how);
            Set(container, seen with { State = new ContainerState.Terminated(how), Crashes = crashes, Started = false, Ready = false, Stopping = null, Unhealthy = null });
            if (CrashLoop.Delay(crashes) > TimeSpan.Zero && PodOutcome.Restarts(pod, container, how) && pod.Metadata.DeletionTimestamp is null)
                _node.Api.Record(pod, EventSeverity.Warning, "BackOff", $"Back-off restarting failed container {container.Name} in pod {pod.Metadata.Name}_{pod.Metadata.NamespaceProperty}({pod.Metadata.Uid})");
        }
        if (_seen.Sandbox is SandboxState.Ready { Addresses: var addresses } && pod.Metadata.DeletionTimestamp is null && _failures == 0 && Due())
            await _node.Volumes.PrepareAsync(pod, addresses, cancellation);
    }

    /// <summary>ConfigMaps and Secrets are read again from time to time, as kubelet does, but not at each step.</summary>
    private bool Due()
    {
        var now = Now;
        if (_volumesAt == default) _volumesAt = now;
        if (now - _volumesAt < LookAround) return false;
        _volumesAt = now;
        return true;
    }

    private Termination? Ended(V1Pod pod, V1Container container, string id, ContainerState.Running running)
    {
        var exit = _node.Runtime.Exit(id);
        if (exit is null)
        {
            if (_node.Runtime.IsRunning(id) || _node.Runtime.IsWatched(id)) return null;
            exit = _node.Runtime.Exit(id);      // it wrote the code and went while we looked
        }
        return exit is var (code, at)
            ? new Termination(id, code, Cgroups.OutOfMemory($"{_node.Paths.CgroupParent}/{pod.Metadata.Uid}/{container.Name}") ? "OOMKilled" : code == 0 ? "Completed" : "Error", null, running.StartedAt, at)
            : new Termination(id, 137, "ContainerStatusUnknown", "the container could not be located when the node looked for it", running.StartedAt, Now);
    }

    private async Task ForgetAsync(V1Pod pod, CancellationToken cancellation)
    {
        await PodRemains.RemoveAsync(_node, pod.Metadata.Uid, cancellation);
        if (_gone) return;
        await PublishAsync(pod, cancellation);
        await _node.Api.ConfirmDeletedAsync(pod, cancellation);
    }

    private async Task PublishAsync(V1Pod pod, CancellationToken cancellation)
    {
        if (_gone) return;
        var status = PodReport.Status(_published is null ? pod : pod with { Status = _published }, _seen, _node.HostAddresses, Now);
        if (_published is not null && ObjectJson.Write(_published) == ObjectJson.Write(status)) return;
        if (await _node.Api.WriteStatusAsync(pod, status, cancellation)) _published = status;
    }

    /// <summary>What stood before this process began: nothing that runs is touched.</summary>
    private void Restore()
    {
        var pod = _pod;
        var folder = _node.Paths.Pod(pod.Metadata.Uid);
        Directory.CreateDirectory(folder);
        RecordJson.Write(Path.Combine(folder, "pod.json"), ObjectJson.Write(pod));
        _seen = _seen with { StartTime = Now };
        // A record without a standing sandbox still owes its DEL: Failed says "not none", and its time has come.
        if (_node.Sandbox.Adopt(pod, _node.HostAddresses) is { } addresses) _seen = _seen with { Sandbox = new SandboxState.Ready(addresses) };
        else if (File.Exists(Sandbox.RecordFile(_node.Paths, pod.Metadata.Uid))) _seen = _seen with { Sandbox = new SandboxState.Failed("the node was interrupted", 0, Now) };
        foreach (var container in PodOutcome.AllContainers(pod))
        {
            if (ContainerRecord.Read(ContainerRecord.File(_node.Paths, pod.Metadata.Uid, container.Name)) is not { } record) continue;
            var seen = record.Restore();
            if (seen.State is ContainerState.Running && seen.ContainerId is { } id)
            {
                // Until its probes speak again, a container is what the API server was last told of it.
                var told = (pod.Status?.ContainerStatuses ?? []).Concat(pod.Status?.InitContainerStatuses ?? []).FirstOrDefault(status => status.Name == container.Name);
                seen = seen with { Started = container.StartupProbe is null || told?.Started is true, Ready = container.ReadinessProbe is null || told?.Ready is true };
                if (_node.Runtime.IsRunning(id)) StartProbes(pod, container, id, seen.Started, seen.Ready);
            }
            _seen = _seen.With(container.Name, seen);
        }
    }

    private void StartProbes(V1Pod pod, V1Container container, string id, bool started = false, bool ready = false)
    {
        if (container.StartupProbe is null && container.LivenessProbe is null && container.ReadinessProbe is null) return;
        var address = _seen.Sandbox is SandboxState.Ready { Addresses: [var first, ..] } ? first : "127.0.0.1";
        _probes[container.Name] = new ContainerProbes(_node, pod, container, id, address, started, ready, Wake);
    }

    private async Task EndProbesAsync(V1Container container)
    {
        if (_probes.Remove(container.Name, out var probes)) await probes.DisposeAsync();
    }

    private void Set(V1Container container, ContainerObservation seen)
    {
        var before = _seen.Of(container.Name);
        if (before == seen) return;
        _seen = _seen.With(container.Name, seen);
        var (was, now) = (ContainerRecord.Of(before), ContainerRecord.Of(seen));
        if (was != now) now.Write(ContainerRecord.File(_node.Paths, _pod.Metadata.Uid, container.Name));
    }

    /// <summary>The current run's log and the one before it are kept, as kubectl logs --previous needs.</summary>
    private void DropOldLogs(V1Pod pod, V1Container container, int attempt)
    {
        if (attempt < 2) return;
        var log = _node.Paths.Log(pod.Metadata.Uid, container.Name, attempt - 2);
        File.Delete(log);
        File.Delete(log + ".1");
        File.Delete(_node.Paths.Exit(ContainerIdentity.Of(pod.Metadata.Uid, container.Name, attempt - 2)));
    }

    private async Task WaitAsync(TimeSpan pause, CancellationToken cancellation)
    {
        if (pause <= TimeSpan.Zero) return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(pause);
        try
        {
            await _wake.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Time to look again.
        }
    }

    private static TimeSpan Retry(int failures) =>
        FirstRetry * Math.Pow(2, Math.Min(failures - 1, 10)) is var pause && pause < LongestRetry ? pause : LongestRetry;

    private DateTimeOffset Now => _node.Time.GetUtcNow();

    /// <summary>A pod that the API server has forgotten ends at once: nobody waits for its grace.</summary>
    private static V1Pod AsDeleted(V1Pod pod) =>
        pod with { Metadata = pod.Metadata with { DeletionTimestamp = DateTime.UtcNow, DeletionGracePeriodSeconds = 0 } };
}
