using Demilune.Cli.Cluster;

namespace Demilune.EndToEnd.Tests;

public sealed class UncleanEndTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_every_process_was_killed_the_next_start_works_and_its_end_leaves_nothing()
    {
        if (Stage.Obstacle is { } obstacle) Assert.Skip(obstacle);
        var layout = Stage.Layout(3);
        var killed = new LocalCluster(layout);
        await killed.UpAsync(_ => { }, Stop);
        await RunAPodAsync(killed);
        foreach (var process in new[] { killed.Agent, killed.Controller, killed.Local }) process.Kill();
        Assert.NotEmpty(Leftovers.Find(layout));

        await using (var next = new LocalCluster(layout))
        {
            await next.UpAsync(_ => { }, Stop);
            Assert.DoesNotContain("alone", await next.Kubectl.NeedAsync(Stop, "get", "pods", "-A"));
            await RunAPodAsync(next);
        }

        Assert.Empty(Leftovers.Find(layout));
    }

    private static async Task RunAPodAsync(LocalCluster cluster)
    {
        var applied = await cluster.Kubectl.ApplyAsync("""
            apiVersion: v1
            kind: Pod
            metadata: { name: alone, namespace: default }
            spec:
              containers:
                - { name: shell, image: "demilune.local/host:latest", command: [sleep, infinity] }
            """, Stop);
        Assert.True(applied.Succeeded, applied.Summary);
        await cluster.Kubectl.NeedAsync(Stop, "wait", "--for=condition=Ready", "--timeout=60s", "pod/alone", "-n", "default");
    }
}
