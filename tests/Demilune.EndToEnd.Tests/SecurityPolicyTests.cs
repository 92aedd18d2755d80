using System.Text.Json.Nodes;
using Demilune.Cli.Cluster;
using Demilune.Cli.Walk;
using Demilune.Examples.SecurityManager;
using Demilune.EndToEnd.Tests.Engines;

namespace Demilune.EndToEnd.Tests;

/// <summary>What SecurityPolicies do to real requests, through a firewall's pod: allow-lists, several on one flow, one in the shadow; and how soon a change holds.</summary>
[Collection(ShopCollection.Name)]
public sealed class SecurityPolicyTests(DemiluneFixture shop, ITestOutputHelper output) : IAsyncDisposable
{
    private const string Injection = "/search?id=1%27%20UNION%20SELECT%20a,b%20FROM%20users--";

    /// <summary>Long enough for a machine that has much else to do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Web => $"http://{shop.Scene.Web}";

    /// <summary>The cluster is left as it was found.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Stage.Obstacle is null) await RestoreAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_request_that_an_allow_list_does_not_name_gets_a_403_that_names_the_policy()
    {
        await ReadyAsync();
        await ApplyAsync(Policy("only-the-front", """{"allow": {"http": [{"methods": ["GET"], "paths": [{"exact": "/"}]}]}}"""));
        await NamedAsync("security-policy=only-the-front");
        await UntilAsync("the list holds", async () => await StatusAsync("/search") == "403");
        var answer = (await shop.Scene.ExecAsync("client", $"curl -s -i -m 5 '{Web}/search'", Stop)).Output;
        Assert.Contains("X-Security-Policy: only-the-front", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Not allowed by SecurityPolicy only-the-front.", answer, StringComparison.Ordinal);
        Assert.Equal("200", await StatusAsync("/"));
        Assert.Equal("403", await StatusAsync("/%2e%2e/search"));
        await UntilAsync("the alert names it", () => ToldAsync("only-the-front", "blocked"));
    }

    [Fact]
    public async Task Of_several_policies_on_one_flow_all_judge_and_each_alert_names_its_own()
    {
        await ReadyAsync();
        await ApplyAsync(Policy("reading", """{"allow": {"http": [{"methods": ["GET"]}]}}"""));
        await ApplyAsync("""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: second, namespace: shop, annotations: { demilune.dev/security-policy: reading } }
            spec: { podSelector: { matchLabels: { app: web } }, ingress: [ { from: [ { podSelector: { matchLabels: { team: sales } } } ] } ] }
            """);
        await UntilAsync("the second policy holds", async () => await StatusAsync("/upload", "-X POST -d x") == "403");
        Assert.Equal("200", await StatusAsync("/"));
        Assert.Equal("000", await StatusAsync(Injection));
        await UntilAsync("an alert of each", async () => await ToldAsync("reading", "blocked") && await ToldAsync("web-attacks", "blocked"));
        var alert = (await shop.Scene.Evidence.AlertsAsync(Stop)).Last(one => (string?)one["kubernetes"]?["policy"] == "reading");
        Assert.Equal(["reading", "web-attacks"], alert["kubernetes"]!["policies"]!.AsArray().Select(name => (string?)name));
        // The second one goes, the first stays.
        await shop.Cluster.Kubectl.NeedAsync(Stop, "delete", "networkpolicy", "second", "-n", Scene.Namespace);
        await UntilAsync("only the first holds", async () => await StatusAsync("/upload", "-X POST -d x") == "200");
        Assert.Equal("000", await StatusAsync(Injection));
    }

    [Fact]
    public async Task A_policy_in_the_shadow_tells_what_it_would_have_done_and_does_nothing()
    {
        await ReadyAsync();
        await ApplyAsync(Policy("next", """{"allow": {"http": [{"paths": [{"exact": "/"}]}]}}"""));
        await NamedAsync("shadow-security-policy=next");
        await UntilAsync("the shadow tells", async () => await StatusAsync("/search") == "200" && await ToldAsync("next", "allowed"));
        var alert = (await shop.Scene.Evidence.AlertsAsync(Stop)).Last(one => (string?)one["kubernetes"]?["policy"] == "next");
        Assert.Equal(("Shadow", "would have blocked"), ((string?)alert["kubernetes"]!["mode"], (string?)alert["kubernetes"]!["shadow"]!["next"]));
        Assert.Equal("000", await StatusAsync(Injection));
        await UntilAsync("its status counts", async () =>
        {
            var status = JsonNode.Parse(await shop.Cluster.Kubectl.NeedAsync(Stop, "get", "securitypolicy", "next", "-o", "json"))!["status"];
            return (long?)status?["counts"]?["shadowWouldBlock"] > 0 && (int?)status?["shadowedPods"] == 1 && (long?)status?["counts"]?["blocked"] == 0;
        });
        // A shadow that does not exist changes nothing either, and an Event says so.
        await NamedAsync("shadow-security-policy=nobody");
        await UntilAsync("an Event names it", async () => (await shop.Cluster.Kubectl.RunAsync(
            Stop, "get", "events", "-A", "--field-selector", "involvedObject.kind=NetworkPolicy")).Output.Contains("shadow SecurityPolicy nobody", StringComparison.Ordinal));
        Assert.Equal("200", await StatusAsync("/search"));
    }

    [Fact]
    public async Task Rules_that_a_security_manager_owns_are_in_force_change_when_it_says_so_and_stay_when_it_is_gone()
    {
        await ReadyAsync();
        var (directory, kubectl) = (Directory.CreateTempSubdirectory("security-manager-").FullName, shop.Cluster.Kubectl);
        var rules = Path.Combine(directory, "pci-web.rules");
        await File.WriteAllTextAsync(rules, "drop http any any -> any any (msg:\"no marzipan\"; http.uri; content:\"marzipan\"; sid:1;)", Stop);
        await using var manager = Manager.Build(directory, "http://127.0.0.1:0", "secret", new Uri(shop.Cluster.Layout.Rest, "/v1/managers/corporate/changed"));
        await manager.StartAsync(Stop);
        await kubectl.NeedAsync(Stop, "create", "secret", "generic", "corporate", "-n", "demilune-system", "--type=demilune.dev/security-manager", "--from-literal=token=secret");
        // An hour: only the callback can tell in time.
        await ApplyAsync($$$"""{"apiVersion": "demilune.dev/v1alpha1", "kind": "SecurityManager", "metadata": {"name": "corporate"}, "spec": {"url": "{{{manager.Urls.Single()}}}", "tokenSecret": "corporate", "pollInterval": "60m"}}""");
        await ApplyAsync(Policy("pci", """{"external": {"manager": "corporate", "policy": "pci-web"}}"""));
        await NamedAsync("security-policy=pci");
        await UntilAsync("its rule bites", async () => await StatusAsync("/search?word=marzipan", "-m 0.5") == "000");
        Assert.Equal("200", await StatusAsync("/search?word=nougat"));
        await UntilAsync("it knows whom it protects", async () =>
        {
            using var people = new HttpClient { DefaultRequestHeaders = { Authorization = new("Bearer", "secret") } };
            return (await people.GetStringAsync(new Uri(manager.Urls.Single() + "/clusters"), Stop)).Contains("\"web\"", StringComparison.Ordinal);
        });
        await File.WriteAllTextAsync(rules, "drop http any any -> any any (msg:\"no nougat\"; http.uri; content:\"nougat\"; sid:2;)", Stop);
        await UntilAsync("its new rule bites", async () => await StatusAsync("/search?word=nougat", "-m 0.5") == "000");
        Assert.Equal("200", await StatusAsync("/search?word=marzipan"));
        await manager.StopAsync(Stop);
        await kubectl.NeedAsync(Stop, "patch", "securitymanager", "corporate", "--type=merge", "-p", """{"spec":{"pollInterval":"2s"}}""");
        await UntilAsync("it is missed", async () => (await kubectl.RunAsync(
            Stop, "get", "securitymanager", "corporate", "-o", "jsonpath={.status.conditions[0].status} {.status.conditions[0].message}")).Output.StartsWith("False", StringComparison.Ordinal));
        Assert.Equal("000", await StatusAsync("/search?word=nougat", "-m 0.5"));
        using (var rest = new HttpClient { BaseAddress = shop.Cluster.Layout.Rest })
            await UntilAsync("and an alarm is raised", async () => (await rest.GetStringAsync("v1/alarms", Stop)).Contains("ManagerSilent:SecurityManager/corporate", StringComparison.Ordinal));
        await kubectl.NeedAsync(Stop, "delete", "securitymanager", "corporate");
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Requests_and_a_connection_go_on_and_attacks_stay_blocked_while_policies_labels_and_pods_change()
    {
        await ReadyAsync();
        var (scene, kubectl) = (shop.Scene, shop.Cluster.Kubectl);
        await ApplyAsync(Policy("reading", """{"allow": {"http": [{"methods": ["GET"]}]}}"""));
        var end = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + (Stage.IsAll ? 60 : 12);
        string Loop(string what) => $"while [ $(date +%s) -lt {end} ]; do curl -g -s -o /dev/null -w '%{{http_code}}\\n' {what}; sleep 0.02; done";
        var asking = scene.ExecAsync("client", Loop($"-m 20 '{Web}/'"), Stop);
        var attacking = scene.ExecAsync("client", Loop($"-m 0.5 '{Web}{Injection}'"), Stop);
        var intruding = scene.ExecAsync("client", Loop($"-m 0.5 '{Web}/back-office'"), Stop);
        // One connection for all of the time, through the firewall.
        var reading = scene.ExecAsync("client", $"curl -s -m 200 --limit-rate {100 * 1024 / Math.Max(1, end - DateTimeOffset.UtcNow.ToUnixTimeSeconds())}k '{Web}/files/100m.bin' | wc -c", Stop);
        var changes = 0;
        for (; DateTimeOffset.UtcNow.ToUnixTimeSeconds() < end; changes++)
            switch (changes % 6)
            {
                case 0:
                    await ApplyAsync("""
                        apiVersion: networking.k8s.io/v1
                        kind: NetworkPolicy
                        metadata: { name: second, namespace: shop, annotations: { demilune.dev/security-policy: reading } }
                        spec: { podSelector: { matchLabels: { app: web } }, ingress: [ { from: [ { podSelector: { matchLabels: { team: sales } } } ] } ] }
                        """);
                    break;
                case 1:
                    await kubectl.NeedAsync(Stop, "label", "namespace", Scene.Namespace, $"round=r{changes}", "--overwrite");
                    break;
                case 2:
                    await kubectl.NeedAsync(Stop, "label", "pod", "attacker", "-n", Scene.Namespace, "app=client", "--overwrite");
                    break;
                case 3:
                    await kubectl.NeedAsync(Stop, "delete", "networkpolicy", "second", "-n", Scene.Namespace);
                    break;
                case 4:
                    await kubectl.NeedAsync(Stop, "delete", "pod", "attacker", "-n", Scene.Namespace);
                    break;
                default:
                    await kubectl.NeedAsync(Stop, "apply", "-f", Path.Combine(Stage.Examples, "01-pods.yaml"));
                    break;
            }
        await kubectl.NeedAsync(Stop, "apply", "-f", Path.Combine(Stage.Examples, "01-pods.yaml"));
        await kubectl.RunAsync(Stop, "delete", "networkpolicy", "second", "-n", Scene.Namespace, "--ignore-not-found");
        var (asked, attacked, intruded) = (Statuses(await asking), Statuses(await attacking), Statuses(await intruding));
        output.WriteLine($"{changes} changes; {asked.Length} requests, {attacked.Length + intruded.Length} attacks, and one connection");
        Assert.All(asked, status => Assert.Equal("200", status));
        Assert.All(attacked.Concat(intruded), status => Assert.Equal("000", status));
        Assert.Equal("104857600", (await reading).Output.Trim());
        Assert.True(asked.Length > 5 && attacked.Length > 5 && changes > 5);

        static string[] Statuses(Outcome outcome) => outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Measured and told, not judged: a machine that has much else to do takes longer.</summary>
    [Fact]
    public async Task A_changed_label_and_a_changed_rule_hold_soon()
    {
        await ReadyAsync();
        await shop.Cluster.Kubectl.NeedAsync(Stop, "label", "pod", "attacker", "-n", Scene.Namespace, "app=client", "--overwrite");
        var opened = await UntilAsync("the label opens", async () => await shop.Scene.StatusOfAsync("attacker", $"{Web}/", Stop, "-m 0.3") == "200");
        await shop.Cluster.Kubectl.NeedAsync(Stop, "label", "pod", "attacker", "-n", Scene.Namespace, "app=attacker", "--overwrite");
        var closed = await UntilAsync("the label closes", async () => await shop.Scene.StatusOfAsync("attacker", $"{Web}/", Stop, "-m 0.3") == "000");
        await ApplyAsync(Policy("words", """{"rules": [{"inline": "alert http any any -> any any (sid:1;)"}]}"""));
        await NamedAsync("security-policy=words");
        await UntilAsync("it passes", async () => await StatusAsync("/search?word=marzipan") == "200");
        await ApplyAsync(Policy("words", """{"rules": [{"inline": "drop http any any -> any any (msg:\"no marzipan\"; http.uri; content:\"marzipan\"; sid:1;)"}]}"""));
        var ruled = await UntilAsync("the rule bites", async () => await StatusAsync("/search?word=marzipan", "-m 0.5") == "000");
        await ApplyAsync(Policy("words", """{"allow": {"http": [{"paths": [{"exact": "/"}]}]}}"""));
        var listed = await UntilAsync("the list holds", async () => await StatusAsync("/search") == "403");
        output.WriteLine($"a label opened after {opened.TotalMilliseconds:F0} ms, closed after {closed.TotalMilliseconds:F0} ms; a rule held after {ruled.TotalMilliseconds:F0} ms, an allow-list after {listed.TotalMilliseconds:F0} ms");
    }

    private async Task ReadyAsync()
    {
        shop.SkipWhereImpossible();
        await RestoreAsync(Stop);
        await UntilAsync("requests pass", async () => await StatusAsync("/") == "200" && await StatusAsync("/search") == "200");
    }

    /// <summary>As the example has it.</summary>
    private async Task RestoreAsync(CancellationToken stop)
    {
        var kubectl = shop.Cluster.Kubectl;
        await kubectl.RunAsync(stop, "annotate", "networkpolicy", "web", "-n", Scene.Namespace, "demilune.dev/shadow-security-policy-");
        await kubectl.NeedAsync(stop, "apply", "-f", Path.Combine(Stage.Examples, "02-policy.yaml"));
        await kubectl.NeedAsync(stop, "annotate", "networkpolicy", "web", "-n", Scene.Namespace, "demilune.dev/security-policy=web-attacks", "--overwrite");
        await Scene.UntilAsync("the policy is enforced", () => DeployStep.EnforcedAsync(shop.Scene, stop), Patience, stop, 100);
    }

    private Task<string> NamedAsync(string annotation) =>
        shop.Cluster.Kubectl.NeedAsync(Stop, "annotate", "networkpolicy", "web", "-n", Scene.Namespace, $"demilune.dev/{annotation}", "--overwrite");

    private Task<string> StatusAsync(string path, string options = "-m 5") => shop.Scene.StatusOfAsync("client", Web + path, Stop, options);

    private async Task<bool> ToldAsync(string policy, string action) => (await shop.Scene.Evidence.AlertsAsync(Stop)).Any(alert =>
        (string?)alert["kubernetes"]?["policy"] == policy && (string?)alert["alert"]?["action"] == action);

    private async Task ApplyAsync(string manifest)
    {
        var applied = await shop.Cluster.Kubectl.ApplyAsync(manifest, Stop);
        Assert.True(applied.Succeeded, applied.Summary);
    }

    private static string Policy(string name, string spec) => $$"""{"apiVersion": "demilune.dev/v1alpha1", "kind": "SecurityPolicy", "metadata": {"name": "{{name}}"}, "spec": {{spec}}}""";

    private static Task<TimeSpan> UntilAsync(string what, Func<Task<bool>> seen) => Scene.UntilAsync(what, seen, Patience, Stop, 20);
}
