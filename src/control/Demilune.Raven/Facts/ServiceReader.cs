using System.Collections.Immutable;
using Demilune.Kubernetes.Policies;
using Demilune.Policy.Addresses;
using k8s.Models;

namespace Demilune.Raven.Facts;

/// <summary>Services and their endpoints as they were watched → the addresses that nodes translate. Pure.</summary>
internal static class ServiceReader
{
    private const string ServiceNameLabel = "kubernetes.io/service-name";

    public static ImmutableArray<ServiceFront> Read(IEnumerable<V1Service> services, IEnumerable<V1EndpointSlice> slices)
    {
        var byService = slices.ToLookup(slice => (slice.Metadata.NamespaceProperty, ServiceOf(slice)));
        return [.. services.SelectMany(service => Fronts(service, byService[(service.Metadata.NamespaceProperty, service.Metadata.Name)]))];
    }

    /// <summary>The name of the Service whose endpoints these are.</summary>
    public static string ServiceOf(V1EndpointSlice slice) =>
        slice.Metadata.Labels is { } labels && labels.TryGetValue(ServiceNameLabel, out var name) ? name : "";

    /// <param name="slices">Of the Service.</param>
    public static ImmutableArray<ServiceFront> Fronts(V1Service service, IEnumerable<V1EndpointSlice> slices)
    {
        var addresses = Addresses(service).ToList();
        return addresses.Count == 0 ? [] :
        [
            .. from port in service.Spec.Ports ?? []
               let protocol = NetworkPolicyReader.ProtocolOf(port.Protocol)
               where protocol is not null && port.Port is > 0 and <= ushort.MaxValue
               let backends = Backends(slices, port)
               where backends.Length > 0
               from address in addresses
               select new ServiceFront(address, protocol.Value, (ushort)port.Port, backends),
        ];
    }

    /// <summary>None for a headless Service: its pods are spoken to as they are.</summary>
    private static IEnumerable<Prefix> Addresses(V1Service service)
    {
        var texts = (service.Spec?.ClusterIPs ?? []).Concat(service.Spec?.ExternalIPs ?? [])
            .Concat((service.Status?.LoadBalancer?.Ingress ?? []).Select(ingress => ingress.Ip).OfType<string>());
        foreach (var text in texts.Distinct(StringComparer.Ordinal))
            if (Prefix.TryParse(text, out var address)) yield return address;
    }

    /// <summary>The ones that are not ready too: a node may still, or already, send somebody there.</summary>
    private static ImmutableArray<(string, ushort)> Backends(IEnumerable<V1EndpointSlice> slices, V1ServicePort port) =>
    [
        .. (from slice in slices
            from own in slice.Ports ?? []
            where (own.Name ?? "") == (port.Name ?? "")
            let number = own.Port ?? 0
            where number is > 0 and <= ushort.MaxValue
            from endpoint in slice.Endpoints ?? []
            select (endpoint.TargetRef is { Kind: "Pod", Uid: { } uid } ? uid : "", (ushort)number)).Distinct().Order(),
    ];
}
