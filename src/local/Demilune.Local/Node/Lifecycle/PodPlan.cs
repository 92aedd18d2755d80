using k8s.Models;

namespace Demilune.Local.Node.Lifecycle;

/// <summary>One thing the node does for a pod.</summary>
internal abstract record PodAction
{
    /// <summary>Namespaces, CNI ADD, volumes.</summary>
    public sealed record CreateSandbox : PodAction;

    /// <summary>CNI DEL and the namespaces' end. Safe to repeat.</summary>
    public sealed record RemoveSandbox : PodAction;

    public sealed record Start(V1Container Container, int Attempt) : PodAction;

    /// <summary>preStop, then the stop signal.</summary>
    public sealed record Stop(V1Container Container, DateTimeOffset Deadline, string Why) : PodAction;

    public sealed record Kill(V1Container Container) : PodAction;

    /// <summary>Nothing of it runs any more: remove the files and let the API server forget the pod.</summary>
    public sealed record Forget : PodAction;
}

/// <summary>What to do now, and when to look again although nothing happened.</summary>
internal sealed record PodPlan(IReadOnlyList<PodAction> Actions, DateTimeOffset? WakeAt)
{
    private static readonly PodPlan Nothing = new([], null);

    /// <summary>The grace period of a pod that does not say, in seconds (the API's own default).</summary>
    private const long DefaultGraceSeconds = 30;

    /// <summary>Pure. Asked again after each action and whenever something was observed; it need not remember anything.</summary>
    public static PodPlan Next(V1Pod pod, PodObservation seen, DateTimeOffset now)
    {
        if (pod.Metadata.DeletionTimestamp is { } deletion) return End(pod, seen, now, AsTime(deletion));
        if (PodOutcome.IsFinished(pod, seen))
            return Running(pod, seen) is { Count: > 0 } sidecars
                ? StopAll(sidecars, seen, now, now + Grace(pod), "Pod finished")
                : seen.Sandbox is SandboxState.None ? Nothing : Now(new PodAction.RemoveSandbox());
        return seen.Sandbox switch
        {
            SandboxState.Failed failed when failed.RetryAt > now => Later(failed.RetryAt),
            // Containers of a sandbox that is gone must not outlive it: the next one has another address.
            not SandboxState.Ready when Running(pod, seen) is { Count: > 0 } orphans => StopAll(orphans, seen, now, now, "Pod sandbox changed"),
            SandboxState.Ready => Containers(pod, seen, now),
            _ => Now(new PodAction.CreateSandbox()),
        };
    }

    /// <summary>Deletion: everything stops, then the network goes, then the pod.</summary>
    private static PodPlan End(V1Pod pod, PodObservation seen, DateTimeOffset now, DateTimeOffset deadline) =>
        Running(pod, seen) is { Count: > 0 } running ? StopAll(running, seen, now, deadline, "Stopping container")
        : seen.Sandbox is not SandboxState.None ? Now(new PodAction.RemoveSandbox())
        : Now(new PodAction.Forget());

    private static PodPlan Containers(V1Pod pod, PodObservation seen, DateTimeOffset now)
    {
        var plan = new Steps();
        foreach (var init in pod.Spec.InitContainers ?? [])
        {
            var container = seen.Of(init.Name);
            if (PodOutcome.IsSidecar(init))
            {
                Keep(plan, pod, init, container, now);
                if (!(container.State is ContainerState.Running && container.Started)) return plan.Done();
            }
            else if (container.State is not ContainerState.Terminated { How.Succeeded: true })
            {
                Keep(plan, pod, init, container, now);
                return plan.Done();     // one at a time, in order
            }
        }
        foreach (var container in pod.Spec.Containers) Keep(plan, pod, container, seen.Of(container.Name), now);
        return plan.Done();
    }

    /// <summary>Starts, restarts or ends one container as its policy and probes ask.</summary>
    private static void Keep(Steps plan, V1Pod pod, V1Container container, ContainerObservation seen, DateTimeOffset now)
    {
        switch (seen.State)
        {
            case ContainerState.Waiting { RetryAt: { } retry } when retry > now:
                plan.Wake(retry);
                break;
            case ContainerState.Waiting:
                plan.Do(new PodAction.Start(container, seen.Attempt + 1 ?? 0));
                break;
            case ContainerState.Running when seen.Stopping is not null || seen.Unhealthy is not null:
                StopOne(plan, container, seen, now, now + ProbeGrace(pod, container), seen.Unhealthy ?? "Stopping container");
                break;
            case ContainerState.Terminated { How: var how } when PodOutcome.Restarts(pod, container, how):
                var due = how.FinishedAt + CrashLoop.Delay(seen.Crashes);
                if (due > now) plan.Wake(due);
                else plan.Do(new PodAction.Start(container, seen.Attempt + 1 ?? 0));
                break;
        }
    }

    private static PodPlan StopAll(List<V1Container> running, PodObservation seen, DateTimeOffset now, DateTimeOffset deadline, string why)
    {
        var plan = new Steps();
        foreach (var container in running) StopOne(plan, container, seen.Of(container.Name), now, deadline, why);
        return plan.Done();
    }

    private static void StopOne(Steps plan, V1Container container, ContainerObservation seen, DateTimeOffset now, DateTimeOffset deadline, string why)
    {
        switch (seen.Stopping)
        {
            case null:
                plan.Do(new PodAction.Stop(container, deadline, why));
                break;
            // A second, shorter request (kubectl delete --now after delete) must not wait for the first.
            case { Killed: false } stopping when Min(stopping.Deadline, deadline < stopping.Since ? stopping.Since : deadline) is var end:
                if (end <= now) plan.Do(new PodAction.Kill(container));
                else plan.Wake(end);
                break;
        }
    }

    private static List<V1Container> Running(V1Pod pod, PodObservation seen) =>
        [.. PodOutcome.AllContainers(pod).Where(container => seen.Of(container.Name).State is ContainerState.Running)];

    private static TimeSpan Grace(V1Pod pod) => TimeSpan.FromSeconds(pod.Spec.TerminationGracePeriodSeconds ?? DefaultGraceSeconds);

    private static TimeSpan ProbeGrace(V1Pod pod, V1Container container) =>
        container.LivenessProbe?.TerminationGracePeriodSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : Grace(pod);

    private static DateTimeOffset AsTime(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));
    private static DateTimeOffset Min(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;
    private static PodPlan Now(PodAction action) => new([action], null);
    private static PodPlan Later(DateTimeOffset time) => new([], time);

    private sealed class Steps
    {
        private readonly List<PodAction> _actions = [];
        private DateTimeOffset? _wake;

        public void Do(PodAction action) => _actions.Add(action);
        public void Wake(DateTimeOffset time) => _wake = _wake is { } wake && wake < time ? wake : time;
        public PodPlan Done() => new(_actions, _wake);
    }
}
