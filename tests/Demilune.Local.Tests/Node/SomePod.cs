using k8s.Models;

namespace Demilune.Local.Tests.Node;

/// <summary>Pods to begin with.</summary>
internal static class SomePod
{
    public static V1Pod Running(string script, string restartPolicy = "Always", bool hostNetwork = true) => new()
    {
        Metadata = new V1ObjectMeta { Name = "some", NamespaceProperty = "test", Uid = Guid.NewGuid().ToString(), Labels = new Dictionary<string, string> { ["app"] = "web" } },
        Spec = new V1PodSpec
        {
            HostNetwork = hostNetwork,
            RestartPolicy = restartPolicy,
            TerminationGracePeriodSeconds = 1,
            Containers = [Container("main", script)],
        },
    };

    public static V1Container Container(string name, string script) =>
        new() { Name = name, Image = "demilune.local/host:latest", Command = ["/bin/sh", "-c", script] };

    /// <summary>The pod with its only container changed.</summary>
    public static V1Pod With(this V1Pod pod, Func<V1Container, V1Container> change) =>
        pod with { Spec = pod.Spec with { Containers = [change(pod.Spec.Containers[0])] } };
}
