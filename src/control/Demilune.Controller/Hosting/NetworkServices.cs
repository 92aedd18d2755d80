using Demilune.Controller.Cloud;
using Demilune.Neutron;
using Demilune.Raven;
using Demilune.Raven.Applying;
using Demilune.Sdn;

namespace Demilune.Controller.Hosting;

/// <summary>The network: our own, kept here and served as Neutron, or a cloud's.</summary>
internal static class NetworkServices
{
    public static void AddBuiltInNetwork(this IServiceCollection services, ControllerOptions options)
    {
        services.AddSingleton(provider => Open(options, provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<INodeNetwork>(provider => provider.GetRequiredService<VirtualNetwork>());
        var door = NeutronDoor.For(options, TimeProvider.System);
        services.AddSingleton(door);
        services.AddSingleton<INeutron>(_ => new NeutronClient(
            new HttpClient { BaseAddress = new($"http://127.0.0.1:{options.NeutronPort}/"), Timeout = TimeSpan.FromSeconds(30) },
            door.OwnTokens, TimeProvider.System));
    }

    /// <summary>The network where the options say that it is kept: in etcd, else in a file of the data directory.</summary>
    public static VirtualNetwork Open(ControllerOptions options, ILoggerFactory logs) => options.Etcd is { } etcd
        ? VirtualNetwork.Open(etcd, TimeProvider.System, logs.CreateLogger("Demilune.Sdn"), options.Overlay)
        : VirtualNetwork.Open(Path.Combine(options.DataDirectory, "network.db"), TimeProvider.System, options.Overlay);

    public static void AddCloudNetwork(this IServiceCollection services, CloudConfig cloud, SteeringDriver steering)
    {
        services.AddSingleton<INeutron>(_ => CloudConnection.Open(cloud, TimeProvider.System) is var neutron && steering == SteeringDriver.Splice ? new NodeSteered(neutron) : neutron);
        services.AddSingleton(provider =>
        {
            var network = new ReflectedNetwork();
            provider.GetRequiredService<RavenController>().NetworkSeen += network.Reflect;
            return network;
        });
        services.AddSingleton<INodeNetwork>(provider => provider.GetRequiredService<ReflectedNetwork>());
    }
}
