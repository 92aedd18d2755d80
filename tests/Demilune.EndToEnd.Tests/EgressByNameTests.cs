using System.Net;
using System.Net.Sockets;
using System.Text;
using Demilune.Cli.Cluster;
using Demilune.Cli.Walk;
using Demilune.EndToEnd.Tests.Engines;

namespace Demilune.EndToEnd.Tests;

/// <summary>
/// A ClusterNetworkPolicy with domain names in a whole cluster: a name server in a pod (dnsmasq), a pod that asks it as any program does, and two servers beyond
/// the cluster's network.
/// </summary>
[Collection(ShopCollection.Name)]
public sealed class EgressByNameTests(DemiluneFixture shop, ITestOutputHelper output)
{
    private const string Bank = "198.18.20.1", Other = "198.18.20.2";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_pod_was_told_by_name_is_open_until_its_time_is_over_and_nothing_else_is()
    {
        shop.SkipWhereImpossible();
        using var bank = await ServerAsync(Bank);
        using var other = await ServerAsync(Other);
        try
        {
            await ApplyAsync($$$"""
                apiVersion: v1
                kind: Pod
                metadata: {name: names, namespace: shop, labels: {app: names}}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: dnsmasq
                    image: demilune.local/host:latest
                    command: [dnsmasq, --keep-in-foreground, --conf-file=/dev/null, --no-resolv, --no-hosts, --user=root, --pid-file, --local-ttl=2, "--address=/bank.example/{{{Bank}}}", "--address=/other.example/{{{Other}}}"]
                """);
            var server = "";
            await UntilAsync("the name server runs", async () => (server = (await shop.Cluster.Kubectl.RunAsync(
                Stop, "get", "pod", "names", "-n", Scene.Namespace, "-o", "jsonpath={.status.podIP}")).Output.Trim()).Length > 0);
            await ApplyAsync($$$"""
                apiVersion: v1
                kind: Pod
                metadata: {name: teller, namespace: shop, labels: {app: teller}}
                spec:
                  terminationGracePeriodSeconds: 1
                  dnsPolicy: None
                  dnsConfig: {nameservers: ["{{{server}}}"]}
                  containers:
                  - {name: shell, image: "demilune.local/host:latest", command: [sleep, infinity]}
                """);
            await UntilAsync("the teller runs, and reaches the world", async () => await StatusAsync($"http://{Bank}:8080/") == "200");
            await ApplyAsync("""
                apiVersion: policy.networking.k8s.io/v1alpha2
                kind: ClusterNetworkPolicy
                metadata: {name: world}
                spec:
                  tier: Admin
                  priority: 10
                  subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: teller}}}}
                  egress:
                  - {name: name server, action: Accept, to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: names}}}}], protocols: [{udp: {destinationPort: {number: 53}}}]}
                  - {name: the bank, action: Accept, to: [{domainNames: ["*.bank.example"]}], protocols: [{tcp: {destinationPort: {number: 8080}}}]}
                  - {name: nobody else, action: Deny, to: [{networks: [0.0.0.0/0, "::/0"]}]}
                """);
            await UntilAsync("the policy holds", async () => await StatusAsync($"http://{Bank}:8080/") == "000");

            // The first packet after the lookup passes, whatever the machine is doing.
            Assert.Equal("200", await StatusAsync("http://www.bank.example:8080/", "-m 20"));
            Assert.Equal("200", await StatusAsync($"http://{Bank}:8080/"));
            // Looked up without hindrance, and closed: another name, and the domain itself, of which the star does not speak.
            foreach (var (name, address) in new[] { ("www.other.example", Other), ("bank.example", Bank) })
                Assert.Contains(address, (await shop.Scene.ExecAsync("teller", $"getent ahostsv4 {name}", Stop)).Output, StringComparison.Ordinal);
            Assert.Equal("000", await StatusAsync("http://www.other.example:8080/"));
            if (!Stage.IsAll) return;      // what a name server says holds for half a minute at least
            var closed = await UntilAsync("its time is over", async () => await StatusAsync($"http://{Bank}:8080/") == "000");
            Assert.Equal("200", await StatusAsync("http://api.bank.example:8080/", "-m 20"));
            output.WriteLine($"closed {closed.TotalSeconds:0} s after the last lookup of its name");
        }
        finally
        {
            await shop.Cluster.Kubectl.RunAsync(Stop, "delete", "clusternetworkpolicy", "world", "--ignore-not-found");
            await shop.Cluster.Kubectl.RunAsync(Stop, "delete", "pod", "names", "teller", "-n", Scene.Namespace, "--ignore-not-found", "--wait=false");
            foreach (var address in new[] { Bank, Other }) await Shell.RunAsync("ip", ["address", "del", $"{address}/32", "dev", "lo"], Patience, CancellationToken.None);
        }
    }

    /// <summary>Beyond the pods' network: the machine itself has the address.</summary>
    private static async Task<TcpListener> ServerAsync(string address)
    {
        await Shell.RunAsync("ip", ["address", "add", $"{address}/32", "dev", "lo"], Patience, Stop);
        var listener = new TcpListener(IPAddress.Parse(address), 8080);
        listener.Start();
        _ = AnswerAsync(listener);
        return listener;
    }

    private static async Task AnswerAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptTcpClientAsync();
                await connection.GetStream().ReadAtLeastAsync(new byte[16], 16, throwOnEndOfStream: false);
                await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"));
            }
        }
        catch (Exception end) when (end is ObjectDisposedException or SocketException or IOException)
        {
            // The test is over, or a client went: one answer less is what it waits for.
        }
    }

    private Task<string> StatusAsync(string address, string options = "-m 1") => shop.Scene.StatusOfAsync("teller", address, Stop, options);

    private async Task ApplyAsync(string manifest)
    {
        var applied = await shop.Cluster.Kubectl.ApplyAsync(manifest, Stop);
        Assert.True(applied.Succeeded, applied.Summary);
    }

    private static Task<TimeSpan> UntilAsync(string what, Func<Task<bool>> seen) => Scene.UntilAsync(what, seen, Patience, Stop, 200);
}
