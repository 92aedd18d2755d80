using k8s.Models;

namespace Demilune.Local.Node.Lifecycle;

/// <summary>Says in the API's words what was observed.</summary>
internal static class PodReport
{
    /// <summary>Pure: the status that <paramref name="seen"/> means. Times of conditions that did not change are kept from the pod.</summary>
    /// <param name="hostAddresses">The node's addresses, the preferred one first.</param>
    public static V1PodStatus Status(V1Pod pod, PodObservation seen, IReadOnlyList<string> hostAddresses, DateTimeOffset now)
    {
        var before = pod.Status ?? new V1PodStatus();
        var phase = Phase(pod, seen);
        var inits = (pod.Spec.InitContainers ?? []).Select(container => Container(pod, container, seen.Of(container.Name), before.InitContainerStatuses)).ToList();
        var containers = pod.Spec.Containers.Select(container => Container(pod, container, seen.Of(container.Name), before.ContainerStatuses)).ToList();
        var addresses = seen.Sandbox is SandboxState.Ready ready ? [.. ready.Addresses.Select(ip => new V1PodIP { Ip = ip })] : before.PodIPs;
        return before with
        {
            Phase = phase,
            Conditions = Conditions(pod, seen, phase, before.Conditions, now),
            HostIP = hostAddresses is [var first, ..] ? first : null,
            HostIPs = [.. hostAddresses.Select(ip => new V1HostIP { Ip = ip })],
            PodIPs = addresses,
            PodIP = addresses?.FirstOrDefault()?.Ip,
            StartTime = before.StartTime ?? Time(seen.StartTime ?? now),
            InitContainerStatuses = inits is [] ? null : inits,
            ContainerStatuses = containers,
            QosClass = before.QosClass ?? QosClass(pod),
        };
    }

    public static string Phase(V1Pod pod, PodObservation seen) => PodOutcome.Verdict(pod, seen) switch
    {
        true => "Succeeded",
        false => "Failed",
        null => PodOutcome.Initialized(pod, seen) && pod.Spec.Containers.All(container => seen.Of(container.Name).Attempt is not null) ? "Running" : "Pending",
    };

    private static List<V1PodCondition> Conditions(V1Pod pod, PodObservation seen, string phase, IList<V1PodCondition>? before, DateTimeOffset now)
    {
        var initialized = PodOutcome.Initialized(pod, seen);
        var unready = pod.Spec.Containers.Where(container => !IsReady(seen.Of(container.Name))).Select(container => container.Name).ToList();
        var (ready, reason, message) = phase is "Succeeded" or "Failed" ? (false, phase is "Succeeded" ? "PodCompleted" : "PodFailed", null)
            : unready is [] ? (true, null, (string?)null)
            : (false, "ContainersNotReady", $"containers with unready status: [{string.Join(' ', unready)}]");
        List<V1PodCondition> conditions =
        [
            Condition("PodReadyToStartContainers", seen.Sandbox is SandboxState.Ready, null, null),
            Condition("Initialized", initialized || phase is "Succeeded", initialized ? null : "ContainersNotInitialized", null),
            Condition("Ready", ready && pod.Metadata.DeletionTimestamp is null, reason, message),
            Condition("ContainersReady", ready, reason, message),
            Condition("PodScheduled", true, null, null),
        ];
        // Conditions of others (readiness gates, disruption) are theirs to change.
        return [.. conditions.Select(Keep), .. (before ?? []).Where(old => conditions.All(mine => mine.Type != old.Type))];

        V1PodCondition Condition(string type, bool status, string? why, string? text) =>
            new() { Type = type, Status = status ? "True" : "False", Reason = status ? null : why, Message = status ? null : text };

        V1PodCondition Keep(V1PodCondition mine)
        {
            var old = before?.FirstOrDefault(condition => condition.Type == mine.Type);
            return mine with { LastTransitionTime = old?.Status == mine.Status ? old.LastTransitionTime : Time(now), LastProbeTime = old?.LastProbeTime };
        }
    }

    private static V1ContainerStatus Container(V1Pod pod, V1Container container, ContainerObservation seen, IList<V1ContainerStatus>? before)
    {
        var old = before?.FirstOrDefault(status => status.Name == container.Name);
        return new V1ContainerStatus
        {
            Name = container.Name,
            Image = container.Image,
            ImageID = seen.ImageId ?? old?.ImageID ?? "",
            ContainerID = Prefixed(seen.ContainerId) ?? old?.ContainerID,
            RestartCount = seen.Attempt ?? old?.RestartCount ?? 0,
            Ready = IsReady(seen) || (seen.State is ContainerState.Terminated { How.Succeeded: true } && IsWorkInit(pod, container)),
            Started = seen.State is ContainerState.Running && seen.Started,
            State = State(pod, container, seen),
            LastState = LastState(pod, container, seen),
        };
    }

    private static bool IsReady(ContainerObservation seen) => seen is { State: ContainerState.Running, Started: true, Ready: true };

    /// <summary>An init container that runs to its end; kubelet reports it as ready once it has.</summary>
    private static bool IsWorkInit(V1Pod pod, V1Container container) =>
        pod.Spec.InitContainers?.Any(init => init.Name == container.Name && !PodOutcome.IsSidecar(init)) ?? false;

    private static V1ContainerState State(V1Pod pod, V1Container container, ContainerObservation seen) => seen.State switch
    {
        ContainerState.Running running => new V1ContainerState { Running = new V1ContainerStateRunning { StartedAt = Time(running.StartedAt) } },
        ContainerState.Terminated { How: var how } when BacksOff(pod, container, seen, how) => new V1ContainerState
        {
            Waiting = new V1ContainerStateWaiting
            {
                Reason = "CrashLoopBackOff",
                Message = $"back-off {Go(CrashLoop.Delay(seen.Crashes))} restarting failed container={container.Name} pod={pod.Metadata.Name}_{pod.Metadata.NamespaceProperty}({pod.Metadata.Uid})",
            },
        },
        ContainerState.Terminated { How: var how } => new V1ContainerState { Terminated = Terminated(how) },
        ContainerState.Waiting waiting => new V1ContainerState
        {
            Waiting = new V1ContainerStateWaiting
            {
                // A container that waits for init containers says so; those themselves are being created.
                Reason = waiting.Reason is "ContainerCreating" && pod.Spec.InitContainers is { Count: > 0 } ? "PodInitializing" : waiting.Reason,
                Message = waiting.Message,
            },
        },
        _ => new V1ContainerState(),
    };

    private static V1ContainerState LastState(V1Pod pod, V1Container container, ContainerObservation seen) =>
        (seen.State is ContainerState.Terminated { How: var how } && BacksOff(pod, container, seen, how) ? how : seen.Last) is { } last
            ? new V1ContainerState { Terminated = Terminated(last) }
            : new V1ContainerState();

    private static bool BacksOff(V1Pod pod, V1Container container, ContainerObservation seen, Termination how) =>
        pod.Metadata.DeletionTimestamp is null && CrashLoop.Delay(seen.Crashes) > TimeSpan.Zero && PodOutcome.Restarts(pod, container, how);

    private static V1ContainerStateTerminated Terminated(Termination how) => new()
    {
        ContainerID = Prefixed(how.ContainerId),
        ExitCode = how.ExitCode,
        Reason = how.Reason,
        Message = how.Message,
        StartedAt = Time(how.StartedAt),
        FinishedAt = Time(how.FinishedAt),
    };

    /// <summary>The API's classes of service: limits for all, requests for some, nothing.</summary>
    internal static string QosClass(V1Pod pod)
    {
        var all = PodOutcome.AllContainers(pod).ToList();
        if (all.All(container => container.Resources is not { } r || ((r.Requests?.Count ?? 0) == 0 && (r.Limits?.Count ?? 0) == 0))) return "BestEffort";
        return all.All(container => ((string[])["cpu", "memory"]).All(name =>
            container.Resources?.Limits?.TryGetValue(name, out var limit) is true &&
            (container.Resources.Requests?.TryGetValue(name, out var request) is not true || request!.Equals(limit)))) ? "Guaranteed" : "Burstable";
    }

    private static string? Prefixed(string? containerId) => containerId is null ? null : $"runc://{containerId}";

    /// <summary>The API keeps whole seconds.</summary>
    private static DateTime Time(DateTimeOffset time) => new(time.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Utc);

    private static string Go(TimeSpan span) => span.TotalMinutes >= 1 ? $"{(int)span.TotalMinutes}m{span.Seconds}s" : $"{span.Seconds}s";
}
