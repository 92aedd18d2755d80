using System.Net;
using Demilune.Sdn;

namespace Demilune.Controller.Hosting;

/// <summary>The built-in Neutron by itself, for whoever wants a network's API without a cluster.</summary>
internal static class NetworkHost
{
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(ControllerOptions options, TextWriter output, CancellationToken stop)
    {
        try
        {
            await using var app = Build(options);
            await app.StartAsync(stop);
            await output.WriteLineAsync($"Neutron: {app.Urls.Single()}");
            await app.WaitForShutdownAsync(stop);
            return 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            await System.Console.Error.WriteLineAsync($"demilune-controller cannot start: {error.Message} (--neutron-port chooses another port)");
            return 1;
        }
    }

    public static WebApplication Build(ControllerOptions options)
    {
        Directory.CreateDirectory(options.DataDirectory);
        var door = NeutronDoor.For(options, TimeProvider.System);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "demilune-controller", ContentRootPath = AppContext.BaseDirectory });
        ControllerHost.AddConsoleLog(builder.Logging, options);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, options.NeutronPort);
        });
        builder.Services.AddSingleton(provider => NetworkServices.Open(options, provider.GetRequiredService<ILoggerFactory>()));
        var app = builder.Build();
        door.Map(app, app.Services.GetRequiredService<VirtualNetwork>(), app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Demilune.Sdn"));
        return app;
    }
}
