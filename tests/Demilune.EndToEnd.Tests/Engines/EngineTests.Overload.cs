using Demilune.Cli.Walk;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>More frames than the engine takes, while it lives: its queue is full. What it did not see is lost, counted and told; nothing passes uninspected.</summary>
public abstract partial class EngineTests
{
    [Theory]
    [InlineData("Open")]
    [InlineData("Closed")]
    [InlineData("ClosedForNew")]
    public async Task What_it_could_not_take_is_lost_and_told_and_passes_under_no_policy(string onFailure)
    {
        if (onFailure != "Open" || cluster.Engine == "suricata") SkipUnlessAll("the first of six that take their time");
        await cluster.ReadyAsync(Stop);
        await cluster.OnFailureAsync(onFailure, Stop);
        var (scene, kubectl) = (cluster.Scene, cluster.Cluster.Kubectl);
        try
        {
            // So long that a stall of a second is none: what is tried is the full queue, not the death.
            await DeadlineAsync("10s");
            var applied = await kubectl.ApplyAsync(Flood.Permission, Stop);
            Assert.True(applied.Succeeded, applied.Summary);
            using var flood = await Flood.PrepareAsync(scene, Stop);
            var flows = (await SplicedAsync()).Sum();
            await Scene.UntilAsync("the flood goes through the firewall", async () =>
            {
                flood.Send(TimeSpan.FromMilliseconds(5));
                return (await SplicedAsync()).Sum() > flows;
            }, TimeSpan.FromSeconds(60), Stop, 300);
            var (before, missed) = (await CountersAsync(), (await MetricAsync("demilune_packets_missed_total")).Sum());
            long sent;
            using (new Strike(cluster.Processes[0], "STOP")) sent = await Task.Run(() => flood.Send(TimeSpan.FromSeconds(1)), Stop);
            var lost = 0.0;
            await Scene.UntilAsync("what was lost is counted", async () => (lost = (await MetricAsync("demilune_packets_missed_total")).Sum() - missed) > 0, TimeSpan.FromSeconds(60), Stop, 200);
            await Scene.UntilAsync("the Firewall says so", async () => (await kubectl.RunAsync(
                Stop, "get", "firewall", "default", "-o", "jsonpath={.status.conditions[?(@.type==\"KeepsUp\")].reason}")).Output == "Overloaded", TimeSpan.FromSeconds(60), Stop, 200);
            await Scene.UntilAsync("and an Event", async () => (await kubectl.RunAsync(
                Stop, "get", "events", "-A", "--field-selector", "reason=InstanceOverloaded", "-o", "name")).Output.Length > 0, TimeSpan.FromSeconds(60), Stop, 200);
            var after = await CountersAsync();
            output.WriteLine($"{cluster.Engine} {onFailure}: {sent} frames in a second to an engine that stood still, {lost} lost, {after.Passed - before.Passed} passed uninspected");
            Assert.Equal((before.Deaths, before.Passed), (after.Deaths, after.Passed));
            await Scene.UntilAsync("it judges as before", async () => await scene.StatusOfAsync("client", $"http://{scene.Web}/", Stop) == "200", TimeSpan.FromSeconds(60), Stop, 200);
            Assert.Equal("000", await scene.StatusOfAsync("client", $"http://{scene.Web}/back-office", Stop, "-m 1"));
            Assert.Equal(before.Passed, (await CountersAsync()).Passed);
        }
        finally
        {
            await kubectl.RunAsync(Stop, "delete", "networkpolicy", "flood", "-n", Scene.Namespace, "--ignore-not-found");
            await DeadlineAsync(null);
            await cluster.OnFailureAsync("Closed", Stop);
        }
    }

    /// <param name="deadline">Null: as it is by default.</param>
    private async Task DeadlineAsync(string? deadline)
    {
        await cluster.Cluster.Kubectl.NeedAsync(Stop, "patch", "firewall", "default", "--type=merge", "-p", $$$"""{"spec":{"heartbeatDeadline":{{{(deadline is null ? "null" : $"\"{deadline}\"")}}}} }""");
        var wanted = deadline is null ? "100ms" : deadline.Replace("s", "000ms", StringComparison.Ordinal);
        await Scene.UntilAsync($"the deadline of {wanted} is in force", async () => (await cluster.Cluster.Kubectl.RunAsync(
            Stop, "get", "firewall", "default", "-o", "jsonpath={.status.heartbeatDeadline}")).Output == wanted, TimeSpan.FromSeconds(60), Stop, 100);
    }
}
