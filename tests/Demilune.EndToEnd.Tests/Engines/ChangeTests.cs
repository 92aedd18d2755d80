using System.Diagnostics;
using Demilune.Cli.Cluster;
using Demilune.Cli.Walk;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>Nothing is lost on change: ten thousand packets a second through a firewall while everything that may change does.</summary>
public sealed class ChangeTests(DemiluneFixture cluster, ITestOutputHelper output) : IClassFixture<DemiluneFixture>
{
    private const int PerSecond = 10_000;

    /// <summary>Shorter than an instance drains: each flow ends on the one on which it began.</summary>
    private static readonly TimeSpan FlowLife = TimeSpan.FromSeconds(5), Patience = TimeSpan.FromMinutes(4);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("nothing")]
    [InlineData("a policy's rules")]
    [InlineData("the node's agent")]
    [InlineData("the orchestrator")]
    [InlineData("how many instances")]
    [InlineData("an instance's revision")]
    [InlineData("the engine")]
    public async Task No_packet_is_lost_while_this_changes(string what)
    {
        EngineTests.SkipUnlessAll("half a minute and more each");
        await cluster.ReadyAsync(Stop);
        var kubectl = cluster.Cluster.Kubectl;
        var applied = await kubectl.ApplyAsync(Flood.Permission, Stop);
        Assert.True(applied.Succeeded, applied.Summary);
        await Scene.UntilAsync("it is enforced", () => DeployStep.EnforcedAsync(cluster.Scene, Stop), TimeSpan.FromMinutes(1), Stop, 100);
        try
        {
            var before = await CountersAsync();
            await using var traffic = await PacedTraffic.StartAsync(cluster.Scene, PerSecond, FlowLife, Stop);
            await Task.Delay(TimeSpan.FromSeconds(3), Stop);
            var watch = Stopwatch.StartNew();
            await ChangeAsync(what);
            var took = watch.Elapsed;
            await Task.Delay(TimeSpan.FromSeconds(2), Stop);
            var tally = await traffic.StopAsync();
            var after = await CountersAsync();
            output.WriteLine($"{what}: {tally.Sent} datagrams at {PerSecond}/s, changed in {took.TotalSeconds:0.0} s, {tally.Lost} lost {traffic.Gaps()} ({after.Missed - before.Missed} before an engine, "
                + $"{after.Dropped - before.Dropped} dropped as closed in {after.Deaths - before.Deaths} deaths), {after.Passed - before.Passed} uninspected, {tally.Overflowed} too many for the receiver's buffer");
            Assert.Equal((0, before.Passed), (tally.Lost, after.Passed));
        }
        finally
        {
            await kubectl.RunAsync(Stop, "delete", "networkpolicy", "flood", "-n", Scene.Namespace, "--ignore-not-found");
            await kubectl.RunAsync(Stop, "apply", "-f", Path.Combine(Stage.Examples, "02-policy.yaml"));
            await kubectl.RunAsync(Stop, "patch", "firewall", "default", "--type=merge", "-p", """{"spec":{"bootstrap":null,"instancesPerNode":1}}""");
        }
    }

    private async Task ChangeAsync(string what)
    {
        var (kubectl, scene) = (cluster.Cluster.Kubectl, cluster.Scene);
        switch (what)
        {
            case "a policy's rules":
                for (var change = 0; change < 5; change++)
                {
                    await kubectl.NeedAsync(Stop, "patch", "securitypolicy", "web-attacks", "--type=json", "-p",
                        $$$"""[{"op":"add","path":"/spec/rules/-","value":{"inline":"drop http any any -> any any (msg:\"no marzipan\"; http.uri; content:\"marzipan{{{change}}}\"; sid:{{{1000100 + change}}}; rev:1;)"}}]""");
                    await EnforcedAsync();
                }
                break;
            case "the node's agent":
                for (var change = 0; change < 3; change++)
                {
                    cluster.Cluster.Agent.Kill();
                    await Task.Delay(1_000, Stop);
                    cluster.Cluster.Agent.Start();
                    await EnforcedAsync();
                }
                break;
            case "the orchestrator":
                cluster.Cluster.Controller.Kill();
                await Task.Delay(1_000, Stop);
                cluster.Cluster.Controller.Start();
                await LocalCluster.UntilAsync(cluster.Cluster.Controller, () => cluster.Cluster.ControllerIsReadyAsync(Stop), Stop);
                await EnforcedAsync();
                break;
            case "how many instances":
                await cluster.InstancesAsync(2, Stop);
                await cluster.InstancesAsync(1, Stop);
                break;
            case "an instance's revision":
                var former = await InstanceAsync();
                await kubectl.NeedAsync(Stop, "patch", "firewall", "default", "--type=merge", "-p", """{"spec":{"bootstrap":{"inline":"transactions: on"}}}""");
                await Scene.UntilAsync("another one has its place", async () => await InstanceAsync() is { Length: > 0 } now && !now.Contains(former, StringComparison.Ordinal) && !now.Trim().Contains('\n', StringComparison.Ordinal), Patience, Stop, 500);
                await kubectl.NeedAsync(Stop, "patch", "firewall", "default", "--type=merge", "-p", """{"spec":{"bootstrap":null}}""");
                await Scene.UntilAsync("the former revision is back", async () => (await InstanceAsync()).Trim() == former.Trim(), Patience, Stop, 500);
                break;
            case "the engine":
                await cluster.UseAsync("suricata", Stop);
                await cluster.UseAsync("demilune", Stop);
                break;
            default:
                await Task.Delay(TimeSpan.FromSeconds(10), Stop);
                break;
        }
        Assert.Equal("000", await scene.StatusOfAsync("client", $"http://{scene.Web}/back-office", Stop, "-m 1"));
    }

    private Task<TimeSpan> EnforcedAsync() => Scene.UntilAsync("it is enforced", () => DeployStep.EnforcedAsync(cluster.Scene, Stop), Patience, Stop, 100);

    private Task<string> InstanceAsync() => cluster.Cluster.Kubectl.NeedAsync(Stop, "get", "pods", "-n", "demilune-system", "-l", "demilune.dev/firewall=default", "-o", "name");

    private async Task<(double Missed, double Dropped, double Passed, double Deaths)> CountersAsync()
    {
        var metrics = await MetricPage.ReadAsync(cluster.Cluster.Layout.Rest, Stop);
        return (metrics.Sum("demilune_packets_missed_total"), metrics.Sum("demilune_packets_dropped_closed_total"), metrics.Sum("demilune_packets_passed_uninspected_total"),
            metrics.Sum("demilune_firewall_deaths_total"));
    }
}
