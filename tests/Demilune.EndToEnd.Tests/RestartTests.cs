using System.Text.Json.Nodes;
using Demilune.Cli.Cluster;
using Demilune.Cli.Walk;
using Demilune.EndToEnd.Tests.Engines;

namespace Demilune.EndToEnd.Tests;

/// <summary>Each process may die at any moment: what it had made stays enforced, and the next one finds its way.</summary>
[Collection(ShopCollection.Name)]
public sealed class RestartTests(DemiluneFixture shop)
{
    private static readonly string[] Collections =
        ["networks", "subnets", "ports", "security-groups", "security-group-rules", "address-groups", "sfc/port_pairs", "sfc/port_pair_groups", "sfc/flow_classifiers", "sfc/port_chains"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_node_agent_loses_no_packet_and_the_policy_holds_meanwhile()
    {
        shop.SkipWhereImpossible();
        var pinging = shop.Scene.ExecAsync("client", Request(shop.Scene.Web, seconds: 6), Stop);
        await Task.Delay(1000, Stop);
        shop.Cluster.Agent.Kill();
        Assert.Equal("000", await shop.Scene.StatusOfAsync("attacker", $"http://{shop.Scene.Web}/", Stop, "-m 0.5"));
        Assert.Equal("200", await shop.Scene.StatusOfAsync("client", $"http://{shop.Scene.Web}/", Stop));
        shop.Cluster.Agent.Start();
        var tries = (await pinging).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(tries);
        Assert.All(tries, status => Assert.Equal("200", status));
        await EnforcedAsync();
    }

    [Fact]
    public async Task A_killed_controller_leaves_policy_in_force_and_its_successor_duplicates_nothing()
    {
        shop.SkipWhereImpossible();
        await EnforcedAsync();
        var before = await NetworkAsync();
        shop.Cluster.Controller.Kill();
        Assert.Equal("200", await shop.Scene.StatusOfAsync("client", $"http://{shop.Scene.Web}/", Stop));
        Assert.Equal("000", await shop.Scene.StatusOfAsync("attacker", $"http://{shop.Scene.Web}/", Stop, "-m 0.5"));
        shop.Cluster.Controller.Start();
        await LocalCluster.UntilAsync(shop.Cluster.Controller, () => shop.Cluster.ControllerIsReadyAsync(Stop), Stop);
        await EnforcedAsync();
        await Task.Delay(2000, Stop);
        Assert.Equal(before, await NetworkAsync());
        Assert.Equal("200", await shop.Scene.StatusOfAsync("client", $"http://{shop.Scene.Web}/", Stop));
    }

    [Fact]
    public async Task A_killed_kubernetes_api_restarts_no_pod()
    {
        shop.SkipWhereImpossible();
        await EnforcedAsync();
        var before = await ContainersAsync();
        shop.Cluster.Local.Kill();
        shop.Cluster.Local.Start();
        await LocalCluster.UntilAsync(shop.Cluster.Local, async () => (await shop.Cluster.Kubectl.RunAsync(TimeSpan.FromSeconds(5), Stop, "get", "--raw", "/readyz")).Succeeded, Stop);
        await EnforcedAsync();
        Assert.Equal("200", await shop.Scene.StatusOfAsync("client", $"http://{shop.Scene.Web}/", Stop));
        Assert.Equal(before, await ContainersAsync());
    }

    [Fact]
    public async Task A_label_that_changes_opens_and_closes_within_a_second()
    {
        shop.SkipWhereImpossible();
        await EnforcedAsync();
        await shop.Cluster.Kubectl.NeedAsync(Stop, "label", "pod", "attacker", "-n", Scene.Namespace, "app=client", "--overwrite");
        try
        {
            await Task.Delay(1000, Stop);
            Assert.Equal("200", await shop.Scene.StatusOfAsync("attacker", $"http://{shop.Scene.Web}/", Stop));
        }
        finally
        {
            await shop.Cluster.Kubectl.NeedAsync(Stop, "label", "pod", "attacker", "-n", Scene.Namespace, "app=attacker", "--overwrite");
        }

        await Task.Delay(1000, Stop);
        Assert.Equal("000", await shop.Scene.StatusOfAsync("attacker", $"http://{shop.Scene.Web}/", Stop, "-m 0.5"));
    }

    [Fact]
    public async Task A_rule_that_is_added_bites_within_a_second()
    {
        shop.SkipWhereImpossible();
        await EnforcedAsync();
        var address = $"http://{shop.Scene.Web}/search?word=marzipan";
        Assert.Equal("200", await shop.Scene.StatusOfAsync("client", address, Stop));
        await shop.Cluster.Kubectl.NeedAsync(Stop, "patch", "securitypolicy", "web-attacks", "--type=json", "-p", new JsonArray(new JsonObject
        {
            ["op"] = "add",
            ["path"] = "/spec/rules/-",
            ["value"] = new JsonObject { ["inline"] = "drop http any any -> any any (msg:\"no marzipan\"; http.uri; content:\"marzipan\"; sid:1000099; rev:1;)" },
        }).ToJsonString());
        await Task.Delay(1000, Stop);
        Assert.Equal("000", await shop.Scene.StatusOfAsync("client", address, Stop));
        await shop.Cluster.Kubectl.NeedAsync(Stop, "apply", "-f", Path.Combine(Stage.Examples, "02-policy.yaml"));
        await Task.Delay(1000, Stop);
        Assert.Equal("200", await shop.Scene.StatusOfAsync("client", address, Stop));
    }

    [Fact]
    public async Task A_wrong_rule_is_named_in_the_status_and_the_others_keep_protecting()
    {
        shop.SkipWhereImpossible();
        await EnforcedAsync();
        await shop.Cluster.Kubectl.NeedAsync(Stop, "patch", "securitypolicy", "web-attacks", "--type=json", "-p",
            """[{"op":"add","path":"/spec/rules/-","value":{"inline":"drop http any any -> any any (msg:\"x\"; contnet:\"x\"; sid:1000098;)"}}]""");
        await Scene.UntilAsync("the refused rule is in the status", async () => (await shop.Cluster.Kubectl.RunAsync(
            Stop, "get", "securitypolicy", "web-attacks", "-o", "jsonpath={.status.ruleErrors}")).Output.Contains("contnet", StringComparison.Ordinal), TimeSpan.FromSeconds(5), Stop);
        Assert.Equal("000", await shop.Scene.StatusOfAsync("client", $"http://{shop.Scene.Web}/search?id=1%27%20UNION%20SELECT%20a,b%20FROM%20users--", Stop));
        Assert.Equal("200", await shop.Scene.StatusOfAsync("client", $"http://{shop.Scene.Web}/", Stop));
        await shop.Cluster.Kubectl.NeedAsync(Stop, "apply", "-f", Path.Combine(Stage.Examples, "02-policy.yaml"));
        await EnforcedAsync();
    }

    [Fact]
    public async Task A_policy_that_names_nothing_says_so_and_lets_nothing_through()
    {
        shop.SkipWhereImpossible();
        await EnforcedAsync();
        await shop.Cluster.Kubectl.NeedAsync(Stop, "annotate", "networkpolicy", "web", "-n", Scene.Namespace, "demilune.dev/security-policy=no-such-policy", "--overwrite");
        try
        {
            await Task.Delay(1500, Stop);
            Assert.Equal("000", await shop.Scene.StatusOfAsync("client", $"http://{shop.Scene.Web}/", Stop, "-m 1"));
            await Scene.UntilAsync("an Event names the missing policy", async () => (await shop.Cluster.Kubectl.RunAsync(
                Stop, "get", "events", "-A", "--field-selector", "involvedObject.kind=NetworkPolicy")).Output.Contains("no-such-policy", StringComparison.Ordinal), TimeSpan.FromSeconds(5), Stop);
        }
        finally
        {
            await shop.Cluster.Kubectl.NeedAsync(Stop, "annotate", "networkpolicy", "web", "-n", Scene.Namespace, "demilune.dev/security-policy=web-attacks", "--overwrite");
        }

        await EnforcedAsync();
        Assert.Equal("200", await shop.Scene.StatusOfAsync("client", $"http://{shop.Scene.Web}/", Stop));
    }

    private static string Request(string web, int seconds) =>
        $"end=$(($(date +%s)+{seconds})); while [ $(date +%s) -lt $end ]; do curl -s -o /dev/null -w '%{{http_code}}\\n' -m 2 http://{web}/; sleep 0.01; done";

    private Task<TimeSpan> EnforcedAsync() =>
        Scene.UntilAsync("the policy is enforced", () => DeployStep.EnforcedAsync(shop.Scene, Stop), TimeSpan.FromSeconds(30), Stop, 100);

    private async Task<string> ContainersAsync() => await shop.Cluster.Kubectl.NeedAsync(
        Stop, "get", "pods", "-A", "-o", "jsonpath={range .items[*]}{.metadata.uid} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{\"\\n\"}{end}");

    private async Task<string> NetworkAsync()
    {
        var ids = new List<string>();
        foreach (var collection in Collections)
        {
            var member = collection[(collection.LastIndexOf('/') + 1)..].Replace('-', '_');
            ids.AddRange((await shop.Cluster.NetworkAsync(collection, member, Stop)).Select(item => $"{member} {item!["id"]}"));
        }

        return string.Join('\n', ids.Order(StringComparer.Ordinal));
    }
}
