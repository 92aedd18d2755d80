using System.Text;
using k8s.Models;

namespace Demilune.Local.Node.Containers;

/// <summary>A container's environment, and <c>$(NAME)</c> in its command.</summary>
internal static class Variables
{
    /// <summary>What the container's variables refer to, read beforehand. A name that leads nowhere is absent.</summary>
    internal sealed record Sources(
        IReadOnlyDictionary<string, V1ConfigMap> ConfigMaps, IReadOnlyDictionary<string, V1Secret> Secrets,
        IReadOnlyList<string> PodAddresses, IReadOnlyList<string> HostAddresses);

    /// <summary>Pure: the image's variables, then envFrom, then env; later wins.</summary>
    /// <exception cref="NodeException">A reference that is not optional leads nowhere.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Resolve(V1Pod pod, V1Container container, IEnumerable<string> image, Sources sources)
    {
        var result = new OrderedDictionary<string, string>(StringComparer.Ordinal) { ["HOSTNAME"] = HostName(pod) };
        foreach (var variable in image)
            if (variable.Split('=', 2) is [var name, var value]) result[name] = value;
        result.TryAdd("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        foreach (var from in container.EnvFrom ?? []) AddAll(from, sources, result);
        foreach (var variable in container.Env ?? [])
        {
            var value = variable.ValueFrom is { } source ? Referred(pod, container, variable.Name, source, sources) : Expand(variable.Value ?? "", result);
            if (value is not null) result[variable.Name] = value;
        }
        return [.. result];
    }

    /// <summary><c>$(NAME)</c> becomes the variable's value, <c>$$</c> one dollar; an unknown name stays as it is written.</summary>
    public static string Expand(string text, IReadOnlyDictionary<string, string> variables)
    {
        if (!text.Contains('$', StringComparison.Ordinal)) return text;
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var next = i + 1 < text.Length ? text[i + 1] : '\0';
            if (text[i] is '$' && next is '$')
            {
                result.Append('$');
                i++;
            }
            else if (text[i] is '$' && next is '(' && text.IndexOf(')', i) is var end and > 0)
            {
                var name = text[(i + 2)..end];
                result.Append(variables.TryGetValue(name, out var value) ? value : text[i..(end + 1)]);
                i = end;
            }
            else
            {
                result.Append(text[i]);
            }
        }
        return result.ToString();
    }

    /// <summary>command and args over the image's Entrypoint and Cmd, as the API documents their combinations.</summary>
    public static IReadOnlyList<string> Arguments(V1Container container, Images.ImageConfig image, IReadOnlyDictionary<string, string> variables)
    {
        IEnumerable<string> command = container.Command is { Count: > 0 } said ? said.Select(part => Expand(part, variables)) : image.Entrypoint;
        IEnumerable<string> arguments = container.Args is { Count: > 0 } given ? given.Select(part => Expand(part, variables))
            : container.Command is { Count: > 0 } ? [] : image.Command;
        List<string> all = [.. command, .. arguments];
        return all is not [] ? all
            : throw new NodeException($"container {container.Name} has no command and neither has its image {container.Image}", "RunContainerError");
    }

    public static string HostName(V1Pod pod) => pod.Spec.HostNetwork is true ? Environment.MachineName
        : pod.Spec.Hostname is { Length: > 0 } name ? name
        : pod.Metadata.Name.Length <= MaxHostName ? pod.Metadata.Name : pod.Metadata.Name[..MaxHostName].TrimEnd('-', '.');

    /// <summary>Linux's limit is 64 with its end; DNS's label is 63.</summary>
    private const int MaxHostName = 63;

    private static void AddAll(V1EnvFromSource from, Sources sources, OrderedDictionary<string, string> result)
    {
        if (from.ConfigMapRef is { } map)
        {
            if (sources.ConfigMaps.TryGetValue(map.Name, out var found))
                foreach (var (key, value) in found.Data ?? new Dictionary<string, string>()) result[from.Prefix + key] = value;
            else if (map.Optional is not true) throw Missing("configmap", map.Name);
        }
        if (from.SecretRef is not { } secret) return;
        if (sources.Secrets.TryGetValue(secret.Name, out var known))
            foreach (var (key, value) in known.Data ?? new Dictionary<string, byte[]>()) result[from.Prefix + key] = Encoding.UTF8.GetString(value);
        else if (secret.Optional is not true) throw Missing("secret", secret.Name);
    }

    private static string? Referred(V1Pod pod, V1Container container, string variable, V1EnvVarSource source, Sources sources)
    {
        if (source.FieldRef is { } field) return FieldReference.Value(pod, field.FieldPath, sources.PodAddresses, sources.HostAddresses);
        if (source.ResourceFieldRef is { } resource) return FieldReference.Resource(pod, container, resource);
        if (source.ConfigMapKeyRef is { } map)
        {
            if (sources.ConfigMaps.TryGetValue(map.Name, out var found))
                return found.Data?.TryGetValue(map.Key, out var value) is true ? value
                    : map.Optional is true ? null : throw MissingKey(map.Key, "ConfigMap", pod, map.Name);
            return map.Optional is true ? null : throw Missing("configmap", map.Name);
        }
        if (source.SecretKeyRef is { } secret)
        {
            if (sources.Secrets.TryGetValue(secret.Name, out var found))
                return found.Data?.TryGetValue(secret.Key, out var value) is true ? Encoding.UTF8.GetString(value)
                    : secret.Optional is true ? null : throw MissingKey(secret.Key, "Secret", pod, secret.Name);
            return secret.Optional is true ? null : throw Missing("secret", secret.Name);
        }
        throw new NodeException($"env {variable}: valueFrom names no source this node knows", "CreateContainerConfigError");
    }

    private static NodeException Missing(string kind, string name) => new($"{kind} \"{name}\" not found", "CreateContainerConfigError");

    private static NodeException MissingKey(string key, string kind, V1Pod pod, string name) =>
        new($"couldn't find key {key} in {kind} {pod.Metadata.NamespaceProperty}/{name}", "CreateContainerConfigError");
}
