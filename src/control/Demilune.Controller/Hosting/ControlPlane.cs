using Demilune.Console.Access;
using Demilune.Console.Reading;
using Demilune.Contracts.Nodes;
using Demilune.Controller.Access;
using Demilune.Controller.Events;
using Demilune.Controller.Nodes;
using Demilune.Controller.Reading;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Events;
using Demilune.Kubernetes.PodNetworks;
using Demilune.Kubernetes.Status;
using Demilune.Kubernetes.Watching;
using Demilune.Neutron;
using Demilune.Orchestrator;
using Demilune.Orchestrator.Managers;
using Demilune.Raven;
using Demilune.Sdn;

namespace Demilune.Controller.Hosting;

/// <summary>Where Raven and the orchestrator join the process.</summary>
internal static class ControlPlane
{
    /// <summary>What takes longer (a cluster that starts) is told to the nodes as far as it is: pods wait for it.</summary>
    private static readonly TimeSpan LongestChange = TimeSpan.FromSeconds(1);

    public static void AddControlPlane(this IServiceCollection services, ControllerOptions options)
    {
        services.AddSingleton(_ => KubernetesApi.Connect(options.Kubeconfig));
        services.AddSingleton(provider => new ClusterInformers(
            provider.GetRequiredService<KubernetesApi>(), provider.GetRequiredService<ILoggerFactory>().CreateLogger("Demilune.Kubernetes")));
        services.AddSingleton(provider => new EventRecorder(
            provider.GetRequiredService<KubernetesApi>(), Group.FieldManager,
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("Demilune.Kubernetes"), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new RavenController(
            provider.GetRequiredService<ClusterInformers>(), provider.GetRequiredService<INeutron>(),
            new RavenOptions
            {
                ClusterName = options.ClusterName,
                Steering = options.Steering,
                SlowPorts = options.OsCloud.Length > 0,
                LeastSparePorts = options.OsCloud.Length > 0 ? options.LeastSparePorts : 0,
                MostSparePorts = options.OsCloud.Length > 0 ? options.MostSparePorts : 0,
                Hold = provider.GetService<VirtualNetwork>() is { } own ? () => own.Hold(LongestChange) : null,
                PodNetworks = [.. new[] { options.PodNetworkV4, options.PodNetworkV6 }.Where(network => network.Length > 0)],
            },
            provider.GetRequiredService<EventRecorder>(), new StatusWriter(provider.GetRequiredService<KubernetesApi>(), Group.FieldManager),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RavenController>>()));
        services.AddSingleton<IPodNetworks>(provider => provider.GetRequiredService<RavenController>());
        services.AddSingleton(new OrchestratorOptions
        {
            AgentRunDirectory = options.AgentRunDirectory, ClusterName = options.ClusterName, DataDirectory = options.DataDirectory,
            RoutedFirewalls = options.Steering == SteeringDriver.PortChains,
            ServiceNetworks = options.ServiceNetworks,
            Tunnels = options.Overlay ? new(options.OverlayPort, options.OverlayMtu) : null,
        });
        services.AddSingleton<Operations>().AddSingleton<SecurityManagers>();
        services.AddHostedService<OperationsRecord>();
        services.AddSingleton<OrchestratorController>();
        services.AddSingleton<INodeObserver>(provider => provider.GetRequiredService<OrchestratorController>().Observer);
        services.AddSingleton<INodeSupplement>(provider => provider.GetRequiredService<OrchestratorController>().Supplement);
        services.AddSingleton<ITokenAuthority, TokenAuthority>().AddSingleton<PodTokens>();
        services.AddSingleton<ClusterReading>();
        services.AddSingleton<IClusterReading>(provider => provider.GetRequiredService<ClusterReading>());
        services.AddSingleton<IClusterActions>(provider => provider.GetRequiredService<ClusterReading>());
        services.AddSingleton<Leadership>().AddSingleton<ControlLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<ControlLoop>());
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<ControlLoop>());
    }
}
