using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using k8s.Models;

namespace Demilune.Orchestrator.Placing;

/// <summary>How long instances have been what they are. Asks to be looked at again when a time will be up.</summary>
internal sealed class InstanceClocks(OrchestratorOptions options, Action<TimeSpan> wakeIn)
{
    /// <summary>Until a node has been told and has observed anew.</summary>
    private static readonly TimeSpan DrainPause = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, DateTimeOffset> _idleSince = [];
    private readonly Dictionary<string, DateTimeOffset> _drainingSince = [];

    public IInstanceHealth At(Situation situation, ImmutableHashSet<Slot> needed, Rollout rollout)
    {
        var pods = situation.Instances.DistinctBy(pod => pod.Metadata.Uid).ToDictionary(pod => pod.Metadata.Uid, StringComparer.Ordinal);
        foreach (var known in _idleSince.Keys.Where(uid => !pods.TryGetValue(uid, out var pod) || needed.Contains(new Slot(FirewallPods.FirewallOf(pod)!, pod.Spec.NodeName))).ToList())
            _idleSince.Remove(known);
        foreach (var known in _drainingSince.Keys.Except(rollout.Draining).ToList()) _drainingSince.Remove(known);
        return new Now(this, options, situation, rollout, pods);
    }

    private bool IsOver(DateTimeOffset now, DateTimeOffset since, TimeSpan limit)
    {
        var left = since + limit - now;
        if (left > TimeSpan.Zero) wakeIn(left);
        return left <= TimeSpan.Zero;
    }

    private static DateTimeOffset Since(Dictionary<string, DateTimeOffset> known, string uid, DateTimeOffset now)
    {
        if (!known.TryGetValue(uid, out var since)) known[uid] = since = now;
        return since;
    }

    private sealed class Now(InstanceClocks clocks, OrchestratorOptions options, Situation situation, Rollout rollout, Dictionary<string, V1Pod> pods) : IInstanceHealth
    {
        public bool IsHealthy(string uid) => pods.TryGetValue(uid, out var pod) && situation.IsHealthy(pod);

        /// <summary>The node says for long enough that it passes no frames, although it had the time to begin.</summary>
        public bool IsDead(string uid)
        {
            if (!pods.TryGetValue(uid, out var pod) || pod.Status?.Phase != "Running" || StartOf(pod) is not { } started) return false;
            return situation.Observed.DeadSince.TryGetValue(uid, out var since) && clocks.IsOver(situation.Now, started > since ? started : since, options.DeadGrace);
        }

        public bool IsIdle(string uid) => clocks.IsOver(situation.Now, Since(clocks._idleSince, uid, situation.Now), options.IdleGrace);

        /// <summary>Its flows have ended, or had long enough to.</summary>
        public bool IsDrained(string uid)
        {
            if (!rollout.Draining.Contains(uid) || !pods.TryGetValue(uid, out var pod)) return false;
            var since = Since(clocks._drainingSince, uid, situation.Now);
            // One observation at least after it began: until then the node may still have given it flows.
            return clocks.IsOver(situation.Now, since, options.DrainLimit)
                || (clocks.IsOver(situation.Now, since, DrainPause) && situation.Observed.Firewall(pod.Spec.NodeName, uid) is null or { FlowsActive: 0 });
        }

        public bool IsRefused(string uid) =>
            pods.TryGetValue(uid, out var pod) && SlotState.IsFinished(pod)
            && !clocks.IsOver(situation.Now, pod.Metadata.CreationTimestamp is { } created ? new DateTimeOffset(created.ToUniversalTime()) : default, options.RefusalPause);

        /// <summary>Of its container: before that its network may have taken long to come.</summary>
        private static DateTimeOffset? StartOf(V1Pod pod) =>
            (pod.Status.ContainerStatuses?.FirstOrDefault()?.State?.Running?.StartedAt ?? pod.Status.StartTime) is { } started ? new DateTimeOffset(started.ToUniversalTime()) : null;
    }
}
