using System.Diagnostics;
using System.Text.Json.Nodes;
using Demilune.Cli.Cluster;
using Demilune.Cli.Walk;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>The same promises, whichever engine keeps them; each engine has a cluster of its own, because an exchange takes as long as all else together.</summary>
public abstract partial class EngineTests(EngineFixture cluster, ITestOutputHelper output)
{
    private const string Attack = "/search?id=1%27%20UNION%20SELECT%20a,b%20FROM%20users--";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_attack_is_blocked_told_with_who_it_was_and_rules_change_under_it()
    {
        await cluster.ReadyAsync(Stop);
        var (scene, kubectl) = (cluster.Scene, cluster.Cluster.Kubectl);
        var web = $"http://{scene.Web}";
        Assert.Equal("200", await scene.StatusOfAsync("client", $"{web}/", Stop));
        Assert.Equal("200", await scene.StatusOfAsync("client", $"http://{scene.Web6}/", Stop));
        Assert.Equal("000", await scene.StatusOfAsync("attacker", $"{web}/", Stop, "-m 0.5"));
        var before = (await scene.Evidence.AlertsAsync(Stop)).Count;
        Assert.Equal("000", await scene.StatusOfAsync("client", $"{web}{Attack}", Stop));
        Assert.Equal("000", await scene.StatusOfAsync("client", $"{web}/back-office", Stop));
        JsonNode? alert = null;
        await Scene.UntilAsync("the alert is told", async () => (alert = (await scene.Evidence.AlertsAsync(Stop)).Skip(before)
            .FirstOrDefault(one => (long?)one["alert"]?["signature_id"] == 1000001)) is not null, TimeSpan.FromSeconds(20), Stop);
        Assert.Equal("blocked", (string?)alert!["alert"]!["action"]);
        var ends = alert["kubernetes"]!;
        Assert.Equal(("client", "web", "web-attacks"), ((string?)ends["source"]!["pod"], (string?)ends["destination"]!["pod"], (string?)ends["policy"]));

        await kubectl.NeedAsync(Stop, "patch", "securitypolicy", "web-attacks", "--type=json", "-p",
            """[{"op":"add","path":"/spec/rules/-","value":{"inline":"drop http any any -> any any (msg:\"x\"; contnet:\"x\"; sid:1000098;)\ndrop http any any -> any any (msg:\"no marzipan\"; http.uri; content:\"marzipan\"; sid:1000099; rev:1;)"}}]""");
        await Scene.UntilAsync("the refused rule is in the status", async () => (await kubectl.RunAsync(
            Stop, "get", "securitypolicy", "web-attacks", "-o", "jsonpath={.status.ruleErrors}")).Output is var errors
            && errors.Contains("inline[2]:1:", StringComparison.Ordinal) && errors.Contains("contnet", StringComparison.Ordinal), TimeSpan.FromSeconds(30), Stop);
        Assert.Equal("000", await scene.StatusOfAsync("client", $"{web}/?word=marzipan", Stop));
        await kubectl.NeedAsync(Stop, "apply", "-f", Path.Combine(Stage.Examples, "02-policy.yaml"));
        await kubectl.NeedAsync(Stop, "patch", "securitypolicy", "web-attacks", "--type=merge", "-p", """{"spec":{"mode":"Detect"}}""");
        await Scene.UntilAsync("it only reports", async () => await scene.StatusOfAsync("client", $"{web}/back-office", Stop) == "404", TimeSpan.FromSeconds(30), Stop);
        await kubectl.NeedAsync(Stop, "apply", "-f", Path.Combine(Stage.Examples, "02-policy.yaml"));
        await Scene.UntilAsync("it blocks again", async () => await scene.StatusOfAsync("client", $"{web}/back-office", Stop) == "000", TimeSpan.FromSeconds(30), Stop);
    }

    [Theory]
    [InlineData("Closed", "KILL")]
    [InlineData("Closed", "STOP")]
    [InlineData("Closed", "LINK")]
    [InlineData("Closed", "SLOW")]
    [InlineData("Open", "KILL")]
    [InlineData("Open", "SLOW")]
    [InlineData("ClosedForNew", "STOP")]
    public async Task What_its_death_hang_or_dead_link_does_is_what_the_policy_says(string onFailure, string failure)
    {
        if (failure == "SLOW") SkipUnlessAll("an engine that dies three times a second takes its time to be itself again");
        await cluster.ReadyAsync(Stop);
        await cluster.OnFailureAsync(onFailure, Stop);
        var scene = cluster.Scene;
        try
        {
            Assert.Equal("200", await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop));
            var before = await CountersAsync();
            // Asks for a page on one connection, again and again: what is established when the engine goes.
            var lasting = scene.ExecAsync("client", $"curl -s -o /dev/null -w '%{{http_code}}\\n' -m 6 --rate 10/s {string.Join(' ', Enumerable.Repeat($"http://{scene.Web}/", 40))}", Stop);
            await Task.Delay(1000, Stop);
            var pid = cluster.Processes[0];
            var since = Stopwatch.GetTimestamp();
            using var strike = new Strike(pid, failure);
            await Scene.UntilAsync("the node counts it as dead", async () => (await CountersAsync()).Deaths > before.Deaths, TimeSpan.FromSeconds(20), Stop, 20);
            var told = Stopwatch.GetElapsedTime(since);
            // Killed, it may be back before a new connection is tried; slow, it lives between two deaths; hung, it is dead.
            var status = await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop, "-m 1");
            if (failure is "STOP" or "LINK") Assert.Equal(onFailure == "Open" ? "200" : "000", status);
            await Task.Delay(500, Stop);
            strike.Dispose();
            await lasting;
            await Scene.UntilAsync("it is enforced again", () => DeployStep.EnforcedAsync(scene, Stop), TimeSpan.FromSeconds(120), Stop, 100);
            await Scene.UntilAsync("and blocks", async () => await scene.StatusOfAsync("client", $"http://{scene.Web}/back-office", Stop) == "000", TimeSpan.FromSeconds(30), Stop, 100);
            var after = await CountersAsync();
            output.WriteLine($"{cluster.Engine} {failure} {onFailure}: decided {after.DecisionMicros / 1000.0:0.0} ms after the last heartbeat, told after {told.TotalMilliseconds:0} ms, "
                + $"{after.Dropped - before.Dropped} packets dropped, {after.Passed - before.Passed} passed uninspected");
            if (onFailure == "Closed") Assert.Equal(before.Passed, after.Passed);
            if (onFailure == "Open") Assert.Equal(before.Dropped, after.Dropped);
        }
        finally
        {
            await cluster.OnFailureAsync("Closed", Stop);
        }
    }

    [Fact]
    public async Task Without_the_nodes_agent_it_goes_on_judging_and_its_failure_is_decided_all_the_same()
    {
        await cluster.ReadyAsync(Stop);
        var (scene, agent) = (cluster.Scene, cluster.Cluster.Agent);
        var pid = cluster.Processes[0];
        agent.Kill();
        try
        {
            Assert.Equal("200", await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop));
            Assert.Equal("000", await scene.StatusOfAsync("client", $"http://{scene.Web}/back-office", Stop, "-m 1"));
            Assert.Equal("000", await scene.StatusOfAsync("attacker", $"http://{scene.Web}/", Stop, "-m 0.5"));
            using var strike = new Strike(pid, "STOP");
            Assert.Equal("000", await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop, "-m 1"));
        }
        finally
        {
            agent.Start();
        }
        await Scene.UntilAsync("it is enforced again", () => DeployStep.EnforcedAsync(scene, Stop), TimeSpan.FromSeconds(120), Stop, 100);
        await Scene.UntilAsync("and passes what is harmless", async () => await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop, "-m 2") == "200", TimeSpan.FromSeconds(60), Stop, 100);
    }

    [Fact]
    public async Task Of_two_instances_one_hangs_and_new_connections_go_through_the_other()
    {
        SkipUnlessAll("an instance that is one too many, and knows of connections that ended while it hung, goes after a minute");
        await cluster.ReadyAsync(Stop);
        await cluster.InstancesAsync(2, Stop);
        var scene = cluster.Scene;
        try
        {
            // Spread by address and port: that all of forty go one way happens once in 2^39 times.
            for (var request = 0; request < 40; request++) Assert.Equal("200", await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop));
            await Scene.UntilAsync("both had flows", async () => await SplicedAsync() is { Length: 2 } flows && flows.All(count => count > 0), TimeSpan.FromSeconds(30), Stop, 200);
            var before = await CountersAsync();
            using (new Strike(cluster.Processes[0], "STOP"))
            {
                await Scene.UntilAsync("the node counts it as dead", async () => (await CountersAsync()).Deaths > before.Deaths, TimeSpan.FromSeconds(20), Stop, 20);
                for (var request = 0; request < 20; request++) Assert.Equal("200", await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop));
                Assert.Equal("000", await scene.StatusOfAsync("client", $"http://{scene.Web}/back-office", Stop, "-m 1"));
            }
            Assert.Equal(before.Passed, (await CountersAsync()).Passed);
        }
        finally
        {
            await cluster.InstancesAsync(1, Stop);
        }

        // Those beyond what is asked for are given no new flows, finish and go; nothing of that is seen.
        Assert.Equal("200", await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop));
    }

    [Fact]
    public async Task Its_process_has_two_capabilities_gains_none_and_is_filtered()
    {
        await cluster.ReadyAsync(Stop);
        foreach (var line in new[] { "CapEff:\t0000000000802000", "CapBnd:\t0000000000802000", "NoNewPrivs:\t1", "Seccomp:\t2" })
            Assert.Contains(line, await File.ReadAllTextAsync($"/proc/{cluster.Processes[0]}/status", Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_system_calls_are_those_of_the_profile_that_its_node_has_for_firewalls()
    {
        await cluster.ReadyAsync(Stop);
        var profile = await cluster.Cluster.Kubectl.NeedAsync(Stop, "get", "pods", "-n", "demilune-system", "-l", "demilune.dev/firewall=default",
            "-o", "jsonpath={range .items[*]}{.spec.containers[0].securityContext.seccompProfile.localhostProfile}{end}");
        Assert.StartsWith("demilune/firewall-", profile, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_has_taken_it_over_reaches_neither_pods_nor_the_node_nor_the_cluster()
    {
        await cluster.ReadyAsync(Stop);
        var pid = cluster.Processes[0];
        foreach (var address in (string[])[cluster.Scene.Web, $"127.0.0.1:{cluster.Cluster.Layout.ApiPort}", await AddressAsync("client")])
        {
            var answer = await Shell.RunAsync("nsenter", ["--target", $"{pid}", "--net", "curl", "-s", "-k", "-o", "/dev/null", "-w", "%{http_code}", "-m", "1", $"http://{address}/"], TimeSpan.FromSeconds(20), Stop);
            Assert.Equal("000", answer.Output);
        }
    }

    internal static void SkipUnlessAll(string why) => Assert.SkipUnless(Stage.IsAll, $"{why}: ./test --all");

    private async Task<string> AddressAsync(string pod) =>
        (await cluster.Cluster.Kubectl.NeedAsync(Stop, "get", "pod", pod, "-n", Scene.Namespace, "-o", "jsonpath={.status.podIP}")).Trim();
    /// <summary>As the controller's metrics have them: over all instances and nodes.</summary>
    private async Task<(double Deaths, double DecisionMicros, double Dropped, double Passed)> CountersAsync() => (
        (await MetricAsync("demilune_firewall_deaths_total")).Sum(), (await MetricAsync("demilune_firewall_last_decision_seconds")).DefaultIfEmpty(0).Max() * 1e6,
        (await MetricAsync("demilune_packets_dropped_closed_total")).Sum(), (await MetricAsync("demilune_packets_passed_uninspected_total")).Sum());

    /// <summary>Flows of each instance.</summary>
    private async Task<double[]> SplicedAsync() => await MetricAsync("demilune_firewall_flows_total");

    private async Task<double[]> MetricAsync(string name) => (await MetricPage.ReadAsync(cluster.Cluster.Layout.Rest, Stop)).All(name);
}

public sealed class DemiluneEngineTests(DemiluneFixture cluster, ITestOutputHelper output) : EngineTests(cluster, output), IClassFixture<DemiluneFixture>;

public sealed class SuricataEngineTests(SuricataFixture cluster, ITestOutputHelper output) : EngineTests(cluster, output), IClassFixture<SuricataFixture>;
