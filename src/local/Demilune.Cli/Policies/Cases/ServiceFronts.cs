using Demilune.Kubernetes.Policies;
using Demilune.Policy.Addresses;
using Demilune.Policy.Model;
using k8s.Models;

namespace Demilune.Cli.Policies.Cases;

/// <summary>Addresses that nodes translate: who is behind an address of a Service, as its EndpointSlices say or, where there are none, as its selector does.</summary>
internal sealed class ServiceFronts(ClusterObjects objects)
{
    private const string ServiceName = "kubernetes.io/service-name";

    /// <returns>Pods as "x/a", and the port that each is asked at. Null: it is no Service's address and port.</returns>
    public IReadOnlyList<(string Pod, ushort Port)>? Behind(Prefix address, Protocol? protocol, ushort port)
    {
        foreach (var service in objects.Services)
        {
            if (!Addresses(service).Contains(address)) continue;
            foreach (var front in service.Spec.Ports ?? [])
                if (front.Port == port && NetworkPolicyReader.ProtocolOf(front.Protocol) == protocol) return [.. Backends(service, front).Distinct().Order()];
        }
        return null;
    }

    private static IEnumerable<Prefix> Addresses(V1Service service)
    {
        var texts = (service.Spec?.ClusterIPs ?? []).Append(service.Spec?.ClusterIP).Concat(service.Spec?.ExternalIPs ?? [])
            .Concat((service.Status?.LoadBalancer?.Ingress ?? []).Select(ingress => ingress.Ip));
        foreach (var text in texts)
            if (text is not null && Prefix.TryParse(text, out var address)) yield return address;
    }

    private IEnumerable<(string Pod, ushort Port)> Backends(V1Service service, V1ServicePort front)
    {
        var space = service.Metadata.NamespaceProperty;
        var slices = objects.EndpointSlices.Where(slice => slice.Metadata.NamespaceProperty == space && Label(slice.Metadata, ServiceName) == service.Metadata.Name).ToList();
        if (slices.Count > 0)
            return from slice in slices
                   from own in slice.Ports ?? []
                   where (own.Name ?? "") == (front.Name ?? "") && own.Port is > 0 and <= ushort.MaxValue
                   from endpoint in slice.Endpoints ?? []
                   where endpoint.TargetRef is { Kind: "Pod" }
                   select ($"{endpoint.TargetRef.NamespaceProperty ?? space}/{endpoint.TargetRef.Name}", (ushort)own.Port!);
        if (service.Spec.Selector is not { Count: > 0 } selector) return [];
        return from pod in objects.Pods
               where pod.Metadata.NamespaceProperty == space && selector.All(wanted => Label(pod.Metadata, wanted.Key) == wanted.Value)
               let number = NumberOn(pod, front)
               where number is not null
               select ($"{space}/{pod.Metadata.Name}", number.Value);
    }

    private static string? Label(V1ObjectMeta metadata, string name) => metadata.Labels is { } labels && labels.TryGetValue(name, out var value) ? value : null;

    /// <returns>Null: the pod has no port of the name.</returns>
    private static ushort? NumberOn(V1Pod pod, V1ServicePort front)
    {
        var target = front.TargetPort?.Value;
        if (string.IsNullOrEmpty(target)) return (ushort)front.Port;
        if (ushort.TryParse(target, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)) return number;
        return (pod.Spec.Containers ?? []).SelectMany(container => container.Ports ?? [])
            .FirstOrDefault(port => port.Name == target && NetworkPolicyReader.ProtocolOf(port.Protocol) == NetworkPolicyReader.ProtocolOf(front.Protocol)) is { } named
            ? (ushort)named.ContainerPort : null;
    }
}
