using System.Globalization;
using Demilune.Console.Access;
using Demilune.Console.Reading;
using Demilune.Controller;
using Demilune.Controller.Hosting;
using Demilune.Controller.Reading;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace Demilune.Browser.Tests;

/// <summary>
/// A real controller's console and a real browser. The cluster is made up (a machine has no five thousand pods), behind the interface that the
/// real one is behind; alerts go through the controller's own log.
/// </summary>
public sealed class OpenConsole : IAsyncLifetime
{
    public const string ReaderToken = "a reader's token";
    public const string AdministratorToken = "an administrator's token";

    private readonly string _directory = Directory.CreateTempSubdirectory("browser-tests-").FullName;
    private WebApplication _app = null!;
    private IPlaywright _playwright = null!;

    public IBrowser Browser { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    internal MadeUpCluster Cluster { get; private set; } = null!;

    public static string Screenshots => Path.Combine(Environment.GetEnvironmentVariable("DEMILUNE_ARTIFACTS") ?? Path.GetTempPath(), "screenshots");

    public async ValueTask InitializeAsync()
    {
        var options = new ControllerOptions(null, Path.Combine(_directory, "data"), "made-up", Path.Combine(_directory, "link"), _directory, "", "")
        {
            LinkPort = 0, RestPort = 0, NeutronPort = 0, ConsolePort = 0,
        };
        _app = ControllerHost.Build(options, services =>
        {
            services.RemoveAll<ILoggerProvider>();
            services.AddSingleton<MadeUpCluster>();
            services.PostConfigure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMinutes(1));
            services.AddSingleton<IClusterReading>(provider => provider.GetRequiredService<MadeUpCluster>());
            services.AddSingleton<IClusterActions>(provider => provider.GetRequiredService<MadeUpCluster>());
            services.AddSingleton<ITokenAuthority, TwoTokens>();
        });
        await _app.StartAsync();
        Cluster = _app.Services.GetRequiredService<MadeUpCluster>();
        Address = _app.AddressOf(Door.Console);
        _playwright = await Playwright.CreateAsync();
        // Debian's own: nothing is downloaded. As root it needs to be told that there is no sandbox.
        Browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-gpu"] });
    }

    /// <summary>A page of somebody who has signed in, and everything that went wrong on it.</summary>
    internal async Task<(IPage Page, List<string> Wrong)> EnterAsync(string token = AdministratorToken, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await Browser.NewContextAsync(new() { BaseURL = Address.ToString(), ColorScheme = scheme, ViewportSize = new() { Width = 1440, Height = 900 } });
        context.SetDefaultTimeout(60_000);
        var page = await context.NewPageAsync();
        var wrong = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") wrong.Add(message.Text);
        };
        page.PageError += (_, error) => wrong.Add(error);
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url) is { Scheme: not "data" } uri && uri.Authority != Address.Authority) wrong.Add($"a request to {uri}");
        };
        await page.GotoAsync("/");
        await page.GetByLabel("A token of the cluster").FillAsync(token);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "made-up" }).WaitForAsync();
        return (page, wrong);
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        _playwright.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private sealed class TwoTokens : ITokenAuthority
    {
        public Task<Visitor?> RecogniseAsync(string token, CancellationToken cancel) => Task.FromResult(token switch
        {
            ReaderToken => new Visitor("system:serviceaccount:default:reader", Role.Reader),
            AdministratorToken => new Visitor("system:serviceaccount:default:administrator", Role.Administrator),
            _ => null,
        });
    }
}

/// <summary>Five thousand pods and a hundred thousand alerts.</summary>
internal sealed class MadeUpCluster(AlertLog alerts) : IClusterReading, IClusterActions
{
    public IReadOnlyList<JobView> Jobs { get; } =
    [
        new(2, "Firewall/default on node-3", "it does not do its work", "Running", DateTimeOffset.UtcNow.AddMinutes(-1), null,
        [
            new("create", [], "Done", "default-node-3", TimeSpan.FromMilliseconds(40)), new("run", ["create"], "Done", "", TimeSpan.FromSeconds(1.4)),
            new("connect", ["run"], "Running", "its control link is not up yet", null), new("load", ["connect"], "Waiting", "not yet loaded: web", null),
        ]),
        new(1, "Firewall/default on node-1", "pods on the node need it and none is there", "Done", DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(-1).AddSeconds(3), []),
    ];

    public IReadOnlyList<AlarmView> Alarms { get; private set; } =
        [new("FirewallDown demilune-system/default-node-3", "FirewallDown", "demilune-system/default-node-3", "critical", "no heartbeat for 2 s: 25 pods are blocked", DateTimeOffset.UtcNow.AddMinutes(-1), null, null)];

    public bool Acknowledge(string alarm, string by)
    {
        Alarms = [.. Alarms.Select(one => one.Id == alarm ? one with { AcknowledgedBy = by } : one)];
        return true;
    }

    public const int Pods = 5_000;
    public const int FirstAlerts = 100_000;

    private readonly FlowLog _flows = new(10_000, 20_000);

    public ClusterView Cluster { get; } = Make();

    public TrafficView Traffic
    {
        get
        {
            var (links, forgotten) = _flows.Links();
            var (total, blocked) = alerts.Totals;
            return new(links, alerts.History(), total, blocked, forgotten);
        }
    }

    public void Fill()
    {
        for (var i = 0; i < FirstAlerts; i++) Attack(i, "SQL injection: UNION SELECT in the query");
        for (var i = 0; i < 600; i++)
            _flows.Take(new(
                DateTimeOffset.UtcNow, "node-1", "New", $"10.244.0.{i % 250}", $"shop/web-{i % 9}", 40_000 + i, $"10.244.1.{i % 200}",
                i % 7 == 0 ? "" : $"{(i % 3 == 0 ? "shop" : "payments")}/api-{i % 11}", i % 5 == 0 ? 5432 : 8080, "TCP",
                i % 6 == 0 ? "Spliced" : i % 13 == 0 ? "Denied" : "Direct", i % 6 == 0 ? "web" : "", i % 13 == 0 ? "no policy allows it" : ""));
    }

    public void Attack(int number, string signature) => alerts.Take(string.Create(CultureInfo.InvariantCulture, $$"""
        {"timestamp":"{{DateTimeOffset.UtcNow:O}}","event_type":"alert","src_ip":"10.244.0.{{number % 250}}","src_port":{{1024 + number % 60000}},"dest_ip":"10.244.1.7","dest_port":8080,"proto":"TCP","app_proto":"http","alert":{"action":"{{(number % 3 == 0 ? "blocked" : "allowed")}}","signature_id":{{1_000_000 + number % 40}},"signature":"{{signature}}","category":"Web Application Attack","severity":{{1 + number % 3}}},"evidence":[{"buffer":"http.uri","offset":4,"printable":"union select <script>alert(1)</script>","bytes":"dW5pb24gc2VsZWN0"}],"kubernetes":{"source":{"namespace":"shop","pod":"web-{{number % 50}}"},"destination":{"namespace":"payments","pod":"api-{{number % 20}}"},"policy":"web"} }
        """));

    Page<AlertView> IClusterReading.Alerts(AlertFilter filter, int skip, int take) => alerts.Find(filter, skip, take);

    AlertRecord? IClusterReading.Alert(long number) => alerts.Find(number);

    Page<FlowView> IClusterReading.Flows(FlowFilter filter, int skip, int take) => _flows.Find(filter, skip, take);

    private static ClusterView Make() => new(
        DateTimeOffset.UtcNow, "made-up", "0", [],
        [
            .. Enumerable.Range(0, Pods).Select(i => new PodView(
                i % 2 == 0 ? "shop" : "payments", $"web-{i}", $"node-{i % 20}", [$"10.244.{i / 250}.{i % 250}"], new Dictionary<string, string> { ["app"] = "web" },
                (i % 10) switch { 0 => "Inspected", 1 => "Blocked", 2 => "Uninspected", _ => "None" }, i % 10 == 1 ? "no firewall instance is alive on the node" : "", true,
                i % 10 < 3 ? ["web"] : [])),
        ],
        [new("NetworkPolicy", "shop", "protect-web", ["web"], [.. Enumerable.Range(0, 500).Select(i => $"shop/web-{i * 10}")], [])],
        [new("web", "Prevent", "Closed", "default", 2, 500, 20, 19, 336, ["inline:3:17: unknown keyword 'contnet'"], [new("Enforced", "False", "NotLoaded", "19 of 20 instances have loaded it")])],
        [new("default", "demilune", "demilune.local/firewall:latest", "Closed", 20, 19, 1500, 123456, [new("Available", "False", "Unhealthy", "node-3 has none")])],
        [
            .. Enumerable.Range(0, 20).Select(i => new NodeView($"node-{i}", i != 3, DateTimeOffset.UtcNow, 7, 250, 250, 1000, 200, 5,
                [new($"demilune-system/default-node-{i}", "0.1.0", true, i != 3, i == 3 ? "no heartbeat for 2 s" : "", ["web"], 10, 100, 100, 0, 0)])),
        ],
        [new("corporate", "https://policies.example.org", ["pci-web", "office"], [new("pci-web", "web"), new("gone", "web")], [new("Reachable", "True", "Answered", "It answered 3 s ago.")])]);
}
