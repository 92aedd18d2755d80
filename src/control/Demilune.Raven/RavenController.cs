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
///  any change ──(20 ms)──► facts ─► design ─► plan ─► apply ──► plan again, until there is nothing to do
///                              failed: read the network anew, with growing pauses
/// </code>
/// Level-triggered, one loop: it never matters what happened, only what is. Killed at any point it goes on from what it finds.
/// </remarks>
public sealed class RavenController : IPodNetworks
{
    /// <summary>Ports first, then what needs their addresses, then what waits for that: three; more would be a bug, not work.</summary>
    private const int MaxRounds = 8;

    private const string Everything = "network";

    private readonly ClusterInformers _informers;
    private readonly INeutron _neutron;
    private readonly RavenOptions _options;
    private readonly EventRecorder _events;
    private readonly PolicyReports _reports;
    private readonly ILogger _log;
    private readonly NetworkMirror _mirror;
    private readonly WorkQueue<string> _queue;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Capabilities? _capabilities;
    private volatile bool _stale = true;
    private HashSet<PolicyProblem> _reported = [];

    public RavenController(ClusterInformers informers, INeutron neutron, RavenOptions options, EventRecorder events, StatusWriter status, TimeProvider time, ILogger<RavenController> log)
    {
        if (options.ClusterName.Length is 0 or > 40) throw new ArgumentException("the cluster's name needs 1 to 40 characters", nameof(options));
        (_informers, _neutron, _options, _events, _log) = (informers, neutron, options, events, log);
        _reports = new PolicyReports(informers, status, time);
        _mirror = new NetworkMirror(neutron, options.ClusterName);
        _queue = new WorkQueue<string>(new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(15)));
        informers.Pods.Changed += _ => Wake();
        informers.Namespaces.Changed += _ => Wake();
        informers.NetworkPolicies.Changed += _ => Wake();
        // Their status is written here: that is no news.
        informers.InspectionPolicies.Changed += change => WakeIf(change.Old?.Metadata.Generation != change.New?.Metadata.Generation);
        informers.ClusterNetworkPolicies.Changed += change => WakeIf(change.Old?.Metadata.Generation != change.New?.Metadata.Generation);
        informers.Nodes.Changed += change => WakeIf(IsNamedOtherwise(change.Old, change.New));
        informers.Services.Changed += _ => Wake();
        informers.EndpointSlices.Changed += _ => Wake();
        informers.SecurityPolicies.Changed += change => WakeIf(Differs(change.Old, change.New));
        informers.Firewalls.Changed += change => WakeIf(change.Old?.Spec.OnFailure != change.New?.Spec.OnFailure);
    }

    public event Action? Changed;

    public ImmutableDictionary<string, PodNetwork> Current { get; private set; } = ImmutableDictionary<string, PodNetwork>.Empty;

    /// <summary>Completes when the network was once found to be as it should.</summary>
    public Task Synced => _synced.Task;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await _informers.Synced.WaitAsync(cancel);
        _queue.Add(Everything);
        _ = RereadAsync(cancel);
        await _queue.RunAsync((_, token) => ReconcileAsync(token), Failed, cancel);
    }

    private async Task ReconcileAsync(CancellationToken cancel)
    {
        try
        {
            if (_stale)
            {
                _capabilities = await _neutron.DiscoverAsync(cancel);
                await _mirror.ReadAsync(_capabilities, cancel);
                _stale = false;
            }
            var facts = Facts();
            var intent = PolicyCompiler.Compile(facts.Cluster);
            for (var round = 0; round < MaxRounds; round++)
            {
                Publish(facts, intent);
                var desired = NetworkDesigner.Design(facts, intent, _capabilities!, _options, Addresses());
                Report(desired.Problems);
                var plan = Planner.Plan(_options.ClusterName, desired, _mirror.Snapshot);
                if (plan.IsEmpty)
                {
                    _synced.TrySetResult();
                    await WriteStatusAsync(desired.Problems, cancel);
                    return;
                }
                RavenLog.Applying(_log, plan.Length, plan[0].ToString());
                var failures = await _mirror.ApplyAsync(plan, cancel);
                if (failures.Count == 0) continue;
                Publish(facts, intent);
                foreach (var failure in failures.Take(10)) RavenLog.OperationFailed(_log, failure.Operation.ToString(), failure.Message);
                throw new InvalidOperationException($"{failures.Count} of {plan.Length} operations failed, the first: {failures[0].Operation}: {failures[0].Message}");
            }
            throw new InvalidOperationException($"the network is not as it should be after {MaxRounds} rounds");
        }
        catch
        {
            _stale = true;
            throw;
        }
    }

    private ClusterFacts Facts() => FactsReader.Read(
        _informers.Namespaces.Store.Current.Objects.Values, _informers.Pods.Store.Current.Objects.Values,
        _informers.NetworkPolicies.Store.Current.Objects.Values, _informers.SecurityPolicies.Store.Current.Objects.Values,
        _informers.Firewalls.Store.Current.Objects.Values, _informers.Services.Store.Current.Objects.Values,
        _informers.EndpointSlices.Store.Current.Objects.Values, _informers.InspectionPolicies.Store.Current.Objects.Values,
        _informers.ClusterNetworkPolicies.Store.Current.Objects.Values, _informers.Nodes.Store.Current.Objects.Values);

    private Dictionary<string, ImmutableArray<Prefix>> Addresses() => _mirror.Snapshot.All<Port>()
        .Where(port => port.DeviceOwner == DeviceOwners.Pod && !string.IsNullOrEmpty(port.DeviceId))
        .GroupBy(port => port.DeviceId!, StringComparer.Ordinal)
        .ToDictionary(
            pod => pod.Key,
            pod => pod.First().FixedIps?.Select(ip => Prefix.TryParse(ip.IpAddress ?? "", out var address) ? address : (Prefix?)null)
                .OfType<Prefix>().ToImmutableArray() ?? [],
            StringComparer.Ordinal);

    private void Publish(ClusterFacts facts, ClusterIntent intent)
    {
        Current = PodNetworkView.Of(_options.ClusterName, facts, intent, _mirror.Snapshot);
        Changed?.Invoke();
    }

    /// <summary>Tells authors of policies what of them has no effect: once, until it changes.</summary>
    private void Report(ImmutableArray<PolicyProblem> problems)
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
    private async Task WriteStatusAsync(ImmutableArray<PolicyProblem> problems, CancellationToken cancel)
    {
        try
        {
            await _reports.WriteAsync(problems, cancel);
        }
        catch (Exception failure) when (failure is ApiException or HttpRequestException or TimeoutException or IOException)
        {
            RavenLog.StatusNotWritten(_log, failure.Message);
        }
    }

    private void Wake() => _queue.AddAfter(Everything, _options.Coalescing);

    private void WakeIf(bool relevant)
    {
        if (relevant) Wake();
    }

    /// <summary>Policies may speak of nodes' labels and addresses; their status says much else, and often.</summary>
    private static bool IsNamedOtherwise(V1Node? one, V1Node? other) =>
        one is null || other is null ||
        !(one.Metadata.Labels ?? new Dictionary<string, string>()).ToHashSet().SetEquals(other.Metadata.Labels ?? new Dictionary<string, string>()) ||
        !(one.Status?.Addresses ?? []).Select(address => address.Address).SequenceEqual((other.Status?.Addresses ?? []).Select(address => address.Address));

    private static bool Differs(Kubernetes.Crds.SecurityPolicy? one, Kubernetes.Crds.SecurityPolicy? other) =>
        one is null || other is null ||
        (one.Spec.Mode, one.Spec.OnFailure, one.Spec.Firewall, one.Status?.Tag, Refused(one)) !=
        (other.Spec.Mode, other.Spec.OnFailure, other.Spec.Firewall, other.Status?.Tag, Refused(other));

    private static bool Refused(Kubernetes.Crds.SecurityPolicy policy) => Conditions.Find(policy.Status?.Conditions, "Accepted")?.Status == "False";

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

    [LoggerMessage(3204, LogLevel.Warning, "The status of policies could not be written: {Message}")]
    public static partial void StatusNotWritten(ILogger log, string message);

    [LoggerMessage(3203, LogLevel.Warning, "Network is not as it should be; next try in {PauseMilliseconds:0} ms: {Message}")]
    public static partial void Failed(ILogger log, double pauseMilliseconds, string message);
}
