using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using Demilune.Orchestrator.Placing;
using k8s.Models;

namespace Demilune.Orchestrator.Jobs;

/// <summary>Jobs under way and those that are over, newest first. Immutable: each look at the situation makes the next one.</summary>
/// <remarks>
/// A job is read off what is, not off what was ordered: after a restart it goes on where it stands, and somebody else's work shows too. One job
/// per slot at a time: from the moment in which a node's firewall is not as it should be until it is.
/// </remarks>
internal sealed record JobBoard(ImmutableDictionary<Slot, Job> Running, ImmutableList<Job> Over, long LastId)
{
    public static readonly JobBoard Empty = new(ImmutableDictionary<Slot, Job>.Empty, [], 0);

    /// <summary>Finished jobs that are kept in memory; all of them are in the archive.</summary>
    public const int MaxOver = 500;

    /// <summary>Finished jobs are forgotten after this.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(7);

    public IEnumerable<Job> All => Running.Values.OrderByDescending(job => job.Id).Concat(Over);

    /// <summary>Pure.</summary>
    public JobBoard Next(Situation situation, IReadOnlySet<Slot> needed, OrchestratorOptions options)
    {
        var (running, over, last) = (Running.ToBuilder(), Over.ToBuilder(), LastId);
        foreach (var slot in needed.Union(Running.Keys).OrderBy(slot => slot.ToString(), StringComparer.Ordinal))
        {
            var firewall = situation.Firewalls.GetValueOrDefault(slot.Firewall);
            var known = running.GetValueOrDefault(slot);
            if (firewall is null || !needed.Contains(slot))
            {
                if (known is null) continue;
                running.Remove(slot);
                over.Insert(0, known with { Tasks = [.. known.Tasks.Select(task => task.State is TaskState.Done ? task : Turn(task, TaskState.Skipped, "nobody needs it any more", situation.Now))] });
                continue;
            }
            var tasks = Tasks(slot, firewall, situation, options);
            if (known is null && tasks.All(task => task.State is TaskState.Done or TaskState.Skipped)) continue;
            var job = known ?? new Job(++last, $"Firewall/{slot.Firewall} on {slot.Node}", Why(slot, firewall, situation, options), situation.Now, []);
            job = job with { Tasks = [.. tasks.Select(task => Carry(job, task, situation.Now))] };
            if (job.IsOver)
            {
                running.Remove(slot);
                over.Insert(0, job);
            }
            else
            {
                running[slot] = job;
            }
        }
        while (over.Count > MaxOver || (over.Count > 0 && over[^1].Ended is { } ended && situation.Now - ended > MaxAge)) over.RemoveAt(over.Count - 1);
        return new(running.ToImmutable(), over.ToImmutable(), last);
    }

    private static JobTask[] Tasks(Slot slot, Firewall firewall, Situation situation, OrchestratorOptions options)
    {
        var state = SlotState.Of(slot, firewall, situation.InstancesOf(slot), situation.IsHealthy, _ => false, options);
        var (current, retiring, refused) = (state.Current, state.Retiring.ToList(), state.IsTakenBack);
        var all = current.Length == state.Wanted;
        var policies = situation.Policies.Values.Where(policy => policy.Accepted && policy.Firewall == slot.Firewall
            && situation.ProtectedBy(policy.Name).Any(pod => pod.Node == slot.Node)).Select(policy => policy.Name).ToList();
        var missing = policies.Where(policy => !all || current.Any(pod => situation.Loaded(pod, policy) is null)).ToList();
        return
        [
            Task("create", [], all, !state.IsConfigured ? "spec.bootstrap is not right" : current.IsEmpty ? "no pod of the current revision yet" : $"{string.Join(", ", current.Select(pod => pod.Metadata.Name))}{(all ? "" : $" of {state.Wanted}")}", refused),
            Task("run", ["create"], all && current.All(pod => pod.Status?.Phase == "Running"), WhyNotRunning(current), refused),
            Task("connect", ["run"], all && current.All(pod => Seen(pod) is { Connected: true }), "its control link is not up yet", refused),
            Task("load", ["connect"], missing.Count == 0 && all, missing.Count == 0 ? $"{policies.Count} policies" : $"not yet loaded: {string.Join(", ", missing.Take(5))}", refused),
            Task("pass frames", ["load"], state.IsSettled, current.Select(pod => Seen(pod)?.Reason).FirstOrDefault(reason => reason is { Length: > 0 }) ?? "no heartbeat yet", refused),
            Task("drain", ["pass frames"], retiring.Count == 0, string.Join(", ", retiring.Select(pod => $"{pod.Metadata.Name} has {Seen(pod)?.FlowsActive ?? 0} flows")), false, skip: refused),
        ];

        Contracts.Nodes.FirewallObservation? Seen(V1Pod pod) => situation.Observed.Firewall(slot.Node, pod.Metadata.Uid);
    }

    private static string WhyNotRunning(ImmutableArray<V1Pod> pods)
    {
        if (pods.FirstOrDefault(pod => pod.Status?.Phase != "Running") is not { } pod) return "the pod is not there";
        var waiting = pod.Status?.ContainerStatuses?.Select(container => container.State?.Waiting).FirstOrDefault(state => state?.Reason is not null);
        return waiting is null ? $"the pod is {pod.Status?.Phase ?? "new"}" : $"{waiting.Reason} {waiting.Message}".TrimEnd();
    }

    private static JobTask Task(string name, ImmutableArray<string> after, bool done, string reason, bool failed, bool skip = false) => new(
        name, after, skip ? TaskState.Skipped : failed ? TaskState.Failed : done ? TaskState.Done : TaskState.Waiting,
        skip ? "the former instance stays" : failed ? "its revision passed no frames and was taken back" : done && name is not ("create" or "load") ? "" : reason);

    /// <summary>With the times of what was known, and running if nothing before it is missing.</summary>
    private static JobTask Carry(Job job, JobTask task, DateTimeOffset now)
    {
        var known = job.Tasks.IsDefaultOrEmpty ? null : job.Tasks.FirstOrDefault(one => one.Name == task.Name);
        var ready = task.After.All(name => job.Tasks.FirstOrDefault(one => one.Name == name) is { State: TaskState.Done }) || task.After.IsEmpty;
        var state = task.State == TaskState.Waiting && ready ? TaskState.Running : task.State;
        var began = known?.Began ?? (state == TaskState.Waiting ? null : now);
        return task with { State = state, Began = began, Ended = state is TaskState.Waiting or TaskState.Running ? null : known is { Ended: { } ended } && known.State == state ? ended : now };
    }

    private static JobTask Turn(JobTask task, TaskState state, string reason, DateTimeOffset now) => task with { State = state, Reason = reason, Ended = now };

    private static string Why(Slot slot, Firewall firewall, Situation situation, OrchestratorOptions options)
    {
        var there = situation.InstancesOf(slot).ToList();
        if (there.Count == 0) return "pods on the node need it and none is there";
        return there.Exists(pod => FirewallPod.RevisionOf(pod) == FirewallPod.RevisionOf(firewall, options)) ? "it does not do its work" : "its Firewall changed";
    }
}
