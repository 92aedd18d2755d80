using System.Net;
using Demilune.Console;
using Demilune.Console.Access;
using Demilune.Console.Reading;
using Demilune.Contracts.Nodes;
using Demilune.Controller.Access;
using Demilune.Controller.Cloud;
using Demilune.Controller.Events;
using Demilune.Controller.Nodes;
using Demilune.Controller.Observability;
using Demilune.Controller.Reading;
using Demilune.Controller.Rest;
using Demilune.Kubernetes.Api;
using Demilune.Neutron;
using Demilune.Sdn;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Demilune.Controller.Hosting;

/// <summary>Puts the process together, in the one place where all rooms are known.</summary>
internal static class ControllerHost
{
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(ControllerOptions options, CancellationToken stop)
    {
        WebApplication app;
        try
        {
            if (options.NodeLinkSecret.Length > 0)
            {
                using var logging = LoggerFactory.Create(builder => AddConsoleLog(builder, options));
                await new SharedAuthority(
                    KubernetesApi.Connect(options.Kubeconfig), options.NodeLinkSecret, options.NodeLinkDirectory, TimeProvider.System, logging.CreateLogger<SharedAuthority>()).TakeAsync(stop);
            }
            app = Build(options, services =>
            {
                services.AddControlPlane(options);
                services.AddHostedService<ServicePublication>();
                services.AddHostedService<LinkPublication>();
            });
            // What is wrong with it is said here in one line, before the host says it in fifty.
            app.Services.GetRequiredService<KubernetesApi>();
        }
        catch (k8s.Exceptions.KubeConfigException error)
        {
            await System.Console.Error.WriteLineAsync($"demilune-controller cannot start: {error.Message}. Name a kubeconfig with --kubeconfig or $KUBECONFIG.");
            return 1;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CloudConfigException)
        {
            await System.Console.Error.WriteLineAsync($"demilune-controller cannot start: {error.Message}");
            return 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        await using var running = app;
        try
        {
            await app.StartAsync(stop);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or AggregateException)
        {
            // Kestrel names the address that is taken.
            await System.Console.Error.WriteLineAsync($"demilune-controller cannot start: {error.Message} (--link-port, --rest-port, --neutron-port, --console-port choose others)");
            return 1;
        }
        await app.WaitForShutdownAsync(stop);
        return 0;
    }

    /// <param name="options">As started.</param>
    /// <param name="controlPlane">Adds Raven and the orchestrator; tests leave them out.</param>
    public static WebApplication Build(ControllerOptions options, Action<IServiceCollection> controlPlane)
    {
        Directory.CreateDirectory(options.DataDirectory);
        var cloud = options.OsCloud.Length == 0 ? null : CloudsFile.Load(options.OsCloud, options.OsClientConfigFile);
        var identity = LinkIdentity.LoadOrCreate(options.NodeLinkDirectory, TimeProvider.System);
        foreach (var node in options.NodeTokens) identity.WriteFor(node);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ApplicationName = "demilune-controller",
            // The console's files lie beside the program, wherever it was started from.
            ContentRootPath = AppContext.BaseDirectory,
        });
        AddConsoleLog(builder.Logging, options);
        builder.WebHost.UseKestrelHttpsConfiguration();
        // Where it was built, not published, the console's files are in other folders.
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(options.ListenAddress, options.LinkPort, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(identity.Certificate);
                listen.Mark(Door.NodeLink);
            });
            kestrel.Listen(options.ListenAddress, options.RestPort, listen =>
            {
                listen.OnlyFromThisMachine();
                listen.Mark(Door.Rest);
            });
            // With a cloud's Neutron for the network there is none of our own to serve.
            if (cloud is null) kestrel.Listen(IPAddress.Loopback, options.NeutronPort, listen => listen.Mark(Door.Neutron));
            // Plain HTTP, which browsers trust on this machine only; from elsewhere it is reached through kubectl port-forward.
            kestrel.Listen(IPAddress.Loopback, options.ConsolePort, listen => listen.Mark(Door.Console));
        });
        // A follower's connection never ends by itself: do not wait for it.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(3));
        AddServices(builder.Services, options, identity);
        if (cloud is null) builder.Services.AddBuiltInNetwork(options);
        else builder.Services.AddCloudNetwork(cloud, options.Steering);
        controlPlane(builder.Services);
        var hasConsole = builder.Services.Any(service => service.ServiceType == typeof(IClusterReading));
        if (hasConsole) builder.Services.AddConsole();
        builder.Services.TryAddSingleton<INodeSupplement, NoSupplement>();
        builder.Services.TryAddSingleton(_ => Leadership.Alone());

        var app = builder.Build();
        app.MapDoor(Door.NodeLink, routes => routes.MapGrpcService<NodeLinkService>());
        app.MapDoor(Door.Rest, routes => routes.MapRest());
        if (cloud is null)
            app.MapDoor(Door.Neutron, routes => app.Services.GetRequiredService<NeutronDoor>().Map(
                routes, app.Services.GetRequiredService<VirtualNetwork>(), app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Demilune.Sdn")));
        if (hasConsole) app.MapDoor(Door.Console, routes => routes.MapConsole(), behind => behind.UseConsole());
        return app;
    }

    public static void AddConsoleLog(ILoggingBuilder logging, ControllerOptions options)
    {
        logging.ClearProviders();
        if (options.JsonLog)
            logging.AddJsonConsole(console =>
            {
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
                console.UseUtcTimestamp = true;
            });
        else
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
                console.UseUtcTimestamp = true;
            });
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);
    }

    /// <summary>Where a door really is, once the application has started.</summary>
    public static Uri AddressOf(this WebApplication app, Door door)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new(addresses.ElementAt((int)door));     // Kestrel keeps the order of Listen
    }

    private static void AddServices(IServiceCollection services, ControllerOptions options, LinkIdentity identity)
    {
        services.AddSingleton(options).AddSingleton(TimeProvider.System).AddSingleton(identity);
        services.AddSingleton(provider => new NodeAuthority(identity, provider.GetService<PodTokens>()));
        services.AddSingleton(provider => new AlertLog(maxItems: 100_000, maxBytes: 256 << 20, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => new FlowLog(maxItems: 10_000, maxLinks: 20_000));
        services.AddSingleton<IAudit>(provider => new AuditFile(
            Path.Combine(options.DataDirectory, "audit.json"), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AuditFile>>()));
        services.AddSingleton<EventIntake>().AddSingleton<NodeRegistry>().AddSingleton<NodeStates>();
        services.AddSingleton<Transitions>().AddSingleton<INodeObserver>(provider => provider.GetRequiredService<Transitions>());
        AddOutputs(services, options);
        services.AddSingleton(_ => new EventRing(maxItems: 10_000, maxBytes: 64 << 20));
        services.AddKeyedSingleton("flows", (_, _) => new EventRing(maxItems: 10_000, maxBytes: 16 << 20));
        services.AddSingleton(provider => new EveFile(
            Path.Combine(options.DataDirectory, "eve.json"), 64 << 20, provider.GetRequiredService<ILogger<EveFile>>()));
        services.AddHostedService(provider => provider.GetRequiredService<EveFile>());
        services.AddKeyedSingleton("jobs", (provider, _) => new EveFile(
            Path.Combine(options.DataDirectory, "jobs.json"), 16 << 20, provider.GetRequiredService<ILogger<EveFile>>()));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<EveFile>("jobs"));
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = 16 << 20;
            grpc.MaxSendMessageSize = 64 << 20;
        });
    }

    private static void AddOutputs(IServiceCollection services, ControllerOptions options)
    {
        // No redirects: an alert goes where the administrator said.
        var client = new Lazy<HttpClient>(() => new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(10) });
        if (options.AlertSyslog is { } syslog) Add(provider => new SyslogOutput(syslog, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SyslogOutput>>()));
        if (options.AlertWebhook is { } webhook) Add(provider => new WebhookOutput(webhook, client.Value, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<WebhookOutput>>()));
        if (options.AlertOtlp is { } otlp) Add(provider => new OtlpOutput(otlp, client.Value, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<OtlpOutput>>()));

        if (options.TraceOtlp is { } traces)
            services.AddSingleton(provider => new JobTraceOutput(traces, client.Value, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<JobTraceOutput>>()))
                .AddHostedService(provider => provider.GetRequiredService<JobTraceOutput>());
        if (options.AlarmMail is { } mail)
            services.AddSingleton(provider => new MailOutput(mail, options.ClusterName, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<MailOutput>>()))
                .AddHostedService(provider => provider.GetRequiredService<MailOutput>());

        void Add<T>(Func<IServiceProvider, T> create) where T : EventOutput
        {
            services.AddSingleton(create).AddSingleton<EventOutput>(provider => provider.GetRequiredService<T>());
            services.AddHostedService(provider => provider.GetRequiredService<T>());
        }
    }

    /// <summary>When nobody orchestrates: there are no firewalls and no policies, and that is known.</summary>
    private sealed class NoSupplement : INodeSupplement
    {
        public event Action? Changed
        {
            add { }
            remove { }
        }

        public NodeSupplement? For(string node) => NodeSupplement.Empty;
    }
}
