using System.Globalization;
using Demilune.Controller.Hosting;
using Demilune.Kubernetes;
using Demilune.Kubernetes.Api;
using k8s.Models;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Demilune.Controller.Rest;

/// <summary>
/// Makes REST reachable through the API server's service proxy, so that the command line needs a kubeconfig and nothing else:
/// the Service demilune-system/demilune-controller, port "rest", and its endpoint.
/// </summary>
/// <remarks>Where the controller runs as a pod its Service has a selector and Kubernetes keeps the endpoints: then nothing is done.</remarks>
internal sealed partial class ServicePublication(
    KubernetesApi kubernetes, IServer server, Leadership leadership, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ServicePublication> log) : BackgroundService
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
        var port = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt((int)Door.Rest)).Port;
        await SystemNamespace.EnsureAsync(kubernetes, ct);
        await kubernetes.ApplyAsync(ResourceType.Services, key, ServiceObject(port), Manager, ct);
        await kubernetes.ApplyAsync(Endpoints, key, EndpointsObject(port), Manager, ct);
        await kubernetes.ApplyAsync(ResourceType.EndpointSlices, key, EndpointSliceObject(port), Manager, ct);
    }

    private static string ServiceObject(int port) => string.Create(CultureInfo.InvariantCulture, $$$"""
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"{{{Name}}}","namespace":"{{{Namespace}}}"},
         "spec":{"clusterIP":"None","ports":[{"name":"rest","port":{{{port}}},"protocol":"TCP"}]}}
        """);

    private static string EndpointsObject(int port) => string.Create(CultureInfo.InvariantCulture, $$$"""
        {"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"{{{Name}}}","namespace":"{{{Namespace}}}","labels":{"endpointslice.kubernetes.io/skip-mirror":"true"} },
         "subsets":[{"addresses":[{"ip":"127.0.0.1"}],"ports":[{"name":"rest","port":{{{port}}},"protocol":"TCP"}]}]}
        """);

    private static string EndpointSliceObject(int port) => string.Create(CultureInfo.InvariantCulture, $$$"""
        {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"{{{Name}}}","namespace":"{{{Namespace}}}",
         "labels":{"kubernetes.io/service-name":"{{{Name}}}","endpointslice.kubernetes.io/managed-by":"demilune-controller"} },"addressType":"IPv4",
         "endpoints":[{"addresses":["127.0.0.1"],"conditions":{"ready":true} }],"ports":[{"name":"rest","port":{{{port}}},"protocol":"TCP"}]}
        """);

    [LoggerMessage(3431, LogLevel.Warning, "REST is not reachable through Kubernetes, so 'demilune status' and the like will not work: {Reason} It is tried again")]
    private static partial void NotPublished(ILogger log, string reason);
}
