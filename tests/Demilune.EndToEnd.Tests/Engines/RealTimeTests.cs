using System.Diagnostics;
using System.Globalization;
using Demilune.Cli.Walk;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>Where the kernel lets the packet thread before all others, a firewall's death is decided within 10 ms, and a busy machine is none.</summary>
public sealed class RealTimeTests(RealTimeFixture cluster, ITestOutputHelper output) : IClassFixture<RealTimeFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_real_time_scheduling_ten_milliseconds_are_kept_under_full_load_and_a_hang_is_decided_in_them()
    {
        EngineTests.SkipUnlessAll("a cluster of its own");
        await cluster.ReadyAsync(Stop);
        var (scene, kubectl) = (cluster.Scene, cluster.Cluster.Kubectl);
        Assert.SkipWhen(await StatusAsync("realTimeInstances") != "1", "no real-time scheduling in containers here: no CPU time for it in the cgroup (RT_GROUP_SCHED), or no CAP_SYS_NICE");
        await kubectl.NeedAsync(Stop, "patch", "firewall", "default", "--type=merge", "-p", """{"spec":{"heartbeatDeadline":"10ms"}}""");
        await InForceAsync();
        var before = await MetricAsync("demilune_firewall_deaths_total");
        var busy = Enumerable.Range(0, Environment.ProcessorCount * 2).Select(_ => Process.Start("/bin/sh", ["-c", "while :; do :; done"])).ToList();
        try
        {
            for (var round = 0; round < 10; round++)
            {
                // Compiling rules is the most that the engine's other threads ever do: meanwhile the ordinary deadline is in force.
                await kubectl.NeedAsync(Stop, "patch", "securitypolicy", "web-attacks", "--type=merge", "-p",
                    $$$"""{"spec":{"rules":[{"builtin":"web-baseline"},{"inline":"drop http any any -> any any (http.uri; content:\"word{{{round}}}\"; sid:1000099;)"}]} }""");
                Assert.Equal("200", await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop, "-m 10"));
            }
            await InForceAsync();
            for (var request = 0; request < 30; request++) Assert.Equal("200", await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop, "-m 10"));
        }
        finally
        {
            foreach (var process in busy)
            {
                process.Kill();
                process.Dispose();
            }
            await kubectl.NeedAsync(Stop, "apply", "-f", Path.Combine(Stage.Examples, "02-policy.yaml"));
        }
        Assert.Equal(before, await MetricAsync("demilune_firewall_deaths_total"));
        await InForceAsync();
        for (var strikes = 1; strikes <= 5; strikes++)
        {
            using (new Strike(cluster.Processes[0], "STOP"))
                await Scene.UntilAsync("the node counts it as dead", async () => await MetricAsync("demilune_firewall_deaths_total") >= before + strikes, TimeSpan.FromSeconds(20), Stop, 20);
            output.WriteLine($"decided {await MetricAsync("demilune_firewall_last_decision_seconds") * 1e3:0.0} ms after the last heartbeat");
            await Scene.UntilAsync("it is enforced again", () => DeployStep.EnforcedAsync(scene, Stop), TimeSpan.FromSeconds(60), Stop, 100);
        }
    }

    private Task InForceAsync() =>
        Scene.UntilAsync("10 ms are in force", async () => await StatusAsync("heartbeatDeadline") == "10ms", TimeSpan.FromSeconds(60), Stop, 100);

    private async Task<string> StatusAsync(string field) =>
        (await cluster.Cluster.Kubectl.RunAsync(Stop, "get", "firewall", "default", "-o", $"jsonpath={{.status.{field}}}")).Output;

    private async Task<double> MetricAsync(string name)
    {
        using var client = new HttpClient { BaseAddress = cluster.Cluster.Layout.Rest };
        var metrics = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Stop);
        return metrics.Split('\n').Where(line => line.StartsWith(name + "{", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }
}

/// <summary>Its firewalls get CPU time for real-time threads.</summary>
public sealed class RealTimeFixture() : EngineFixture("demilune", Stage.Layout(5) with { RealTime = true })
{
    protected override bool IsNeeded => base.IsNeeded && Stage.IsAll;
}
