using System.Collections.Immutable;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Events;
using Demilune.Kubernetes.PodNetworks;
using Demilune.Kubernetes.Queue;
using Demilune.Kubernetes.Status;
using Demilune.Kubernetes.Watching;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Raven.Applying;
using Demilune.Raven.Design;
using Demilune.Raven.Facts;
using Demilune.Raven.Planning;
using Demilune.Raven.Reporting;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Demilune.Raven;

/// <summary>Makes the network what Kubernetes asks for, and keeps it so.</summary>
/// <remarks>
/// <code>
///  any change ──(20 ms)──► facts ─► intent ─► design ─► plan ─► apply ──► plan again, until there is nothing to do
///                              failed: read the network anew, with growing pauses
/// </code>
/// Each step looks only at what the one before touched; after a failure, and every minute, all of it is compared.
/// Level-triggered, one loop: it never matters what happened, only what is. Killed at any point it goes on from what it finds.
/// </remarks>
public sealed class RavenController : IPodNetworks
{
    private const string Everything = "network";
    private const string PortStatus = "status of ports";

    private static readonly TimeSpan ShortestStatusPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestStatusPause = TimeSpan.FromSeconds(10);

    private readonly ClusterInformers _informers;
    private readonly RavenOptions _options;
    private readonly EventRecorder _events;
    private readonly PolicyReports _reports;
    private readonly ILogger _log;
    private readonly ClusterFollower _facts;
    private readonly Convergence _network;
    private readonly WorkQueue<string> _queue;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stale = true;
    private TimeSpan _statusPause = ShortestStatusPause;
    private int _awaited;
    private HashSet<PolicyProblem> _reported = [];

    /// <summary>Policies whose status may say something else than it should; null: all of them.</summary>
    private HashSet<PolicyId>? _unwritten;

    public RavenController(ClusterInformers informers, INeutron neutron, RavenOptions options, EventRecorder events, StatusWriter status, TimeProvider time, ILogger<RavenController> log)
    {
        if (options.ClusterName.Length is 0 or > 40) throw new ArgumentException("the cluster's name needs 1 to 40 characters", nameof(options));
        (_informers, _options, _events, _log) = (informers, options, events, log);
        _reports = new PolicyReports(informers, status, time);
        _queue = new WorkQueue<string>(new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(15)));
        _network = new Convergence(neutron, options) { Noted = options.SlowPorts ? () => _queue.Add(Everything) : null };
        _facts = new ClusterFollower(informers, Wake, (pod, problem) => events.Warning(ResourceType.Pods, pod, "InvalidBandwidth", problem));
    }

    public event Action? Changed;

    public ImmutableDictionary<string, PodNetwork> Current { get; private set; } = ImmutableDictionary<string, PodNetwork>.Empty;

    /// <summary>The network as it now is, whenever it was looked at or changed: all that is ours, with everything nodes need of it. Handlers are quick.</summary>
    public event Action<IEnumerable<Resource>>? NetworkSeen;

    /// <summary>Completes when the network was once found to be as it should.</summary>
    public Task Synced => _synced.Task;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await _informers.Synced.WaitAsync(cancel);
        // Another controller may have led meanwhile.
        _stale = true;
        _queue.Add(Everything);
        _ = RereadAsync(cancel);
        await _queue.RunAsync((what, token) => what == PortStatus ? ReadStatusAsync(token) : ReconcileAsync(token), Failed, cancel);
    }

    private async Task ReconcileAsync(CancellationToken cancel)
    {
        try
        {
            var everything = _stale;
            _stale = false;
            if (everything && await _network.ReadAsync(cancel)) _facts.Forget();
            if (everything) _unwritten = null;
            _facts.Look(_network.Compiler, _network.Designer, everything);
            _network.Nodes = _informers.Nodes.Store.Current.Objects.Values.Select(node => node.Metadata.Name);
            var rounds = 0;
            await _network.RunAsync(everything, keys => Publish(keys, isDone: rounds++ > 0), plan => RavenLog.Applying(_log, plan.Length, plan[0].ToString()), cancel);
            Show();
            if (_network.IsSettled) _synced.TrySetResult();
            _unwritten?.UnionWith(_network.Designer.TakeRedesigned());
            await WriteStatusAsync(cancel);
        }
        catch (NotAppliedException failure)
        {
            _stale = true;
            foreach (var one in failure.Failures.Take(10)) RavenLog.OperationFailed(_log, one.Operation.ToString(), one.Message);
            throw;
        }
        catch
        {
            _stale = true;
            throw;
        }
    }

    /// <param name="keys">Of what may be otherwise; null: of everything.</param>
    /// <param name="isDone">Something was done: before that, what is kept beside a cloud may not be what it should.</param>
    private void Publish(IReadOnlySet<string>? keys, bool isDone)
    {
        if (isDone) Show();
        Report(_network.Designer.Desired.Problems);
        var current = keys is null ? ImmutableDictionary.CreateBuilder<string, PodNetwork>() : Current.ToBuilder();
        foreach (var uid in keys?.Select(Key.PodOf).OfType<string>() ?? _network.Designer.Placed.Select(pod => pod.Uid))
            if (_network.Designer.FindPlaced(uid) is { } pod)
                current[uid] = PodNetworkView.Of(_options.ClusterName, pod, _network.Compiler.Intent.PodsByUid.GetValueOrDefault(uid), _network.Snapshot);
            else current.Remove(uid);
        Current = current.ToImmutable();
        Changed?.Invoke();
    }

    /// <summary>Tells authors of policies what of them has no effect: once, until it changes.</summary>
    private void Report(IEnumerable<PolicyProblem> problems)
    {
        var now = problems.ToHashSet();
        foreach (var told in now.Except(_reported))
        {
            var key = new ObjectKey(told.Policy.Namespace, told.Policy.Local);
            switch (told.Kind)
            {
                case PolicyKind.NetworkPolicy when _informers.NetworkPolicies.Store.Current.Find(key) is { } policy:
                    _events.Warning(ResourceType.NetworkPolicies, policy, "Ineffective", told.Problem);
                    break;
                case PolicyKind.InspectionPolicy when _informers.InspectionPolicies.Store.Current.Find(key) is { } policy:
                    _events.Warning(Kubernetes.Crds.InspectionPolicy.Resource, policy, "Ineffective", told.Problem);
                    break;
                case PolicyKind.ClusterNetworkPolicy when _informers.ClusterNetworkPolicies.Store.Current.Find(key) is { } policy:
                    _events.Warning(Kubernetes.Crds.ClusterNetworkPolicy.Resource, policy, "Ineffective", told.Problem);
                    break;
                default:
                    break;      // gone meanwhile
            }
        }
        _reported = now;
    }

    /// <summary>What is in the network is, whether Kubernetes hears of it or not; it is told again at the next change or reading.</summary>
    private async Task WriteStatusAsync(CancellationToken cancel)
    {
        try
        {
            await _reports.WriteAsync(_network.Designer.Desired.ProblemsOf, _unwritten, cancel);
            _unwritten = [];
        }
        catch (Exception failure) when (failure is ApiException or HttpRequestException or TimeoutException or IOException)
        {
            RavenLog.StatusNotWritten(_log, failure.Message);
        }
    }

    private void Show()
    {
        if (NetworkSeen is not { } seen) return;
        _network.Shortage ??= shortage => RavenLog.Shortage(_log, shortage);
        // A cloud's classifier has no place for the tag of the policy that judges it: it is in its description.
        seen([.. _network.Snapshot.Everything.Where(resource => resource is not Port { DeviceOwner: DeviceOwners.Spare }).Select(Shown)]);
        WatchPorts();
    }

    private Resource Shown(Resource resource) => resource switch
    {
        FlowClassifier { L7Parameters: not { SecurityPolicyTag: not null } } flow when Key.TagOf(flow.Description ?? "") is { } tag =>
            flow with { L7Parameters = new L7Parameters { SecurityPolicyTag = tag } },
        // Read while the cloud was still binding it: a node would take it for one that it carries itself.
        Port { VifType: null or "" or "unbound" } port when _options.Steering == SteeringDriver.PortChains => port with { HostId = "" },
        _ => resource,
    };

    /// <summary>A port gets ACTIVE when its switch carries it, and Neutron tells nobody: it is asked, with growing pauses, as long as one is awaited.</summary>
    private void WatchPorts()
    {
        var waiting = _network.Waiting;
        if (waiting == 0) return;
        _statusPause = waiting == _awaited ? TimeSpan.FromTicks(Math.Min(_statusPause.Ticks * 3 / 2, LongestStatusPause.Ticks)) : ShortestStatusPause;
        _awaited = waiting;
        _queue.AddAfter(PortStatus, _statusPause);
    }

    private async Task ReadStatusAsync(CancellationToken cancel)
    {
        var before = _network.Waiting;
        if (before == 0) return;
        if (await _network.ReadStatusAsync(cancel) == before)
        {
            WatchPorts();
            return;
        }
        Show();
        if (_options.Steering == SteeringDriver.PortChains) _queue.Add(Everything);
    }

    private void Wake() => _queue.AddAfter(Everything, _options.Coalescing);

    /// <summary>Somebody else may have changed the network: look at it now and then.</summary>
    private async Task RereadAsync(CancellationToken cancel)
    {
        try
        {
            using var timer = new PeriodicTimer(_options.Reread);
            while (await timer.WaitForNextTickAsync(cancel))
            {
                _stale = true;
                Wake();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private void Failed(string key, Exception failure, TimeSpan pause) => RavenLog.Failed(_log, pause.TotalMilliseconds, failure.Message);
}

/// <summary>Ids 3200-3299: Raven.</summary>
internal static partial class RavenLog
{
    [LoggerMessage(3201, LogLevel.Information, "Network: {Operations} operations, the first: {First}")]
    public static partial void Applying(ILogger log, int operations, string first);

    [LoggerMessage(3202, LogLevel.Warning, "Network: {Operation} failed: {Message}")]
    public static partial void OperationFailed(ILogger log, string operation, string message);

    [LoggerMessage(3205, LogLevel.Warning, "The cloud will refuse some of this: {Shortage}")]
    public static partial void Shortage(ILogger log, string shortage);

    [LoggerMessage(3204, LogLevel.Warning, "The status of policies could not be written: {Message}")]
    public static partial void StatusNotWritten(ILogger log, string message);

    [LoggerMessage(3203, LogLevel.Warning, "Network is not as it should be; next try in {PauseMilliseconds:0} ms: {Message}")]
    public static partial void Failed(ILogger log, double pauseMilliseconds, string message);
}
