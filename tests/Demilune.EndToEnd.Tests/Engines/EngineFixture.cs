using System.Text.Json.Nodes;
using Demilune.Cli.Cluster;
using Demilune.Cli.Walk;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>A local cluster whose firewall has a certain engine.</summary>
public abstract class EngineFixture : ShopFixture
{
    private readonly string _engine;

    protected EngineFixture(string engine) : this(engine, Stage.Layout(6) with { Suricata = Stage.Suricata })
    {
    }

    private protected EngineFixture(string engine, ClusterLayout layout) : base(layout) => _engine = engine;

    internal string Engine { get; private set; } = "demilune";

    /// <summary>With the fixture's engine, whole and enforced.</summary>
    internal Task ReadyAsync(CancellationToken stop) => UseAsync(_engine, stop);

    internal async Task UseAsync(string engine, CancellationToken stop)
    {
        SkipWhereImpossible();
        Assert.SkipWhen(engine == "suricata" && Stage.Suricata is null, "Suricata is not here: eng/suricata.sh fetches it");
        if (Engine != engine)
            await Cluster.Kubectl.NeedAsync(stop, "patch", "firewall", "default", "--type=merge", "-p", $$$"""{"spec":{"engine":"{{{engine}}}","image":null} }""");
        Engine = engine;
        await Scene.UntilAsync($"one instance runs, with {engine}, and the policy is enforced", () => RunsAsync(engine, stop), TimeSpan.FromSeconds(180), stop, 200);
    }

    internal async Task OnFailureAsync(string onFailure, CancellationToken stop)
    {
        await Cluster.Kubectl.NeedAsync(stop, "patch", "securitypolicy", "web-attacks", "--type=merge", "-p", $$$"""{"spec":{"onFailure":"{{{onFailure}}}"} }""");
        await Scene.UntilAsync("the node knows it", async () => await PolicyOfNodeAsync(stop) is { } policy && ((string?)policy["onFailure"])?.Replace("_", "", StringComparison.Ordinal)
            .Equals(onFailure, StringComparison.OrdinalIgnoreCase) == true, TimeSpan.FromSeconds(30), stop);
        await Scene.UntilAsync("and enforces it", () => DeployStep.EnforcedAsync(Scene, stop), TimeSpan.FromSeconds(60), stop, 100);
    }

    /// <summary>What the controller wants the node to know.</summary>
    private async Task<JsonNode?> PolicyOfNodeAsync(CancellationToken stop)
    {
        using var client = new HttpClient { BaseAddress = Cluster.Layout.Rest };
        var topology = JsonNode.Parse(await client.GetStringAsync(new Uri("/v1/topology", UriKind.Relative), stop));
        return topology?["nodes"]?[0]?["state"]?["securityPolicies"]?.AsArray().FirstOrDefault(policy => (string?)policy!["name"] == "web-attacks");
    }

    private async Task<bool> RunsAsync(string engine, CancellationToken stop)
    {
        var pods = await Cluster.Kubectl.RunAsync(stop, "get", "pods", "-n", "demilune-system", "-l", "demilune.dev/firewall=default",
            "-o", "jsonpath={range .items[*]}{.status.phase} {.spec.containers[0].image}{\"\\n\"}{end}");
        var image = engine == "suricata" ? "demilune.local/suricata:latest" : "demilune.local/firewall:latest";
        return pods.Output.Trim() == $"Running {image}" && await DeployStep.EnforcedAsync(Scene, stop);
    }

    /// <summary>Of the engine: one of each instance.</summary>
    internal IReadOnlyList<int> Processes => EngineProcess.All(Cluster.Layout, Engine).ToList() is { Count: > 0 } all ? all : throw new StepFailedException($"no process of the engine {Engine}");

    internal async Task InstancesAsync(int perNode, CancellationToken stop)
    {
        await Cluster.Kubectl.NeedAsync(stop, "patch", "firewall", "default", "--type=merge", "-p", $$$"""{"spec":{"instancesPerNode":{{{perNode}}}} }""");
        await Scene.UntilAsync($"{perNode} instances are healthy and no other is there", async () =>
            (await Cluster.Kubectl.RunAsync(stop, "get", "firewall", "default", "-o", "jsonpath={.status.instances} {.status.healthyInstances} {.status.conditions[?(@.type==\"Progressing\")].status}"))
                .Output.Trim() == $"{perNode} {perNode} False" && await DeployStep.EnforcedAsync(Scene, stop), TimeSpan.FromSeconds(180), stop, 200);
    }
}

public sealed class DemiluneFixture() : EngineFixture("demilune");

public sealed class SuricataFixture() : EngineFixture("suricata");
