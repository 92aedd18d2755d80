using k8s.Models;

namespace Demilune.Local.Node.Lifecycle;

/// <summary>What the ends of its containers mean for a pod, by its restart policy.</summary>
internal static class PodOutcome
{
    public static IEnumerable<V1Container> AllContainers(V1Pod pod) => [.. pod.Spec.InitContainers ?? [], .. pod.Spec.Containers];

    /// <summary>An init container that keeps running beside the others (Kubernetes 1.29).</summary>
    public static bool IsSidecar(V1Container init) => init.RestartPolicy is "Always";

    /// <summary>Whether a container that ended like this is started again.</summary>
    public static bool Restarts(V1Pod pod, V1Container container, Termination how) =>
        IsInit(pod, container)
            ? IsSidecar(container) || (!how.Succeeded && pod.Spec.RestartPolicy is not "Never")
            : pod.Spec.RestartPolicy switch
            {
                "Never" => false,
                "OnFailure" => !how.Succeeded,
                _ => true,
            };

    /// <summary>Succeeded or Failed: no container runs or will run again (sidecars aside, which end with the pod).</summary>
    public static bool IsFinished(V1Pod pod, PodObservation seen) => Verdict(pod, seen) is not null;

    /// <summary>True: succeeded; false: failed; null: not over.</summary>
    public static bool? Verdict(V1Pod pod, PodObservation seen)
    {
        foreach (var init in pod.Spec.InitContainers ?? [])
            if (Ended(pod, init, seen) is { Succeeded: false }) return false;
        var succeeded = true;
        foreach (var container in pod.Spec.Containers)
        {
            if (Ended(pod, container, seen) is not { } how) return null;
            succeeded &= how.Succeeded;
        }
        return succeeded;
    }

    public static bool Initialized(V1Pod pod, PodObservation seen) => (pod.Spec.InitContainers ?? []).All(init => seen.Of(init.Name) is var container &&
        (IsSidecar(init) ? container is { State: ContainerState.Running, Started: true } : container.State is ContainerState.Terminated { How.Succeeded: true }));

    private static Termination? Ended(V1Pod pod, V1Container container, PodObservation seen) =>
        seen.Of(container.Name).State is ContainerState.Terminated { How: var how } && !Restarts(pod, container, how) ? how : null;

    private static bool IsInit(V1Pod pod, V1Container container) => pod.Spec.InitContainers?.Any(init => init.Name == container.Name) ?? false;
}
