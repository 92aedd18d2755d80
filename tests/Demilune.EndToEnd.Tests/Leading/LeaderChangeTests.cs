using System.Text.Json.Nodes;
using Demilune.Cli.Cluster;
using Demilune.Cli.Walk;
using Spectre.Console;

namespace Demilune.EndToEnd.Tests.Leading;

/// <summary>Two controllers, one network in etcd. The one that leads dies in the middle of a job; the other goes on with it, once, and no flow notices.</summary>
public sealed class LeaderChangeTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_next_leader_finishes_the_job_of_the_one_that_died_and_does_nothing_twice()
    {
        Assert.SkipUnless(Stage.IsAll, "a dead leader is waited for: ./test --all");
        if (Stage.Obstacle is { } obstacle) Assert.Skip(obstacle);
        Assert.SkipUnless(EtcdProcess.IsThere, "needs etcd");
        using var etcd = await EtcdProcess.StartAsync(Stop);
        var ports = Stage.Layout(9);
        var layout = Stage.Layout(8) with { Etcd = etcd.Address, StandbyLinkPort = ports.LinkPort };
        var cluster = new LocalCluster(layout);
        var standby = new Standby(layout with
        {
            LinkPort = ports.LinkPort,
            RestPort = ports.RestPort,
            NeutronPort = ports.NeutronPort,
            ConsolePort = ports.ConsolePort,
        });
        try
        {
            await cluster.UpAsync(_ => { }, Stop);
            standby.Process.Start();
            await RunAsync(cluster, standby);
        }
        finally
        {
            await standby.Process.StopAsync(TimeSpan.FromSeconds(10));
            await cluster.DownAsync(_ => { });
        }
        Assert.Empty(Leftovers.Find(layout));
    }

    private async Task RunAsync(LocalCluster cluster, Standby standby)
    {
        var kubectl = cluster.Kubectl;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
        using var evidence = new Evidence(cluster.Layout.Rest);
        var scene = new Scene(cluster, evidence, Stage.Examples, console, new(cluster, Stage.Examples, console));
        await new PolicyStep(scene).RunAsync(Stop);
        await Scene.UntilAsync("the policy is enforced", () => DeployStep.EnforcedAsync(scene, Stop), Patience, Stop, 100);
        await Scene.UntilAsync("the other controller says that it does not lead", async () => (await standby.ReadyAsync(Stop)).Contains("another controller leads", StringComparison.Ordinal), Patience, Stop, 200);
        var first = await LeaderAsync(kubectl);
        var asking = scene.ExecAsync("client",
            $"end=$(($(date +%s)+60)); while [ $(date +%s) -lt $end ]; do curl -s -o /dev/null -w '%{{http_code}}\\n' -m 10 http://{scene.Web}/; sleep 0.05; done", Stop);

        // A job that takes a while: another revision of the firewall comes up, the old one drains. Its leader is killed in it.
        await kubectl.NeedAsync(Stop, "patch", "firewall", "default", "--type=merge", "-p", """{"spec":{"resources":{"requests":{"cpu":"200m"}}}}""");
        await Scene.UntilAsync("the job has begun", async () => (await kubectl.NeedAsync(Stop, "get", "pods", "-n", "demilune-system", "-l", "demilune.dev/firewall=default", "-o", "name"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 2, Patience, Stop);
        cluster.Controller.Kill();
        // Asked for while nobody leads.
        await kubectl.NeedAsync(Stop, "run", "late", "-n", Scene.Namespace, "--image=demilune.local/host:latest", "--labels=app=web", "--restart=Never", "--command", "--", "sleep", "infinity");
        Assert.Equal("000", await scene.StatusOfAsync("attacker", $"http://{scene.Web}/", Stop, "-m 0.5"));

        var took = await Scene.UntilAsync("the other one leads", async () => await standby.ReadyAsync(Stop) == "ok\n", Patience, Stop, 200);
        output.WriteLine($"the next controller led and knew all after {took.TotalSeconds:0.0} s");
        Assert.NotEqual(first, await LeaderAsync(kubectl));
        await Scene.UntilAsync("the job is finished", async () => (await kubectl.RunAsync(Stop, "get", "firewall", "default", "-o",
            "jsonpath={.status.instances} {.status.healthyInstances} {.status.conditions[?(@.type==\"Progressing\")].status}")).Output == "1 1 False", Patience, Stop, 200);
        await kubectl.NeedAsync(Stop, "wait", "--for=condition=Ready", "pod/late", "-n", Scene.Namespace, "--timeout=120s");
        await Scene.UntilAsync("all is enforced", () => DeployStep.EnforcedAsync(scene, Stop), Patience, Stop, 200);
        Assert.Equal("000", await scene.StatusOfAsync("client", $"http://{scene.Web}/back-office", Stop, "-m 1"));
        Assert.Equal("000", await scene.StatusOfAsync("attacker", $"http://{scene.Web}/", Stop, "-m 0.5"));

        await AssertOnceAsync(kubectl, standby);
        // The first one comes back, and does not lead.
        cluster.Controller.Start();
        await Scene.UntilAsync("it is there again and follows", async () => (await Standby.ReadyAsync(cluster.Layout.Rest, Stop)).Contains("another controller leads", StringComparison.Ordinal), Patience, Stop, 200);
        await AssertOnceAsync(kubectl, standby);
        var statuses = (await asking).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        output.WriteLine($"{statuses.Length} requests meanwhile, {statuses.Count(status => status != "200")} of them lost");
        Assert.NotEmpty(statuses);
        Assert.All(statuses, status => Assert.Equal("200", status));
    }

    /// <summary>One instance, made once for each revision; one port for each pod's interface; no object of the network twice.</summary>
    private static async Task AssertOnceAsync(Kubectl kubectl, Standby standby)
    {
        var made = JsonNode.Parse(await kubectl.NeedAsync(Stop, "get", "events", "-A", "--field-selector", "reason=InstanceCreated", "-o", "json"))!["items"]!.AsArray();
        Assert.Equal(2, made.Sum(one => (int?)one!["count"] ?? 1));
        Assert.Single((await kubectl.NeedAsync(Stop, "get", "pods", "-n", "demilune-system", "-l", "demilune.dev/firewall=default", "-o", "name")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var ports = await standby.NetworkAsync("ports", "ports", Stop);
        Assert.Equal(ports.Count, ports.Select(port => $"{port!["device_id"]} {port["name"]}").Distinct().Count());
        foreach (var (collection, member) in (IEnumerable<(string, string)>)[("security-groups", "security_groups"), ("address-groups", "address_groups"), ("sfc/port_chains", "port_chains"), ("sfc/port_pair_groups", "port_pair_groups")])
        {
            var names = (await standby.NetworkAsync(collection, member, Stop)).Select(one => $"{one!["project_id"]} {one["name"]}").ToList();
            Assert.Equal(names.Count, names.Distinct().Count());
        }
    }

    private static async Task<string> LeaderAsync(Kubectl kubectl) =>
        await kubectl.NeedAsync(Stop, "get", "lease", "demilune-controller", "-n", "demilune-system", "-o", "jsonpath={.spec.holderIdentity}");

    /// <summary>The second controller.</summary>
    private sealed class Standby(ClusterLayout layout)
    {
        public ClusterProcess Process { get; } = LocalCluster.NewController("standby", layout);

        public Task<string> ReadyAsync(CancellationToken stop) => ReadyAsync(layout.Rest, stop);

        public static async Task<string> ReadyAsync(Uri rest, CancellationToken stop)
        {
            using var client = new HttpClient { BaseAddress = rest, Timeout = TimeSpan.FromSeconds(5) };
            try
            {
                using var answer = await client.GetAsync(new Uri("/readyz", UriKind.Relative), stop);
                return await answer.Content.ReadAsStringAsync(stop);
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
            {
                return error.Message;
            }
        }

        public Task<JsonArray> NetworkAsync(string collection, string member, CancellationToken stop) => new LocalCluster(layout).NetworkAsync(collection, member, stop);
    }
}
