using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Examples.SecurityManager;
using Demilune.Orchestrator.Managers;
using Demilune.Orchestrator.Resolving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Demilune.Orchestrator.Tests.Managers;

/// <summary>One end is ours, the other one is the example that the documents name.</summary>
public sealed class ManagerLinkTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("manager-tests-").FullName;
    private readonly HashSet<string> _referenced = ["web"];
    private string _bindings = """{"cluster":"c","bindings":[]}""";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Memory => Path.Combine(_directory, "memory", "m.json");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task What_is_referred_to_is_read_when_it_changes_and_what_is_bound_is_told()
    {
        Write("web", "alert http any any -> any any (sid:1;)");
        Write("other", "alert http any any -> any any (sid:2;)");
        await using var manager = await StartAsync("secret");
        using var client = new ManagerClient(UrlOf(manager), null, "secret");
        var link = Link(client);
        Assert.Equal("ManagerSilent", ManagerView.Follow(link.View, "m", "web").Reason);
        _bindings = """{"cluster":"c","bindings":[{"policy":"web"}]}""";
        await link.SyncAsync(Stop);
        Assert.Null(link.View.Trouble);
        Assert.Equal(["other", "web"], link.View.Listed!.Value.Select(entry => entry.Name));
        Assert.Equal(["web"], link.View.Policies.Keys);
        Assert.Contains("sid:1", ManagerView.Follow(link.View, "m", "web").Policy!.Rules, StringComparison.Ordinal);
        Assert.Equal("ExternalPolicyPending", ManagerView.Follow(link.View, "m", "other").Reason);
        Assert.Equal("ExternalPolicyNotFound", ManagerView.Follow(link.View, "m", "none").Reason);
        Assert.Equal("ManagerNotFound", ManagerView.Follow(null, "m", "none").Reason);

        var same = link.View;
        await link.SyncAsync(Stop);
        Assert.Same(same.Policies, link.View.Policies);
        Write("web", "alert http any any -> any any (sid:3;)");
        _referenced.Add("other");
        await link.SyncAsync(Stop);
        Assert.Contains("sid:3", link.View.Policies["web"].Rules, StringComparison.Ordinal);
        Assert.Contains("sid:2", link.View.Policies["other"].Rules, StringComparison.Ordinal);
        File.Delete(Path.Combine(_directory, "web.rules"));
        await link.SyncAsync(Stop);
        Assert.Equal("ExternalPolicyNotFound", ManagerView.Follow(link.View, "m", "web").Reason);

        using var people = new HttpClient { BaseAddress = UrlOf(manager), DefaultRequestHeaders = { Authorization = new("Bearer", "secret") } };
        Assert.Equal("web", (string?)JsonNode.Parse(await people.GetStringAsync("clusters", Stop))![0]!["bindings"]![0]!["policy"]);
    }

    [Fact]
    public async Task Away_it_changes_nothing_not_even_for_who_begins_anew()
    {
        Write("web", "alert http any any -> any any (sid:1;)");
        var manager = await StartAsync(null);
        using var client = new ManagerClient(UrlOf(manager), null, null);
        var link = Link(client);
        await link.SyncAsync(Stop);
        await manager.StopAsync(Stop);
        await manager.DisposeAsync();
        await link.SyncAsync(Stop);
        Assert.NotNull(link.View.Trouble);
        Assert.NotNull(ManagerView.Follow(link.View, "m", "web").Policy);
        var anew = Link(client);
        Assert.Contains("sid:1", ManagerView.Follow(anew.View, "m", "web").Policy!.Rules, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Memory, "{\"listed\":", Stop);
        Assert.Equal("ManagerSilent", ManagerView.Follow(Link(client).View, "m", "web").Reason);
    }

    [Theory]
    [InlineData(200, "[]")]
    [InlineData(200, "null")]
    [InlineData(200, "{")]
    [InlineData(200, """{"policies":null}""")]
    [InlineData(200, """{"policies":[null]}""")]
    [InlineData(200, """{"policies":[{"name":"","revision":"1"}]}""")]
    [InlineData(200, """{"policies":[{"name":"a"}]}""")]
    [InlineData(200, """{"policies":[{"name":"a\nb","revision":"1"}]}""")]
    [InlineData(200, """{"policies":[{"name":"a","revision":"1"},{"name":"a","revision":"2"}]}""")]
    [InlineData(304, "")]
    [InlineData(302, "")]
    [InlineData(401, "")]
    [InlineData(500, "")]
    public async Task Nonsense_is_silence(int status, string body)
    {
        var builder = WebApplication.CreateSlimBuilder();
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(context =>
        {
            context.Response.StatusCode = status;
            if (status == 302) context.Response.Headers.Location = "/elsewhere";
            if (body.Length == 0) return Task.CompletedTask;
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(body);
        });
        await app.StartAsync(Stop);
        using var client = new ManagerClient(UrlOf(app), null, null);
        var link = Link(client);
        await link.SyncAsync(Stop);
        Assert.NotNull(link.View.Trouble);
        Assert.Null(link.View.Listed);
    }

    [Fact]
    public async Task Whoever_has_not_the_token_learns_nothing()
    {
        Write("web", "x");
        await using var manager = await StartAsync("secret");
        using var client = new HttpClient { BaseAddress = UrlOf(manager) };
        foreach (var path in (string[])["v1/policies", "v1/policies/web", "clusters"])
        {
            using var answer = await client.GetAsync(path, Stop);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Fact]
    public void A_policy_of_a_manager_has_its_rules_behind_its_own_and_tells_it_whom_it_protects()
    {
        var policy = A.Policy();
        policy.Spec.External = new() { Manager = "m", Policy = "pci" };
        var view = ManagerView.Unknown with { Policies = ManagerView.Unknown.Policies.Add("pci", new("pci", "7", "alert ip any any -> any any (sid:9;)")) };
        var resolved = SecurityPolicyResolver.Resolve(policy, null, _ => null, name => name == "m" ? view : null);
        Assert.Equal(["builtin/web-baseline", "external/m/pci"], resolved.Rules.Select(source => source.Name));
        var situation = A.Situation([], [A.Pod("web-1", policies: "web")]) with { Policies = ImmutableDictionary<string, ResolvedPolicy>.Empty.Add("web", resolved) };
        var binding = Assert.Single(SecurityManagers.Bindings("m", situation));
        Assert.Equal(("pci", "web", "Prevent", "Closed", "7", "web-1"), (binding.Policy, binding.SecurityPolicy, binding.Mode, binding.OnFailure, binding.Revision, Assert.Single(binding.Pods).Name));
        Assert.Empty(SecurityManagers.Bindings("another", situation));
        Assert.Equal("ManagerNotFound", SecurityPolicyResolver.Resolve(policy, null, _ => null, _ => null).Reason);
    }

    [Theory]
    [InlineData(typeof(ManagerPolicyList), "PolicyList")]
    [InlineData(typeof(ManagerPolicyEntry), "PolicyEntry")]
    [InlineData(typeof(ManagerPolicy), "Policy")]
    [InlineData(typeof(ManagerBindings), "Bindings")]
    [InlineData(typeof(ManagerBinding), "Binding")]
    [InlineData(typeof(ManagerPod), "Pod")]
    public void The_contract_names_what_is_said(Type said, string schema)
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Demilune.slnx"))) directory = Path.GetDirectoryName(directory)!;
        var document = JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "docs", "security-manager.openapi.json")))!;
        Assert.Equal(
            said.GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)).Order(),
            document["components"]!["schemas"]![schema]!["properties"]!.AsObject().Select(property => property.Key).Order());
    }

    [Theory]
    [InlineData("5s", 5)]
    [InlineData("1s", 2)]
    [InlineData("2m", 120)]
    [InlineData(null, 30)]
    [InlineData("soon", 30)]
    public void It_is_asked_as_often_as_it_says(string? interval, int seconds) => Assert.Equal(seconds, SecurityManagers.IntervalOf(interval).TotalSeconds);

    private ManagerLink Link(ManagerClient client) => new(client, Memory, () => _referenced, "c", () => _bindings);

    private void Write(string policy, string rules) => File.WriteAllText(Path.Combine(_directory, policy + ".rules"), rules);

    private async Task<WebApplication> StartAsync(string? token)
    {
        var manager = Manager.Build(_directory, "http://127.0.0.1:0", token, callback: null);
        await manager.StartAsync(Stop);
        return manager;
    }

    private static Uri UrlOf(WebApplication app) => new(app.Urls.Single());
}
