using System.Net;
using System.Net.Sockets;
using Demilune.Local.Access;
using Demilune.Local.Api;
using Demilune.Local.Controllers;
using Demilune.Local.Resources;
using Demilune.Local.Storage;
using Demilune.Local.Subresources;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Demilune.Local;

/// <summary>Puts the parts of the local cluster into one host.</summary>
public static class LocalCluster
{
    /// <summary>The first address of the service range belongs to the API itself.</summary>
    internal static IPAddress ServiceAddress { get; } = IPAddress.Parse("10.96.0.1");

    /// <summary>An API server behind this says so by answering on its port; when this returns, its kubeconfig is written.</summary>
    /// <param name="addRoles">Further hosted services; they start before the API listens, so they wait for <see cref="IHostApplicationLifetime.ApplicationStarted"/>.</param>
    public static WebApplication Build(LocalOptions options, Action<IServiceCollection>? addRoles = null)
    {
        Directory.CreateDirectory(options.Directory);
        // Bound before anything else: who asks for port 0 wants it in the kubeconfig.
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, options.Port));
        var endpoint = (IPEndPoint)socket.LocalEndPoint!;
        var authority = new ClusterAuthority(Path.Combine(options.Directory, "pki"), ServiceAddress, TimeProvider.System);
        Kubeconfig.Write(options.Kubeconfig, new Uri($"https://{endpoint}"), authority);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = _ => socket);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = Body.MaxReadBytes;
            // Informers of one client share one connection, a stream for each kind they watch.
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(endpoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = authority.Server;
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.ClientCertificateValidation = (certificate, _, _) => authority.Trusts(certificate);
                });
            });
        });

        var services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(authority);
        services.AddSingleton(_ => new ObjectStore(Path.Combine(options.Directory, "state.db")));
        services.AddSingleton(s => new ServiceAccountTokens(Path.Combine(options.Directory, "pki", "sa.key"), s.GetRequiredService<ObjectStore>(), TimeProvider.System));
        services.AddSingleton<Catalog>();
        services.AddSingleton<ObjectWriter>();
        services.AddSingleton<Authentication>();
        services.AddSingleton<Reviews>();
        services.AddSingleton<OpenApi>();
        services.AddSingleton<EndpointProxy>();
        services.AddSingleton<SubresourceVerbs>();
        services.AddSingleton<ApiServer>();
        AddControllers(services);
        addRoles?.Invoke(services);

        var app = builder.Build();
        var store = app.Services.GetRequiredService<ObjectStore>();
        app.Lifetime.ApplicationStopping.Register(store.EndSubscriptions);
        app.Services.GetRequiredService<CrdController>().Offer();
        SystemObjects.Ensure(app.Services.GetRequiredService<ObjectWriter>(), app.Services.GetRequiredService<Catalog>().Current, endpoint);
        app.UseWebSockets();
        app.Run(app.Services.GetRequiredService<ApiServer>().HandleAsync);
        return app;
    }

    private static void AddControllers(IServiceCollection services)
    {
        Add<CrdController>();
        Add<NamespaceController>();
        Add<GarbageCollector>();
        Add<EndpointsController>();
        Add<Scheduler>();
        Add<EventCleaner>();

        void Add<T>() where T : class, IHostedService
        {
            services.AddSingleton<T>();
            services.AddHostedService(s => s.GetRequiredService<T>());
        }
    }
}
