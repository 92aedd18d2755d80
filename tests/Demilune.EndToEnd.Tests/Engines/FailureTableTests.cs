using System.Globalization;
using Demilune.Cli.Walk;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>
/// Each failure again and again under traffic, and a table of what it cost: how fast it was decided, what was lost, what passed uninspected.
/// Rounds of each: $DEMILUNE_FAILURE_ROUNDS.
/// </summary>
public abstract class FailureTableTests(EngineFixture cluster, ITestOutputHelper output)
{
    private const int PerSecond = 1_000;

    private static readonly int s_rounds = int.TryParse(Environment.GetEnvironmentVariable("DEMILUNE_FAILURE_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 5;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_each_failure_costs()
    {
        EngineTests.SkipUnlessAll("minutes");
        await cluster.ReadyAsync(Stop);
        var applied = await cluster.Cluster.Kubectl.ApplyAsync(Flood.Permission, Stop);
        Assert.True(applied.Succeeded, applied.Summary);
        output.WriteLine($"{PerSecond} datagrams a second, in flows of half a second; rounds of each: {s_rounds}. Per round: lost of those sent, passed uninspected.");
        output.WriteLine("| engine | failure | onFailure | decided p50 | p99 | lost p50 | lost worst | uninspected p50 | worst |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|");
        try
        {
            foreach (var onFailure in (string[])["Closed", "Open", "ClosedForNew"])
            {
                await cluster.OnFailureAsync(onFailure, Stop);
                foreach (var failure in (string[])["KILL", "STOP", "LINK"])
                {
                    var rounds = new List<Round>();
                    while (rounds.Count < s_rounds) rounds.Add(await StrikeAsync(failure));
                    var (decided, lost, passed) = (Sorted(rounds, round => round.DecidedMs), Sorted(rounds, round => round.Lost), Sorted(rounds, round => round.Passed));
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"| {cluster.Engine} | {failure} | {onFailure} | {At(decided, 50):0} ms | {At(decided, 99):0} ms | {At(lost, 50):0} | {lost[^1]:0} | {At(passed, 50):0} | {passed[^1]:0} |"));
                    if (onFailure == "Closed") Assert.All(passed, count => Assert.Equal(0, count));
                }
            }
        }
        finally
        {
            await cluster.Cluster.Kubectl.RunAsync(Stop, "delete", "networkpolicy", "flood", "-n", Scene.Namespace, "--ignore-not-found");
            await cluster.OnFailureAsync("Closed", Stop);
        }
    }

    private async Task<Round> StrikeAsync(string failure)
    {
        // A container that dies again and again is given longer and longer pauses, which are not what is measured: another pod has none yet.
        if (failure == "KILL")
            await cluster.Cluster.Kubectl.NeedAsync(Stop, "delete", "pod", "-n", "demilune-system", "-l", "demilune.dev/firewall=default", "--wait=true", "--timeout=60s");
        await cluster.ReadyAsync(Stop);
        await using var traffic = await PacedTraffic.StartAsync(cluster.Scene, PerSecond, TimeSpan.FromMilliseconds(500), Stop);
        await Task.Delay(1_000, Stop);
        var before = await MetricPage.ReadAsync(cluster.Cluster.Layout.Rest, Stop);
        MetricPage page = before;
        using (new Strike(cluster.Processes[0], failure))
        {
            await Scene.UntilAsync("the node counts it as dead", async () => Deaths(page = await MetricPage.ReadAsync(cluster.Cluster.Layout.Rest, Stop)) > Deaths(before), TimeSpan.FromSeconds(30), Stop, 20);
            await Task.Delay(300, Stop);
        }
        var decided = page.All("demilune_firewall_last_decision_seconds").DefaultIfEmpty(0).Max() * 1_000;
        await Scene.UntilAsync("it lives", () => DeployStep.EnforcedAsync(cluster.Scene, Stop), TimeSpan.FromMinutes(2), Stop, 100);
        await Task.Delay(600, Stop);
        var tally = await traffic.StopAsync();
        // What a node counts is told twice a second.
        await Task.Delay(1_000, Stop);
        page = await MetricPage.ReadAsync(cluster.Cluster.Layout.Rest, Stop);
        var passed = page.Sum("demilune_packets_passed_uninspected_total") - before.Sum("demilune_packets_passed_uninspected_total");
        return new(decided, tally.Lost, passed);
    }

    private static double Deaths(MetricPage page) => page.Sum("demilune_firewall_deaths_total");

    private static List<double> Sorted(List<Round> rounds, Func<Round, double> figure) => [.. rounds.Select(figure).Order()];

    private static double At(List<double> sorted, int percent) => sorted[Math.Max(0, (int)Math.Ceiling(sorted.Count * percent / 100.0) - 1)];

    /// <param name="DecidedMs">After the last heartbeat.</param>
    private sealed record Round(double DecidedMs, double Lost, double Passed);
}

public sealed class DemiluneFailureTableTests(DemiluneFixture cluster, ITestOutputHelper output) : FailureTableTests(cluster, output), IClassFixture<DemiluneFixture>;

public sealed class SuricataFailureTableTests(SuricataFixture cluster, ITestOutputHelper output) : FailureTableTests(cluster, output), IClassFixture<SuricataFixture>;
