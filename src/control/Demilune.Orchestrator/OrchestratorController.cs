using System.Collections.Immutable;
using Demilune.Contracts.Nodes;
using Demilune.Kubernetes;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Events;
using Demilune.Kubernetes.PodNetworks;
using Demilune.Kubernetes.Queue;
using Demilune.Kubernetes.Status;
using Demilune.Kubernetes.Watching;
using Demilune.Orchestrator.Bootstrapping;
using Demilune.Orchestrator.Managers;
using Demilune.Orchestrator.Observing;
using Demilune.Orchestrator.Placing;
using Demilune.Orchestrator.Reporting;
using Demilune.Orchestrator.Resolving;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Firewall = Demilune.Kubernetes.Crds.Firewall;
using SecurityPolicy = Demilune.Kubernetes.Crds.SecurityPolicy;

namespace Demilune.Orchestrator;

/// <summary>Runs firewalls where pods need them, gives the nodes the policies, and tells the truth about both.</summary>
/// <remarks>
/// Level-triggered, one loop: the situation is read whole, what it asks for is worked out by pure functions, and done. An
/// action that fails stops no other, and all of them are safe to repeat.
/// </remarks>
public sealed class OrchestratorController
{
    private const string Everything = "everything";

    private readonly KubernetesApi _api;
    private readonly ClusterInformers _informers;
    private readonly IPodNetworks _networks;
    private readonly OrchestratorOptions _options;
    private readonly EventRecorder _events;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly StatusWriter _status;
    private readonly TagAllocation _tags = new();
    private readonly NodeObservations _observations;
    private readonly NodeSupplements _supplements = new();
    private readonly InstanceClocks _clocks;
    private readonly Dictionary<string, (string Revision, DateTimeOffset Since)> _stalledSince = [];
    private readonly WorkQueue<string> _queue;
    private OverloadBoard _overloads = OverloadBoard.Empty;
    private readonly Operations _operations;
    private readonly SecurityManagers _managers;

    public OrchestratorController(
        KubernetesApi api, ClusterInformers informers, IPodNetworks networks, OrchestratorOptions options, EventRecorder events,
        TimeProvider time, ILogger<OrchestratorController> log, Operations? operations = null, SecurityManagers? managers = null)
    {
        _managers = managers ?? new SecurityManagers(api, informers, options, time);
        _managers.Changed += Wake;
        _operations = operations ?? new Operations(time);
        (_api, _informers, _networks, _options, _events, _time, _log) = (api, informers, networks, options, events, time, log);
        _status = new StatusWriter(api, Group.FieldManager);
        _observations = new NodeObservations(time);
        _queue = new WorkQueue<string>(new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5)), time: time);
        _clocks = new InstanceClocks(options, left => _queue.AddAfter(Everything, left));
        networks.Changed += Wake;
        _observations.Changed += Wake;
        informers.SecurityPolicies.Changed += _ => Wake();
        informers.Firewalls.Changed += _ => Wake();
        informers.SecurityManagers.Changed += _ => Wake();
        informers.ConfigMaps.Changed += _ => Wake();
        informers.PodPorts.Changed += _ => Wake();
        informers.Pods.Changed += _ => Wake();
        informers.Nodes.Changed += change =>
        {
            if (!SamePlace(change.Old, change.New)) Wake();
        };
    }

    /// <summary>To be told what nodes observe.</summary>
    public INodeObserver Observer => _observations;

    /// <summary>To be asked what nodes are to be told.</summary>
    public INodeSupplement Supplement => _supplements;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await _informers.Synced.WaitAsync(cancel);
        _queue.Add(Everything);
        await Task.WhenAll(
            _queue.RunAsync(
                (_, token) => ReconcileAsync(token),
                (_, failure, pause) => OrchestratorLog.Failed(_log, pause.TotalMilliseconds, failure.Message), cancel),
            _managers.RunAsync(cancel));
    }

    private async Task ReconcileAsync(CancellationToken cancel)
    {
        var failures = new List<string>();
        (_overloads, var overloads) = _overloads.Next(_observations.Current, _time.GetUtcNow());
        var situation = Situate();
        var tags = _tags.Allocate(_informers.SecurityPolicies.Store.Current.Objects.Values);
        // A node must not be told of half a network: those who were there before the restart would lose their protection.
        var rollout = situation.Rollout(_options);
        if (_networks.Synced.IsCompletedSuccessfully) _supplements.Publish(situation, Labels(), rollout.Draining);
        var needed = situation.Needed();
        await TryAsync(() => MakeDefaultAsync(needed, situation, cancel), failures, "Firewall default");
        foreach (var action in InstancePlan.Of(
            needed, situation.Firewalls, situation.Instances, _clocks.At(situation, needed, rollout), _options))
            await TryAsync(() => ActAsync(action, situation, cancel), failures, action.ToString());
        foreach (var policy in situation.Policies.Values)
            await TryAsync(() => ReportAsync(policy, tags, situation, cancel), failures, $"SecurityPolicy {policy.Name}");
        foreach (var firewall in situation.Firewalls.Values)
            await TryAsync(() => ReportAsync(firewall, needed, situation, RefusedRevision(firewall, rollout, situation), cancel), failures, $"Firewall {firewall.Metadata.Name}");
        foreach (var pod in situation.Pods.Values)
            await TryAsync(() => ReportAsync(pod, situation, cancel), failures, $"PodPort {pod.Pod}");
        Tell(_observations.TakeTransitions(), situation);
        Tell(overloads, situation);
        _operations.Observe(situation, needed, _options);
        _managers.Observe(situation);
        if (failures.Count > 0) throw new InvalidOperationException($"{failures.Count} actions failed, the first: {failures[0]}");
    }

    private Situation Situate()
    {
        var maps = _informers.ConfigMaps.Store.Current;
        var firewalls = _informers.Firewalls.Store.Current.Objects.Values.ToImmutableDictionary(firewall => firewall.Metadata.Name, firewall => Bootstrap.Follow(firewall, maps.Find));
        return new Situation(
            _networks.Current,
            _informers.SecurityPolicies.Store.Current.Objects.Values.ToImmutableDictionary(
                policy => policy.Metadata.Name,
                policy => SecurityPolicyResolver.Resolve(policy, firewalls.GetValueOrDefault(policy.Spec.Firewall ?? "default"), maps.Find, _managers.Find)),
            firewalls,
            [.. _informers.Pods.Store.Current.Objects.Values.Where(pod => FirewallPods.FirewallOf(pod) is not null && !string.IsNullOrEmpty(pod.Spec.NodeName))],
            _observations.Current,
            _time.GetUtcNow())
        {
            Overloads = _overloads,
            Managers = [.. _informers.SecurityManagers.Store.Current.Objects.Values],
            Nodes = _informers.Nodes.Store.Current.Objects.Values.ToImmutableDictionary(node => node.Metadata.Name),
            Tunnels = _options.Tunnels is { } tunnels ? TunnelEnds.Of(tunnels, _informers.Nodes.Store.Current.Objects.Values) : null,
            ServiceNetworks = _options.ServiceNetworks,
        };
    }

    private Dictionary<string, IReadOnlyDictionary<string, string>> Labels() => _informers.Pods.Store.Current.Objects.Values.ToDictionary(
        pod => pod.Metadata.Uid,
        IReadOnlyDictionary<string, string> (pod) => pod.Metadata.Labels?.ToImmutableSortedDictionary(StringComparer.Ordinal) ?? ImmutableSortedDictionary<string, string>.Empty,
        StringComparer.Ordinal);

    /// <summary>The revision that is taken back: it had its time and passes no frames anywhere that the former one does.</summary>
    private string? RefusedRevision(Firewall firewall, Rollout rollout, Situation situation)
    {
        var (name, revision) = (firewall.Metadata.Name, FirewallPod.RevisionOf(firewall, _options));
        if (firewall.Status?.RefusedRevision == revision) return revision;
        if (!rollout.Stalled.Any(slot => slot.Firewall == name))
        {
            _stalledSince.Remove(name);
            return null;
        }
        if (!_stalledSince.TryGetValue(name, out var stalled) || stalled.Revision != revision) _stalledSince[name] = stalled = (revision, situation.Now);
        var left = stalled.Since + _options.RolloutLimit - situation.Now;
        if (left > TimeSpan.Zero)
        {
            _queue.AddAfter(Everything, left);
            return null;
        }
        OrchestratorLog.RolledBack(_log, name, revision);
        _events.Warning(Firewall.Resource, firewall, "RolledBack", $"Revision {revision} passed no frames for {_options.RolloutLimit.TotalSeconds:0} s: it is taken back, the former instances keep protecting. Change spec to try again");
        return revision;
    }

    private async Task MakeDefaultAsync(ImmutableHashSet<Slot> needed, Situation situation, CancellationToken cancel)
    {
        if (situation.Firewalls.ContainsKey("default") || !needed.Any(slot => slot.Firewall == "default")) return;
        await CreateAsync(Firewall.Resource, new Firewall { Metadata = new V1ObjectMeta { Name = "default" } }, cancel);
    }

    private async Task ActAsync(InstanceAction action, Situation situation, CancellationToken cancel)
    {
        switch (action)
        {
            case InstanceAction.Create create:
                await SystemNamespace.EnsureAsync(_api, cancel);
                if (!await CreateAsync(ResourceType.Pods, FirewallPod.Of(create.Firewall, create.Node, create.Name, _options, situation.Observed.Nodes.GetValueOrDefault(create.Node)?.SeccompProfile), cancel)) return;
                OrchestratorLog.Created(_log, create.Name, create.Node, create.Reason);
                _events.Normal(Firewall.Resource, create.Firewall, "InstanceCreated", $"{create.Name} on {create.Node}: {create.Reason}");
                break;
            case InstanceAction.Delete delete:
                var (name, node) = (delete.Pod.Metadata.Name, delete.Pod.Spec.NodeName);
                if (!await _api.DeleteAsync(ResourceType.Pods, ObjectKey.Of(delete.Pod), delete.Pod.Metadata.Uid, cancel, delete.AtOnce ? 0 : null)) return;
                OrchestratorLog.Deleted(_log, name, node, delete.Reason);
                if (_informers.Firewalls.Store.Current.Find(new ObjectKey("", FirewallPods.FirewallOf(delete.Pod)!)) is { } firewall)
                    _events.Normal(Firewall.Resource, firewall, "InstanceDeleted", $"{name} on {node}: {delete.Reason}");
                break;
            default:
                throw new InvalidOperationException($"{action} is no action");
        }
    }

    /// <returns>False: it is there already (we, or another of us, were faster than the watch), or its namespace is going.</returns>
    private async Task<bool> CreateAsync<T>(ResourceType type, T obj, CancellationToken cancel)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            await _api.CreateAsync(type, obj, cancel);
            return true;
        }
        catch (ApiException refusal) when (refusal is { IsConflict: true, Reason: "AlreadyExists" } || refusal.IsNamespaceTerminating)
        {
            return false;
        }
    }

    private async Task ReportAsync(ResolvedPolicy policy, IReadOnlyDictionary<string, int> tags, Situation situation, CancellationToken cancel)
    {
        var status = PolicyReport.Of(policy, tags.TryGetValue(policy.Name, out var tag) ? tag : null, situation);
        if (!await _status.WriteAsync(SecurityPolicy.Resource, policy.Policy, policy.Policy.Status, status, cancel)) return;
        foreach (var condition in status.Conditions!)
        {
            var before = Conditions.Find(policy.Policy.Status?.Conditions, condition.Type);
            if (before?.Status == condition.Status && before.Reason == condition.Reason) continue;
            if (condition is { Status: "False", Type: "Accepted" or "Enforced" } or { Type: "Loaded", Reason: "Refused" })
                _events.Warning(SecurityPolicy.Resource, policy.Policy, $"Not{condition.Type}", condition.Message);
            else if (condition.Status == "True" && condition.Type == "Enforced")
                _events.Normal(SecurityPolicy.Resource, policy.Policy, condition.Type, condition.Message);
        }
    }

    private async Task ReportAsync(Firewall firewall, ImmutableHashSet<Slot> needed, Situation situation, string? refusedRevision, CancellationToken cancel)
    {
        var status = FirewallReport.Of(firewall, needed, situation, _options, refusedRevision);
        if (!await _status.WriteAsync(Firewall.Resource, firewall, firewall.Status, status, cancel)) return;
        var (before, now) = (Conditions.Find(firewall.Status?.Conditions, "Accepted"), Conditions.Find(status.Conditions, "Accepted")!);
        if (now.Status == "False" && before?.Message != now.Message) _events.Warning(Firewall.Resource, firewall, "NotAccepted", now.Message);
    }

    private async Task ReportAsync(PodNetwork pod, Situation situation, CancellationToken cancel)
    {
        var port = _informers.PodPorts.Store.Current.Find(pod.Pod);
        if (port is not null && port.Spec.PodUid != pod.PodUid)
        {
            // Of a pod that had this name before.
            await _api.DeleteAsync(PodPort.Resource, pod.Pod, port.Metadata.Uid, cancel);
            return;
        }
        if (port is null)
        {
            await CreateAsync(PodPort.Resource, new PodPort
            {
                Metadata = new V1ObjectMeta
                {
                    Name = pod.Pod.Name,
                    NamespaceProperty = pod.Pod.Namespace,
                    OwnerReferences = [new V1OwnerReference { ApiVersion = "v1", Kind = "Pod", Name = pod.Pod.Name, Uid = pod.PodUid, Controller = true }],
                },
                Spec = new PodPortSpec { PodUid = pod.PodUid, Node = pod.Node },
            }, cancel);
            return;     // Its status follows when the watch brings it.
        }
        await _status.WriteAsync(PodPort.Resource, port, port.Status, PodReport.Of(pod, situation), cancel);
    }

    private void Tell(IEnumerable<(string Node, Transition Transition)> transitions, Situation situation)
    {
        foreach (var (node, transition) in transitions)
        {
            var pod = situation.Instances.FirstOrDefault(pod => ObjectKey.Of(pod).ToString() == transition.FirewallPod);
            var name = pod is null ? null : FirewallPods.FirewallOf(pod);
            OrchestratorLog.Transition(
                _log, transition.FirewallPod, node, transition.Alive ? "alive" : "dead", transition.Reason, transition.DecisionMicros,
                transition.DroppedClosed, transition.PassedOpen);
            if (name is null || situation.Firewalls.GetValueOrDefault(name) is not { } firewall) continue;
            if (transition.Alive)
                _events.Normal(Firewall.Resource, firewall, "InstanceAlive",
                    $"{transition.FirewallPod} on {node} passes frames; meanwhile {transition.DroppedClosed} packets were dropped and {transition.PassedOpen} passed uninspected");
            else
                _events.Warning(Firewall.Resource, firewall, "InstanceDead",
                    $"{transition.FirewallPod} on {node}: {transition.Reason}; decided {transition.DecisionMicros / 1000.0:0.0} ms after its last heartbeat");
        }
    }

    private void Tell(IEnumerable<(string PodUid, Overload Overload, bool Began)> overloads, Situation situation)
    {
        foreach (var (uid, overload, began) in overloads)
        {
            var pod = situation.Instances.FirstOrDefault(pod => pod.Metadata.Uid == uid);
            if (pod is null) continue;
            var name = pod.Metadata.Name;
            if (began) OrchestratorLog.Overloaded(_log, name, overload.Node, overload.Lost);
            else OrchestratorLog.KeepsUp(_log, name, overload.Node, overload.Lost);
            if (situation.Firewalls.GetValueOrDefault(FirewallPods.FirewallOf(pod)!) is not { } firewall) continue;
            if (began)
                _events.Warning(Firewall.Resource, firewall, "InstanceOverloaded", $"{name} on {overload.Node} is given more than it takes: frames are lost before it, none of them passes");
            else
                _events.Normal(Firewall.Resource, firewall, "InstanceKeepsUp", $"{name} on {overload.Node} keeps up again; meanwhile {overload.Lost} frames were lost before it");
        }
    }

    /// <summary>A node's heartbeat is no news to us.</summary>
    private static bool SamePlace(V1Node? one, V1Node? other) => one is not null && other is not null
        && ObjectJson.Write(one.Metadata.Labels) == ObjectJson.Write(other.Metadata.Labels)
        && (one.Status?.Addresses ?? []).Select(address => (address.Type, address.Address)).SequenceEqual((other.Status?.Addresses ?? []).Select(address => (address.Type, address.Address)));

    private static async Task TryAsync(Func<Task> action, List<string> failures, string what)
    {
        try
        {
            await action();
        }
        catch (Exception failure) when (failure is ApiException or HttpRequestException or TimeoutException or System.Text.Json.JsonException)
        {
            failures.Add($"{what}: {failure.Message}");
        }
    }

    private void Wake() => _queue.AddAfter(Everything, _options.Coalescing);
}

/// <summary>Ids 3300-3399: orchestrator.</summary>
internal static partial class OrchestratorLog
{
    [LoggerMessage(3301, LogLevel.Information, "Firewall instance {Pod} created on {Node}: {Reason}")]
    public static partial void Created(ILogger log, string pod, string node, string reason);

    [LoggerMessage(3302, LogLevel.Information, "Firewall instance {Pod} deleted from {Node}: {Reason}")]
    public static partial void Deleted(ILogger log, string pod, string node, string reason);

    [LoggerMessage(3303, LogLevel.Warning, "Firewall instance {Pod} on {Node} is {State}: {Reason}; decided in {DecisionMicros} µs, {Dropped} packets dropped, {Passed} passed uninspected")]
    public static partial void Transition(ILogger log, string pod, string node, string state, string reason, ulong decisionMicros, ulong dropped, ulong passed);

    [LoggerMessage(3305, LogLevel.Error, "Firewall {Firewall}: revision {Revision} passes no frames and is taken back; the former instances keep protecting")]
    public static partial void RolledBack(ILogger log, string firewall, string revision);

    [LoggerMessage(3306, LogLevel.Warning, "Firewall instance {Pod} on {Node} is given more than it takes: {Lost} frames were lost before it, none of them passed")]
    public static partial void Overloaded(ILogger log, string pod, string node, ulong lost);

    [LoggerMessage(3307, LogLevel.Information, "Firewall instance {Pod} on {Node} keeps up again; {Lost} frames were lost before it meanwhile")]
    public static partial void KeepsUp(ILogger log, string pod, string node, ulong lost);

    [LoggerMessage(3304, LogLevel.Warning, "Not all is as it should be; next try in {PauseMilliseconds:0} ms: {Message}")]
    public static partial void Failed(ILogger log, double pauseMilliseconds, string message);
}
