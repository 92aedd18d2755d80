using Demilune.Cli.Cluster;
using Demilune.Cli.Walk;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>One engine or image after another, under traffic.</summary>
public sealed class ExchangeTests(DemiluneFixture cluster, ITestOutputHelper output) : IClassFixture<DemiluneFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Another_engine_takes_over_and_no_request_is_lost()
    {
        await cluster.ReadyAsync(Stop);
        var scene = cluster.Scene;
        var asking = scene.ExecAsync("client",
            $"end=$(($(date +%s)+40)); while [ $(date +%s) -lt $end ]; do curl -s -o /dev/null -w '%{{http_code}}\\n' -m 10 http://{scene.Web}/; sleep 0.02; done", Stop);
        await cluster.UseAsync("suricata", Stop);
        var statuses = (await asking).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        output.WriteLine($"{statuses.Length} requests while the engine changed, {statuses.Count(status => status != "200")} of them lost");
        Assert.NotEmpty(statuses);
        Assert.All(statuses, status => Assert.Equal("200", status));
    }

    [Fact]
    public async Task An_image_that_does_not_work_is_taken_back_and_the_former_one_protects_meanwhile()
    {
        EngineTests.SkipUnlessAll("an image has two minutes to prove itself");
        await cluster.ReadyAsync(Stop);
        var (scene, kubectl) = (cluster.Scene, cluster.Cluster.Kubectl);
        await kubectl.NeedAsync(Stop, "patch", "firewall", "default", "--type=merge", "-p", """{"spec":{"image":"demilune.local/there-is-none:latest"}}""");
        try
        {
            await Scene.UntilAsync("it is taken back", async () => await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop) == "200"
                ? (await kubectl.RunAsync(Stop, "get", "firewall", "default", "-o", "jsonpath={.status.conditions[?(@.type==\"Progressing\")].reason}")).Output == "RolledBack"
                : throw new StepFailedException("a request was lost"), TimeSpan.FromMinutes(5), Stop, 500);
            Assert.Equal("000", await scene.StatusOfAsync("client", $"http://{scene.Web}/back-office", Stop, "-m 1"));
            using var rest = new HttpClient { BaseAddress = cluster.Cluster.Layout.Rest };
            await Scene.UntilAsync("an alarm says so", async () => (await rest.GetStringAsync(new Uri("v1/alarms", UriKind.Relative), Stop)).Contains("RolledBack:Firewall/default", StringComparison.Ordinal), TimeSpan.FromSeconds(30), Stop, 200);
        }
        finally
        {
            await kubectl.NeedAsync(Stop, "patch", "firewall", "default", "--type=merge", "-p", """{"spec":{"image":null}}""");
        }
        await Scene.UntilAsync("it is enforced", () => DeployStep.EnforcedAsync(scene, Stop), TimeSpan.FromSeconds(60), Stop, 100);
    }
}
