using Demilune.Console.Reading;
using Demilune.Contracts.Nodes;
using Demilune.Controller.Hosting;
using Demilune.Controller.Nodes;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Policies;
using Demilune.Kubernetes.Watching;
using Demilune.Orchestrator;
using Demilune.Orchestrator.Jobs;
using Demilune.Policy.Model;
using k8s.Models;
using Firewall = Demilune.Kubernetes.Crds.Firewall;
using NetworkPolicy = Demilune.Policy.Model.NetworkPolicy;
using SecurityPolicy = Demilune.Kubernetes.Crds.SecurityPolicy;

namespace Demilune.Controller.Reading;

/// <summary>What console and REST show, out of what is watched and what nodes reported.</summary>
internal sealed class ClusterReading(
    ClusterInformers informers, NodeRegistry nodes, AlertLog alerts, FlowLog flows, ControllerOptions options, IEnumerable<IReadiness> readiness,
    TimeProvider time, Operations operations) : IClusterReading, IClusterActions
{
    /// <summary>However many look at it, the view is made this often.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private ClusterView _cluster = ClusterView.Empty;

    public ClusterView Cluster
    {
        get
        {
            lock (_gate)
            {
                if (time.GetUtcNow() - _cluster.At >= Freshness) _cluster = Compose();
                return _cluster;
            }
        }
    }

    public TrafficView Traffic
    {
        get
        {
            var (links, forgotten) = flows.Links();
            var (total, blocked) = alerts.Totals;
            return new(links, alerts.History(), total, blocked, forgotten);
        }
    }

    public Page<AlertView> Alerts(AlertFilter filter, int skip, int take) => alerts.Find(filter, skip, take);

    public AlertRecord? Alert(long number) => alerts.Find(number);

    public Page<FlowView> Flows(FlowFilter filter, int skip, int take) => flows.Find(filter, skip, take);

    public IReadOnlyList<JobView> Jobs => [.. operations.Jobs.Select(Job)];

    public IReadOnlyList<AlarmView> Alarms => [.. operations.Alarms.Select(alarm => new AlarmView(
        alarm.Id, alarm.Kind, alarm.Object, alarm.Severity, alarm.Message, alarm.Since, alarm.AcknowledgedBy, alarm.Cleared))];

    public bool Acknowledge(string alarm, string by) => operations.Acknowledge(alarm, by) is not null;

    private static JobView Job(Job job) => new(
        job.Id, job.Subject, job.Reason, job.State.ToString(), job.Began, job.Ended,
        [.. job.Tasks.Select(task => new TaskView(task.Name, task.After, task.State.ToString(), task.Reason, task.Ended - task.Began))]);

    private ClusterView Compose()
    {
        var pods = informers.Pods.Store.Current.Objects;
        var cluster = ClusterReader.Read(
            informers.Namespaces.Store.Current.Objects.Values, pods.Values, informers.NetworkPolicies.Store.Current.Objects.Values,
            informers.InspectionPolicies.Store.Current.Objects.Values, informers.ClusterNetworkPolicies.Store.Current.Objects.Values, []);
        var names = pods.Values.ToDictionary(pod => pod.Metadata.Uid, pod => $"{pod.Metadata.NamespaceProperty}/{pod.Metadata.Name}", StringComparer.Ordinal);
        return new(
            time.GetUtcNow(), options.ClusterName, Program.Version, [.. readiness.Select(part => part.Missing).OfType<string>()],
            [
                .. informers.PodPorts.Store.Current.Objects
                    .OrderBy(port => port.Key.Namespace, StringComparer.Ordinal).ThenBy(port => port.Key.Name, StringComparer.Ordinal)
                    .Select(port => Pod(port.Value, pods.TryGetValue(port.Key, out var pod) ? pod : null)),
            ],
            [.. cluster.Policies.OrderBy(policy => policy.Name).Select(policy => Policy(policy, cluster))],
            [.. informers.SecurityPolicies.Store.Current.Objects.Values.OrderBy(policy => policy.Metadata.Name, StringComparer.Ordinal).Select(Security)],
            [.. informers.Firewalls.Store.Current.Objects.Values.OrderBy(firewall => firewall.Metadata.Name, StringComparer.Ordinal).Select(Firewall)],
            [.. nodes.Report().Select(report => Node(report, names))],
            [.. informers.SecurityManagers.Store.Current.Objects.Values.OrderBy(manager => manager.Metadata.Name, StringComparer.Ordinal).Select(Manager)]);
    }

    private ManagerView Manager(SecurityManager manager) => new(
        manager.Metadata.Name, manager.Spec.Url ?? "", [.. manager.Status?.Policies ?? []],
        [
            .. from policy in informers.SecurityPolicies.Store.Current.Objects.Values
               where policy.Spec.External?.Manager == manager.Metadata.Name
               orderby policy.Metadata.Name
               select new ManagedPolicyView(policy.Spec.External!.Policy ?? "", policy.Metadata.Name),
        ],
        Conditions(manager.Status?.Conditions));

    private static PodView Pod(PodPort port, V1Pod? pod) => new(
        port.Metadata.NamespaceProperty, port.Metadata.Name, port.Spec.Node ?? "", [.. port.Status?.Addresses ?? []],
        pod?.Metadata.Labels?.AsReadOnly() ?? new Dictionary<string, string>().AsReadOnly(), (port.Status?.Protection ?? Protection.Pending).ToString(),
        port.Status?.Reason ?? "", port.Status?.Active ?? false, [.. port.Status?.SecurityPolicies ?? []]);

    private static PolicyView Policy(NetworkPolicy policy, Cluster cluster)
    {
        string[] named = [.. new[] { policy.SecurityPolicy }.Concat(policy.Ingress.Concat(policy.Egress).Select(rule => rule.SecurityPolicy)).OfType<string>().Distinct()];
        return new(
            policy.Kind.ToString(), policy.Name.Namespace, policy.Name.Local, named,
            [.. cluster.Pods.Where(pod => Selects(policy, pod, cluster)).Select(pod => pod.Name.ToString()).Order(StringComparer.Ordinal)],
            policy.Problems.IsDefault ? [] : policy.Problems);
    }

    private static bool Selects(NetworkPolicy policy, Pod pod, Cluster cluster) =>
        policy.Pods.Matches(pod.Labels) && (policy.Kind == PolicyKind.ClusterNetworkPolicy
            ? policy.SubjectNamespaces is not { } namespaces || namespaces.Matches(cluster.Namespaces.GetValueOrDefault(pod.Name.Namespace) ?? [])
            : policy.Name.Namespace == pod.Name.Namespace);

    private static SecurityPolicyView Security(SecurityPolicy policy) => new(
        policy.Metadata.Name, (policy.Spec.Mode ?? PolicyMode.Prevent).ToString(), policy.Spec.OnFailure?.ToString() ?? "as the firewall", policy.Spec.Firewall ?? "default",
        policy.Status?.Tag, policy.Status?.Pods ?? 0, policy.Status?.Instances ?? 0, policy.Status?.LoadedInstances ?? 0, policy.Status?.Rules ?? 0,
        [.. policy.Status?.RuleErrors ?? []], Conditions(policy.Status?.Conditions));

    private static FirewallView Firewall(Firewall firewall) => new(
        firewall.Metadata.Name, firewall.Spec.Engine ?? "demilune", firewall.Spec.Image ?? FirewallSpec.DefaultImage(firewall.Spec.Engine),
        (firewall.Spec.OnFailure ?? FailureAction.Closed).ToString(), firewall.Status?.Instances ?? 0, firewall.Status?.HealthyInstances ?? 0,
        firewall.Status?.ProtectedPods ?? 0, firewall.Status?.SplicedFlows ?? 0, Conditions(firewall.Status?.Conditions));

    private static IReadOnlyList<ConditionView> Conditions(IEnumerable<V1Condition>? conditions) =>
        [.. (conditions ?? []).Select(condition => new ConditionView(condition.Type, condition.Status, condition.Reason ?? "", condition.Message ?? ""))];

    private static NodeView Node(NodeReport report, Dictionary<string, string> podNames)
    {
        var said = report.Observation;
        return new(
            report.Node, report.Attached, report.ObservedAt, said?.AppliedRevision ?? 0, said?.Ports.Count ?? 0, said?.Ports.Count(port => port.Active) ?? 0,
            said?.Traffic?.FlowsDirect ?? 0, said?.Traffic?.FlowsSpliced ?? 0, said?.Traffic?.FlowsDenied ?? 0,
            [.. (said?.Firewalls ?? []).Select(firewall => Instance(firewall, podNames))]);
    }

    private static InstanceView Instance(FirewallObservation seen, Dictionary<string, string> podNames) => new(
        podNames.GetValueOrDefault(seen.PodUid, seen.PodUid), seen.EngineVersion, seen.Connected, seen.Alive, seen.Reason,
        [.. seen.Policies.Select(policy => policy.Name)], seen.FlowsSpliced, seen.FramesToIn + seen.FramesToOut, seen.FramesFromOut + seen.FramesFromIn,
        seen.DroppedClosed, seen.PassedOpen, seen.FramesMissed, seen.RealTime, seen.HeartbeatDeadlineMs);
}
