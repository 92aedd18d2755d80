using Demilune.Cli.Walk;
using Demilune.EndToEnd.Tests.Engines;

namespace Demilune.EndToEnd.Tests;

/// <summary>Who deletes a namespace deletes its policies at once, and its pods when they are done.</summary>
[Collection(ShopCollection.Name)]
public sealed class EndingNamespaceTests(DemiluneFixture shop)
{
    private const string Space = "ending";

    private const string Pod = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: ending}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {namespace: ending, name: slow}
        spec:
          terminationGracePeriodSeconds: 6
          containers:
          - {name: sleeper, image: "demilune.local/host:latest", command: [sh, -c, "trap '' TERM; while :; do sleep 1; done"]}
        """;

    private const string Deny = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {namespace: ending, name: deny}
        spec: {podSelector: {}}
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_policies_hold_until_its_last_pod_is_gone()
    {
        shop.SkipWhereImpossible();
        await ApplyAsync(Pod);
        try
        {
            var address = "";
            await UntilAsync("the pod has an address", async () => (address = await GetAsync("pod", "slow", "{.status.podIP}")).Length > 0);
            await UntilAsync("the pod is open", async () => await KnockAsync(address) == Refused);
            await ApplyAsync(Deny);
            await UntilAsync("the pod is closed", async () => await KnockAsync(address) == Silent);

            await shop.Cluster.Kubectl.NeedAsync(Stop, "delete", "namespace", Space, "--wait=false");
            await UntilAsync("the policy is gone", async () => (await GetAsync("networkpolicy", "deny", "{.metadata.name}")).Length == 0);
            var answers = new List<string>();
            while (true)
            {
                var answer = await KnockAsync(address);
                if ((await GetAsync("pod", "slow", "{.metadata.name}")).Length == 0) break;
                answers.Add(answer);
            }
            Assert.NotEmpty(answers);
            Assert.All(answers, answer => Assert.Equal(Silent, answer));
        }
        finally
        {
            await shop.Cluster.Kubectl.NeedAsync(Stop, "delete", "namespace", Space, "--ignore-not-found", "--timeout=60s");
        }
    }

    /// <summary>Exit codes of curl: nobody listens there, and nobody answers at all.</summary>
    private const string Refused = "7", Silent = "28";

    private async Task<string> KnockAsync(string address) =>
        (await shop.Scene.ExecAsync("client", $"curl -s -m 1 -o /dev/null http://{address}:9/; echo $?", Stop)).Output.Trim();

    /// <returns>Empty: it is not there, or says nothing of it.</returns>
    private async Task<string> GetAsync(string kind, string name, string path) =>
        await shop.Cluster.Kubectl.NeedAsync(Stop, "get", kind, name, "-n", Space, "--ignore-not-found", "-o", $"jsonpath={path}");

    private async Task ApplyAsync(string manifest)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, manifest, Stop);
            await shop.Cluster.Kubectl.NeedAsync(Stop, "apply", "-f", file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Task<TimeSpan> UntilAsync(string what, Func<Task<bool>> seen) => Scene.UntilAsync(what, seen, TimeSpan.FromMinutes(2), Stop, 100);
}
