using Demilune.Cli.Cluster;
using Demilune.Cli.Walk;
using Demilune.EndToEnd.Tests.Engines;
using Demilune.Linux.Namespaces;

namespace Demilune.EndToEnd.Tests;

/// <summary>The API server is away: what was in force stays so, packet by packet, and what was asked for before and after comes about when it is back.</summary>
[Collection(ShopCollection.Name)]
public sealed class ApiAwayTests(DemiluneFixture shop, ITestOutputHelper output)
{
    private const int PerSecond = 1_000;

    /// <summary>Longer than a leader may be without a word of it, if there is time.</summary>
    private static readonly TimeSpan Away = Stage.IsAll ? TimeSpan.FromMinutes(2) : TimeSpan.FromSeconds(3), Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Either nobody takes connections, or they are taken and nothing is ever said.</summary>
    [Theory]
    [InlineData("refuses")]
    [InlineData("is silent")]
    public async Task Flows_go_on_and_stay_inspected_while_it(string how)
    {
        Assert.SkipUnless(Stage.IsAll || how != "refuses", "one of the two is enough: ./test --all");
        shop.SkipWhereImpossible();
        await shop.ReadyAsync(Stop);
        var (kubectl, api) = (shop.Cluster.Kubectl, shop.Cluster.Local);
        var applied = await kubectl.ApplyAsync(Flood.Permission, Stop);
        Assert.True(applied.Succeeded, applied.Summary);
        await EnforcedAsync();
        using var client = await PodNamespace.OpenAsync(shop.Scene, "client", Stop);
        using var attacker = await PodNamespace.OpenAsync(shop.Scene, "attacker", Stop);
        try
        {
            await using var traffic = await PacedTraffic.StartAsync(shop.Scene, PerSecond, TimeSpan.FromSeconds(5), Stop);
            var (pid, deaths) = (api.Id, await DeathsAsync());
            if (how == "refuses") api.Kill();
            else Signal.Send(pid, "STOP");
            try
            {
                await AssertInForceAsync(client, attacker);
                if (Stage.IsAll)
                {
                    // Whoever comes back now has nobody to ask.
                    shop.Cluster.Agent.Kill();
                    shop.Cluster.Agent.Start();
                    shop.Cluster.Controller.Kill();
                    shop.Cluster.Controller.Start();
                }
                await Task.Delay(Away, Stop);
                await AssertInForceAsync(client, attacker);
            }
            finally
            {
                if (how == "refuses") api.Start();
                else Signal.Send(pid, "CONT");
            }
            var back = await Scene.UntilAsync("Kubernetes answers, and all is enforced", async () =>
                (await kubectl.RunAsync(TimeSpan.FromSeconds(5), Stop, "get", "--raw", "/readyz")).Succeeded && await DeployStep.EnforcedAsync(shop.Scene, Stop), Patience, Stop, 100);
            // What is asked for now comes about.
            await kubectl.NeedAsync(Stop, "label", "pod", "attacker", "-n", Scene.Namespace, "app=client", "--overwrite");
            await Scene.UntilAsync("a label opens", async () => await AskAsync(attacker, "/") == "200", Patience, Stop, 100);
            await kubectl.NeedAsync(Stop, "label", "pod", "attacker", "-n", Scene.Namespace, "app=attacker", "--overwrite");
            await Scene.UntilAsync("and closes", async () => await AskAsync(attacker, "/") == "000", Patience, Stop, 100);
            var tally = await traffic.StopAsync();
            output.WriteLine($"{how} for {Away.TotalSeconds:0} s: {tally.Sent} datagrams through the firewall, {tally.Lost} lost {traffic.Gaps()}; enforced again {back.TotalSeconds:0.0} s after it was back");
            // An engine that had no CPU for longer than its deadline is another story, and told as one.
            if (await DeathsAsync() == deaths) Assert.Equal(0, tally.Lost);
        }
        finally
        {
            await kubectl.RunAsync(Stop, "delete", "networkpolicy", "flood", "-n", Scene.Namespace, "--ignore-not-found");
        }
        await EnforcedAsync();
    }

    private async Task AssertInForceAsync(NetworkNamespace client, NetworkNamespace attacker)
    {
        Assert.Equal("200", await AskAsync(client, "/"));
        Assert.Equal("000", await AskAsync(client, "/back-office"));
        Assert.Equal("000", await AskAsync(attacker, "/"));
    }

    /// <summary>Without Kubernetes, which kubectl exec would need.</summary>
    private async Task<string> AskAsync(NetworkNamespace pod, string path) => (await Shell.RunAsync(
        "nsenter", [$"--net={pod.Path}", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-m", "2", $"http://{shop.Scene.Web}{path}"], TimeSpan.FromSeconds(30), Stop)).Output;

    private async Task<double> DeathsAsync() => (await MetricPage.ReadAsync(shop.Cluster.Layout.Rest, Stop)).Sum("demilune_firewall_deaths_total");

    private Task<TimeSpan> EnforcedAsync() => Scene.UntilAsync("the policy is enforced", () => DeployStep.EnforcedAsync(shop.Scene, Stop), Patience, Stop, 100);
}
