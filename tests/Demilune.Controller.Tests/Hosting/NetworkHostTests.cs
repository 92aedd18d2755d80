using System.Net;
using Demilune.Controller.Hosting;

namespace Demilune.Controller.Tests.Hosting;

public sealed class NetworkHostTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("network-host-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_network_alone_asks_for_tokens_of_its_identity_service()
    {
        var users = Path.Combine(_directory, "users.json");
        await File.WriteAllTextAsync(users, """{"users":[{"name":"admin","password":"secret","projects":{"admin":["admin"]}}]}""", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(users, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var app = NetworkHost.Build(Options() with { NeutronIdentity = users });
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new(app.Urls.Single()) };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/identity/v3", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/v2.0/networks", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Without_one_nobody_is_asked()
    {
        await using var app = NetworkHost.Build(Options());
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new(app.Urls.Single()) };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v2.0/networks", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/identity/v3", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public void A_file_of_users_that_others_may_read_is_refused()
    {
        var users = Path.Combine(_directory, "users.json");
        File.WriteAllText(users, """{"users":[]}""");
        File.SetUnixFileMode(users, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Assert.Throws<IOException>(() => NetworkHost.Build(Options() with { NeutronIdentity = users })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_tokens_asked_for_this_process_itself_gets_through_to_the_project_that_there_is_without()
    {
        var users = Path.Combine(_directory, "users.json");
        await File.WriteAllTextAsync(users, """{"users":[]}""", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(users, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var door = NeutronDoor.For(Options() with { NeutronIdentity = users }, TimeProvider.System);
        var token = await door.OwnTokens.GetTokenAsync(null, TestContext.Current.CancellationToken);
        var grant = await door.FindAsync(token!, TestContext.Current.CancellationToken);
        Assert.Equal(("fake_project_id", "admin"), (grant!.Project, grant.Roles.Single()));
        Assert.Null(await door.FindAsync(token![1..], TestContext.Current.CancellationToken));
    }

    private ControllerOptions Options() => new(null, _directory, "local", _directory, _directory, "", "") { NeutronPort = 0 };
}
