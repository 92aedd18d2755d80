using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using Demilune.Orchestrator.Bootstrapping;
using k8s.Models;

namespace Demilune.Orchestrator.Placing;

/// <summary>Where instances have to be: which firewall, on which node.</summary>
internal readonly record struct Slot(string Firewall, string Node);

/// <summary>The instances of one slot, each in the one part that it has.</summary>
/// <param name="All">Every pod of it, finished and going ones too.</param>
/// <param name="Current">Those that are to stay: of the Firewall's revision, at most as many as it asks for. The healthy first, then the elder.</param>
/// <param name="Surplus">Of its revision, beyond what it asks for.</param>
/// <param name="Outdated">Of former revisions.</param>
/// <param name="Dead">Beyond help; in none of the other parts.</param>
/// <param name="IsConfigured">It is known how instances are to start; if not, those that are there are all that there will be.</param>
/// <param name="IsSettled">All that are asked for are there and pass frames.</param>
/// <param name="FormerWorks">A former revision passes frames here.</param>
internal sealed record SlotState(
    Slot Slot, Firewall Firewall, string Revision, int Wanted, ImmutableArray<V1Pod> All, ImmutableArray<V1Pod> Current,
    ImmutableArray<V1Pod> Surplus, ImmutableArray<V1Pod> Outdated, ImmutableArray<V1Pod> Dead, bool IsConfigured, bool IsSettled, bool FormerWorks)
{
    /// <summary>Those that go once nothing is lost with them.</summary>
    public IEnumerable<V1Pod> Retiring => Outdated.Concat(Surplus);

    /// <summary>The revision has been begun beside a former one that works, and has not shown yet that it does. A pod of it that failed was an attempt too.</summary>
    public bool IsProving => FormerWorks && !IsSettled && All.Any(pod => FirewallPod.RevisionOf(pod) == Revision);

    /// <summary>The revision did not work, and a former one does.</summary>
    public bool IsTakenBack => FormerWorks && Firewall.Status?.RefusedRevision == Revision;

    /// <summary>Pure.</summary>
    public static SlotState Of(Slot slot, Firewall firewall, IEnumerable<V1Pod> pods, IInstanceHealth health, OrchestratorOptions options) =>
        Of(slot, firewall, pods, pod => health.IsHealthy(pod.Metadata.Uid), pod => health.IsDead(pod.Metadata.Uid), options);

    /// <summary>Pure.</summary>
    public static SlotState Of(
        Slot slot, Firewall firewall, IEnumerable<V1Pod> pods, Func<V1Pod, bool> isHealthy, Func<V1Pod, bool> isDead, OrchestratorOptions options)
    {
        var all = pods.ToImmutableArray();
        var revision = FirewallPod.RevisionOf(firewall, options);
        var wanted = Math.Clamp(firewall.Spec.InstancesPerNode ?? 1, 1, FirewallSpec.MaxInstancesPerNode);
        var dead = all.Where(pod => IsWorking(pod) && isDead(pod)).ToImmutableArray();
        var working = all.Where(IsWorking).Except(dead)
            .OrderByDescending(isHealthy).ThenBy(pod => pod.Metadata.CreationTimestamp).ThenBy(pod => pod.Metadata.Name, StringComparer.Ordinal).ToList();
        var ours = working.Where(pod => FirewallPod.RevisionOf(pod) == revision).ToList();
        var outdated = working.Except(ours).ToImmutableArray();
        var current = ours.Take(wanted).ToImmutableArray();
        return new(
            slot, firewall, revision, wanted, all, current, [.. ours.Skip(wanted)], outdated, dead,
            IsConfigured: Bootstrap.Of(firewall).IsAccepted,
            IsSettled: current.Length == wanted && current.All(isHealthy),
            FormerWorks: outdated.Any(isHealthy));
    }

    public static bool IsFinished(V1Pod pod) => pod.Status?.Phase is "Failed" or "Succeeded";

    public static bool IsWorking(V1Pod pod) => pod.Metadata.DeletionTimestamp is null && !IsFinished(pod);
}
