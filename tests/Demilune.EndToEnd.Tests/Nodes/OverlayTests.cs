using Demilune.Cli.Walk;

namespace Demilune.EndToEnd.Tests.Nodes;

/// <summary>Several nodes: real controller, real agents, real firewall, and kernels' network stacks between which nobody knows a pod's address.</summary>
public sealed class OverlayTests(NodesFixture fixture) : IClassFixture<NodesFixture>
{
    private const string Policies = """
        apiVersion: demilune.dev/v1alpha1
        kind: SecurityPolicy
        metadata: {name: no-attacks}
        spec:
          rules:
          - inline: 'drop http any any -> any any (msg:"attack"; http.uri; content:"attack"; sid:1000001; rev:1;)'
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: web
          namespace: default
          annotations: {demilune.dev/security-policy: no-attacks}
        spec:
          podSelector: {matchLabels: {app: web}}
          ingress:
          - from: [{podSelector: {matchLabels: {app: client}}}]
            ports: [{protocol: TCP, port: 80}]
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Policies_and_firewalls_hold_between_nodes_with_and_without_a_controller()
    {
        if (Stage.Obstacle is { } obstacle) Assert.Skip(obstacle);
        var (first, second, third) = (fixture.Nodes[0], fixture.Nodes[1], fixture.Nodes[2]);
        var client = await fixture.StartAsync(first, "client", Stop);
        var web = await fixture.StartAsync(second, "web", Stop);
        var stranger = await fixture.StartAsync(third, "stranger", Stop);
        web.Serve(80);
        foreach (var v6 in new[] { false, true })
        {
            await PassesAsync(client, web, "/", v6);
            await PassesAsync(stranger, web, "/attack", v6);
        }

        Assert.True((await fixture.Kubectl.ApplyAsync(Policies, Stop)).Succeeded);
        await fixture.StartFirewallAsync(second, Stop);
        // Closed until the firewall lives; then by its word.
        await BlockedAsync(client, web, "/attack");
        foreach (var v6 in new[] { false, true })
        {
            await PassesAsync(client, web, "/", v6);
            Assert.Equal(0, await client.GetAsync(web, 80, "/attack", v6, Stop, TimeSpan.FromSeconds(2)));
            Assert.Equal(0, await stranger.GetAsync(web, 80, "/", v6, Stop, TimeSpan.FromSeconds(1)));
        }

        // Who is a client is the label's matter, wherever he is.
        await fixture.Kubectl.NeedAsync(Stop, "label", "pod", "stranger", "app=client", "--overwrite");
        await PassesAsync(stranger, web, "/", v6: false);
        Assert.Equal(0, await stranger.GetAsync(web, 80, "/attack", false, Stop, TimeSpan.FromSeconds(2)));
        await fixture.Kubectl.NeedAsync(Stop, "label", "pod", "stranger", "app=stranger", "--overwrite");
        await BlockedAsync(stranger, web, "/");

        // Nobody to ask: what was said last holds, and an agent that is made anew knows it too.
        fixture.Controller.Kill();
        first.Agent.Kill();
        await StillAsync();
        first.Agent.Start();
        await StillAsync();
        await fixture.StartControllerAsync(Stop);

        // A pod that comes later, elsewhere, is found by all.
        var late = await fixture.StartAsync(third, "late", Stop);
        late.Serve(80);
        await PassesAsync(client, late, "/", v6: true);
        await PassesAsync(web, late, "/", v6: false);
        await StillAsync();

        async Task StillAsync()
        {
            Assert.Equal(200, await client.GetAsync(web, 80, "/", false, Stop));
            Assert.Equal(0, await client.GetAsync(web, 80, "/attack", false, Stop, TimeSpan.FromSeconds(2)));
            Assert.Equal(0, await stranger.GetAsync(web, 80, "/", false, Stop, TimeSpan.FromSeconds(1)));
        }
    }

    private static Task PassesAsync(TestPod from, TestPod to, string path, bool v6) => Scene.UntilAsync(
        $"{from.Name} reaches {to.Name}{path}", async () => await from.GetAsync(to, 80, path, v6, Stop, TimeSpan.FromSeconds(3)) == 200, TimeSpan.FromSeconds(60), Stop);

    private static Task BlockedAsync(TestPod from, TestPod to, string path) => Scene.UntilAsync(
        $"{from.Name} no longer reaches {to.Name}{path}", async () => await from.GetAsync(to, 80, path, false, Stop, TimeSpan.FromSeconds(1)) == 0, TimeSpan.FromSeconds(30), Stop);
}
