using Demilune.Sdn.Http;
using Demilune.Sdn.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Sdn.Tests.Oracle;

/// <summary>The built-in Neutron with its identity service, on a free port, in memory of a file of its own.</summary>
internal sealed class LocalNeutron : IAsyncDisposable
{
    public static readonly string[] Roles = ["admin", "member", "other"];

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"local-neutron-{Guid.NewGuid():N}.db");
    private readonly VirtualNetwork _network;
    private readonly WebApplication _app;

    private LocalNeutron()
    {
        _network = VirtualNetwork.Open(_file, TimeProvider.System);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        var identity = new IdentityService(new() { Users = [.. Roles.Select(Account)] }, TimeProvider.System);
        _app.MapNeutron(_network, NullLogger.Instance, identity).MapIdentity(identity);
    }

    public Uri Address => new(_app.Urls.Single());

    public static async Task<LocalNeutron> StartAsync()
    {
        var local = new LocalNeutron();
        await local._app.StartAsync();
        return local;
    }

    /// <summary>The user of a role has its name, password "secret", and a project of the same name.</summary>
    private static Account Account(string role) => new()
    {
        Name = role, Password = "secret",
        Projects = new Dictionary<string, IReadOnlyList<string>> { [role] = [role == "admin" ? "admin" : "member"] },
        ApplicationCredentials = new Dictionary<string, string> { [role + "-credential"] = "application-secret" },
    };

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _network.Dispose();
        foreach (var part in (string[])["", "-wal", "-shm"]) File.Delete(_file + part);
    }
}
