using System.Net;
using System.Net.Sockets;
using Demilune.Controller.Hosting;
using Demilune.Kubernetes;
using Demilune.Kubernetes.Api;
using k8s.Models;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Demilune.Controller.Rest;

/// <summary>
/// Leads the Service demilune-system/demilune-controller to whoever leads: by it the command line reaches REST through the API server's proxy and needs
/// nothing but a kubeconfig, and of several controllers node agents reach the one that answers them.
/// </summary>
/// <remarks>Where one controller runs as a pod its Service has a selector and Kubernetes keeps the endpoints: then nothing is done.</remarks>
internal sealed partial class ServicePublication(
    KubernetesApi kubernetes, ControllerOptions options, IServer server, Leadership leadership, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ServicePublication> log) : BackgroundService
{
    private const string Manager = "demilune-controller";
    private const string Namespace = "demilune-system";
    private const string Name = "demilune-controller";

    private static readonly ResourceType Endpoints = new("", "v1", "endpoints", "Endpoints");

    /// <summary>Applied again and again: whoever deletes it gets it back.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource();
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        var failing = false;
        while (true)
        {
            // Whoever leads has something to show.
            var pause = leadership.IsLeading ? Interval : RetryInterval;
            try
            {
                if (leadership.IsLeading) await PublishAsync(stoppingToken);
                failing = false;
            }
            catch (Exception error) when (error is ApiException or HttpRequestException or IOException or TimeoutException or System.Text.Json.JsonException)
            {
                if (!failing) NotPublished(log, error.Message);
                failing = true;
                // Kubernetes' own API server refuses endpoints on the loopback, and will do so every time.
                if (error is not ApiException { IsInvalid: true }) pause = RetryInterval;
            }
            await Task.Delay(pause, time, stoppingToken);
        }
    }

    private async Task PublishAsync(CancellationToken ct)
    {
        var key = new ObjectKey(Namespace, Name);
        if (await kubernetes.FindAsync<V1Service>(ResourceType.Services, key, ct) is { Spec.Selector.Count: > 0 }) return;
        var rest = $$$"""{"name":"rest","port":{{{PortOf(Door.Rest)}}},"protocol":"TCP"}""";
        await SystemNamespace.EnsureAsync(kubernetes, ct);
        // With an address that others reach the Service is the administrator's, with an address of its own that agents are told.
        if (options.AdvertiseAddress is null) await kubernetes.ApplyAsync(ResourceType.Services, key, ServiceObject(rest), Manager, ct);
        var address = options.AdvertiseAddress ?? IPAddress.Loopback;
        var ports = options.AdvertiseAddress is null ? rest : $$$"""{"name":"node-link","port":{{{PortOf(Door.NodeLink)}}},"protocol":"TCP"},{{{rest}}}""";
        await kubernetes.ApplyAsync(Endpoints, key, EndpointsObject(address, ports), Manager, ct);
        await kubernetes.ApplyAsync(ResourceType.EndpointSlices, key, EndpointSliceObject(address, ports), Manager, ct);
    }

    private int PortOf(Door door) => new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt((int)door)).Port;

    private static string ServiceObject(string ports) => $$$"""
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"{{{Name}}}","namespace":"{{{Namespace}}}"},"spec":{"clusterIP":"None","ports":[{{{ports}}}]}}
        """;

    private static string EndpointsObject(IPAddress address, string ports) => $$$"""
        {"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"{{{Name}}}","namespace":"{{{Namespace}}}","labels":{"endpointslice.kubernetes.io/skip-mirror":"true"} },
         "subsets":[{"addresses":[{"ip":"{{{address}}}"}],"ports":[{{{ports}}}]}]}
        """;

    private static string EndpointSliceObject(IPAddress address, string ports) => $$$"""
        {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"{{{Name}}}","namespace":"{{{Namespace}}}",
         "labels":{"kubernetes.io/service-name":"{{{Name}}}","endpointslice.kubernetes.io/managed-by":"demilune-controller"} },
         "addressType":"{{{(address.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4")}}}",
         "endpoints":[{"addresses":["{{{address}}}"],"conditions":{"ready":true} }],"ports":[{{{ports}}}]}
        """;

    [LoggerMessage(3431, LogLevel.Warning, "REST is not reachable through Kubernetes, so 'demilune status' and the like will not work: {Reason} It is tried again")]
    private static partial void NotPublished(ILogger log, string reason);
}
