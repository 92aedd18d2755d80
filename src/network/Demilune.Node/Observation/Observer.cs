using Demilune.Contracts.Nodes;
using Demilune.Node.Datapath;
using Demilune.Node.FirewallLink;
using Microsoft.Extensions.Logging;

namespace Demilune.Node.Observation;

/// <summary>Says what is so: from the kernel's counters, the attachments, and what each firewall says of itself.</summary>
internal sealed class Observer(Agent agent, FirewallLinks links, TimeProvider time, ILogger log)
{
    /// <summary>How often liveness is read. The kernel decides by itself; this only bounds how late it is told.</summary>
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMilliseconds(20), ShortestInterval = TimeSpan.FromMilliseconds(2);

    /// <summary>Transitions kept while the controller is away.</summary>
    private const int MaxTransitions = 1_000;

    private readonly LivenessTracker _tracker = new();
    private readonly Queue<Transition> _transitions = new();
    private readonly Lock _gate = new();

    /// <summary>Name of the seccomp profile that this node has for firewalls; null: none.</summary>
    public string? SeccompProfile { get; init; }

    /// <summary>Raised when a firewall died or came back, so that it is reported at once.</summary>
    public event Action? Turned;

    public async Task WatchLivenessAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(LongestInterval, time);
        while (await timer.WaitForNextTickAsync(stop))
        {
            var readings = agent.ReadFirewalls();
            if (IntervalFor(readings) is var interval && interval != timer.Period) timer.Period = interval;
            var transitions = _tracker.Next(readings, PodOf, time.GetUtcNow());
            if (transitions.Count == 0) continue;
            foreach (var turn in transitions)
            {
                log.FirewallTransition(turn.FirewallPod, turn.Alive ? "alive" : "dead", turn.DecisionMicros, turn.DroppedClosed, turn.PassedOpen);
                lock (_gate)
                {
                    _transitions.Enqueue(turn);
                    if (_transitions.Count > MaxTransitions) _transitions.Dequeue();
                }
            }

            Turned?.Invoke();
        }
    }

    /// <summary>A fifth of the shortest deadline that there is.</summary>
    internal static TimeSpan IntervalFor(IReadOnlyList<FirewallReading> readings)
    {
        var interval = LongestInterval;
        foreach (var reading in readings)
            if (reading.Deadline / 5 < interval) interval = reading.Deadline / 5;
        return interval < ShortestInterval ? ShortestInterval : interval;
    }

    public NodeObservation Observe()
    {
        var (observation, readings) = agent.Observe();
        observation.SeccompProfile = SeccompProfile ?? "";
        foreach (var firewall in agent.State.Firewalls)
        {
            var seen = new FirewallObservation { PodUid = firewall.PodUid, PortPairId = firewall.PortPairId };
            if (readings.FirstOrDefault(reading => reading.PortPairId == firewall.PortPairId) is { } reading)
            {
                seen.Alive = reading.Alive;
                seen.Reason = reading.Alive ? "" : reading.HeartbeatAge is { } age ? $"no heartbeat for {age.TotalMilliseconds:0} ms" : "no heartbeat yet";
                (seen.FramesToIn, seen.FramesFromOut) = (reading.FramesToIn, reading.FramesFromOut);
                (seen.FramesToOut, seen.FramesFromIn) = (reading.FramesToOut, reading.FramesFromIn);
                (seen.DroppedClosed, seen.PassedOpen, seen.FlowsSpliced) = (reading.DroppedClosed, reading.PassedOpen, reading.FlowsSpliced);
                seen.HeartbeatDeadlineMs = (uint)reading.Deadline.TotalMilliseconds;
            }
            else
            {
                seen.Reason = "its interfaces are not attached";
            }

            AddEngine(seen, links.Find(firewall.PodUid));
            if (agent.State.Routing is not null) AddRouted(seen, links.Find(firewall.PodUid));
            observation.Firewalls.Add(seen);
        }

        lock (_gate)
            while (_transitions.TryDequeue(out var turn)) observation.Transitions.Add(turn);
        return observation;
    }

    /// <summary>An observation could not be sent: its transitions must not be lost.</summary>
    public void PutBack(NodeObservation observation)
    {
        lock (_gate)
        {
            var newer = _transitions.ToArray();
            _transitions.Clear();
            foreach (var turn in observation.Transitions.Concat(newer).TakeLast(MaxTransitions)) _transitions.Enqueue(turn);
        }
    }

    /// <summary>No splice stands before a hop of another switch's chain: that it lives is its own word, once a second.</summary>
    private static void AddRouted(FirewallObservation seen, FirewallSocket? socket)
    {
        seen.Alive = socket is { Engine: not null, IsFresh: true };
        seen.Reason = seen.Alive ? "" : socket?.Engine is null ? "its engine has not connected" : "its engine is silent";
        seen.FramesToIn = (ulong)(socket?.Stats?.FramesIn ?? 0);
        seen.FramesFromOut = (ulong)(socket?.Stats?.FramesOut ?? 0);
        seen.FlowsSpliced = (ulong)(socket?.Stats?.FlowsSeen ?? 0);
    }

    private static void AddEngine(FirewallObservation seen, FirewallSocket? socket)
    {
        if (socket?.Engine is not { } engine) return;
        seen.Connected = true;
        seen.EngineVersion = engine.Version;
        seen.RealTime = engine.RealTime;
        if (socket.Stats is { } stats)
            (seen.FlowsActive, seen.FramesMissed, seen.EventsLost) = ((ulong)Math.Max(0, stats.FlowsActive), (ulong)Math.Max(0, stats.FramesMissed), (ulong)Math.Max(0, stats.EventsLost));
        foreach (var policy in socket.Loaded?.Policies ?? [])
        {
            var loaded = new LoadedPolicy { Name = policy.Name, Revision = (ulong)policy.Revision, Rules = (uint)policy.Rules, Ok = policy.Ok, NotInForce = !policy.InForce };
            loaded.Errors.Add(policy.Errors);
            if (socket.Stats?.Policies?.FirstOrDefault(counted => counted.Name == policy.Name) is { } counts)
            {
                (loaded.Flows, loaded.Blocked, loaded.WouldBlock) = ((ulong)counts.Flows, (ulong)counts.Blocked, (ulong)counts.WouldBlock);
                (loaded.ShadowFlows, loaded.ShadowWouldBlock) = ((ulong)counts.ShadowFlows, (ulong)counts.ShadowWouldBlock);
            }
            seen.Policies.Add(loaded);
        }
    }

    private string PodOf(string portPair) =>
        agent.State.Firewalls.FirstOrDefault(firewall => firewall.PortPairId == portPair) is { } found
            ? $"{found.PodNamespace}/{found.PodName}" : portPair;
}
