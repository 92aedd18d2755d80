using System.Globalization;
using System.Text;
using k8s.Models;

namespace Demilune.Local.Node.Containers;

/// <summary>The downward API: fields of the pod as text.</summary>
internal static class FieldReference
{
    /// <exception cref="NodeException">The path is none that the API offers.</exception>
    public static string Value(V1Pod pod, string path, IReadOnlyList<string> podAddresses, IReadOnlyList<string> hostAddresses)
    {
        var meta = pod.Metadata;
        if (Subscript(path, "metadata.labels") is { } label) return meta.Labels?.TryGetValue(label, out var value) is true ? value : "";
        if (Subscript(path, "metadata.annotations") is { } annotation) return meta.Annotations?.TryGetValue(annotation, out var value) is true ? value : "";
        return path switch
        {
            "metadata.name" => meta.Name,
            "metadata.namespace" => meta.NamespaceProperty,
            "metadata.uid" => meta.Uid,
            "metadata.labels" => Map(meta.Labels),
            "metadata.annotations" => Map(meta.Annotations),
            "spec.nodeName" => pod.Spec.NodeName ?? "",
            "spec.serviceAccountName" => pod.Spec.ServiceAccountName ?? "default",
            "status.podIP" => podAddresses is [var ip, ..] ? ip : "",
            "status.podIPs" => string.Join(',', podAddresses),
            "status.hostIP" => hostAddresses is [var host, ..] ? host : "",
            "status.hostIPs" => string.Join(',', hostAddresses),
            _ => throw new NodeException($"fieldRef {path} is not supported", "CreateContainerConfigError"),
        };
    }

    /// <summary>A limit or request, divided and rounded up; without one, what the machine has.</summary>
    public static string Resource(V1Pod pod, V1Container container, V1ResourceFieldSelector selector)
    {
        var target = selector.ContainerName is { } name ? Lifecycle.PodOutcome.AllContainers(pod).FirstOrDefault(each => each.Name == name) ?? container : container;
        var (kind, resource) = selector.Resource.Split('.', 2) is [var left, var right] ? (left, right) : ("", "");
        var quantities = kind is "limits" ? target.Resources?.Limits : kind is "requests" ? target.Resources?.Requests
            : throw new NodeException($"resourceFieldRef {selector.Resource} is not supported", "CreateContainerConfigError");
        var value = quantities is not null && quantities.TryGetValue(resource, out var quantity) ? quantity.ToDecimal()
            : kind is "requests" ? 0
            : resource is "cpu" ? Environment.ProcessorCount
            : resource is "memory" ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes
            : 0;
        var divisor = selector.Divisor?.ToDecimal() is { } d and > 0 ? d : 1;
        return Math.Ceiling(value / divisor).ToString(CultureInfo.InvariantCulture);
    }

    private static string? Subscript(string path, string map) =>
        path.StartsWith(map + "['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal) ? path[(map.Length + 2)..^2] : null;

    /// <summary>One <c>key="value"</c> per line, sorted, quoted as Go does.</summary>
    private static string Map(IDictionary<string, string>? map)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in (map ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            text.Append(key).Append("=\"").Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append("\"\n");
        return text.ToString();
    }
}
