using System.Text;
using Demilune.Local.Node.Containers;
using k8s.Models;

namespace Demilune.Local.Node.Volumes;

/// <summary>One file of a volume that is made of API objects.</summary>
/// <param name="Path">Relative, without <c>..</c>.</param>
/// <param name="Mode">Permission bits, as the API gives them.</param>
internal sealed record ProjectedFile(string Path, byte[] Content, int Mode);

/// <summary>Turns ConfigMaps, Secrets and the pod itself into files. Pure: objects come in already read.</summary>
internal static class Projection
{
    public const int DefaultMode = 0b110_100_100;   // 0644, the API's default

    /// <exception cref="NodeException">A key that is not optional is missing, or a path would leave the volume.</exception>
    public static IEnumerable<ProjectedFile> ConfigMap(V1ConfigMap? map, string name, IList<V1KeyToPath>? items, bool optional, int mode)
    {
        if (map is null) return optional ? [] : throw new NodeException($"configmap \"{name}\" not found", "CreateContainerConfigError");
        var content = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (key, value) in map.Data ?? new Dictionary<string, string>()) content[key] = Encoding.UTF8.GetBytes(value);
        foreach (var (key, value) in map.BinaryData ?? new Dictionary<string, byte[]>()) content[key] = value;
        return Keys(content, $"configmap \"{name}\"", items, optional, mode);
    }

    /// <inheritdoc cref="ConfigMap"/>
    public static IEnumerable<ProjectedFile> Secret(V1Secret? secret, string name, IList<V1KeyToPath>? items, bool optional, int mode) =>
        secret is not null ? Keys(secret.Data ?? new Dictionary<string, byte[]>(), $"secret \"{name}\"", items, optional, mode)
        : optional ? [] : throw new NodeException($"secret \"{name}\" not found", "CreateContainerConfigError");

    public static IEnumerable<ProjectedFile> DownwardApi(
        V1Pod pod, IList<V1DownwardAPIVolumeFile>? items, int mode, IReadOnlyList<string> podAddresses, IReadOnlyList<string> hostAddresses) =>
        (items ?? []).Select(item => new ProjectedFile(
            Inside(item.Path),
            Encoding.UTF8.GetBytes(item.FieldRef is { } field
                ? FieldReference.Value(pod, field.FieldPath, podAddresses, hostAddresses)
                : FieldReference.Resource(pod, pod.Spec.Containers[0], item.ResourceFieldRef)),
            item.Mode ?? mode));

    private static IEnumerable<ProjectedFile> Keys(IDictionary<string, byte[]> content, string what, IList<V1KeyToPath>? items, bool optional, int mode)
    {
        if (items is null) return content.Select(pair => new ProjectedFile(Inside(pair.Key), pair.Value, mode));
        return items.Where(item => content.ContainsKey(item.Key) || (!optional ? throw new NodeException($"{what} has no key {item.Key}", "CreateContainerConfigError") : false))
            .Select(item => new ProjectedFile(Inside(item.Path), content[item.Key], item.Mode ?? mode));
    }

    /// <summary>The API server refuses such paths too; a node does not rely on it.</summary>
    internal static string Inside(string path) =>
        path is "" || path.StartsWith('/') || path.Split('/').Any(part => part is ".." or "." or "") || path.StartsWith("..", StringComparison.Ordinal)
            ? throw new NodeException($"volume path {path} would leave its volume", "CreateContainerConfigError")
            : path;
}
