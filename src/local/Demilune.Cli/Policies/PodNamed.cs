using Demilune.Cli.Policies.Cases;
using Demilune.Kubernetes.Crds;
using Demilune.Policy.Model;

namespace Demilune.Cli.Policies;

/// <summary>The pod that somebody means, or why there is none.</summary>
internal static class PodNamed
{
    private const int MaxShown = 10;

    /// <exception cref="InvalidDataException">No policy speaks of a pod of this name; the message says why, and what there is instead.</exception>
    public static Pod Find(ClusterObjects objects, Demilune.Policy.Model.Cluster cluster, string name) =>
        cluster.Pods.FirstOrDefault(pod => pod.Name.ToString() == name) ?? throw new InvalidDataException(WhyNot(objects, name));

    /// <summary>Why no policy speaks of a pod of this name.</summary>
    public static string WhyNot(ClusterObjects objects, string name)
    {
        var names = objects.Pods.Select(pod => $"{pod.Metadata.NamespaceProperty}/{pod.Metadata.Name}").Order(StringComparer.Ordinal).ToList();
        if (objects.Pods.FirstOrDefault(pod => $"{pod.Metadata.NamespaceProperty}/{pod.Metadata.Name}" == name) is { } found)
        {
            if (found.Spec.HostNetwork == true) return $"pod {name} has its node's network (hostNetwork): it is under no policy";
            return FirewallPods.FirewallOf(found) is { } firewall ? $"pod {name} is one of Firewall {firewall}: it has rules of its own" : $"pod {name} is over ({found.Status?.Phase}): it has no network any longer";
        }
        if (names.Count == 0) return $"there is no pod {name}, nor any other";
        if (!name.Contains('/', StringComparison.Ordinal))
        {
            var meant = names.Where(one => one.EndsWith("/" + name, StringComparison.Ordinal)).ToList();
            return meant.Count == 0 ? $"there is no pod {name}; a pod is named as NAMESPACE/NAME" : $"a pod is named as NAMESPACE/NAME: {Some(meant, " or ")}?";
        }
        var space = name[..(name.IndexOf('/', StringComparison.Ordinal) + 1)];
        var neighbours = names.Where(one => one.StartsWith(space, StringComparison.Ordinal)).ToList();
        return neighbours.Count == 0 ? $"there is no pod {name}, and no pod in that namespace" : $"there is no pod {name}; there {(neighbours.Count == 1 ? "is" : "are")} {Some(neighbours, ", ")}";
    }

    private static string Some(List<string> names, string between) => string.Join(between, names.Take(MaxShown)) + (names.Count > MaxShown ? " …" : "");
}
