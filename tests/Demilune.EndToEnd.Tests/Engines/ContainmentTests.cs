using System.Text.Json.Nodes;
using Demilune.Cli.Cluster;
using Demilune.Cli.Walk;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>What somebody can do who has taken over a firewall, or sits in a protected pod (docs/security.md): each line is tried.</summary>
[Collection(ShopCollection.Name)]
public sealed class ContainmentTests(DemiluneFixture cluster)
{
    /// <summary>Prints what it should not have been able to do.</summary>
    private const string Attempts = """
        try() { if "$@" > /dev/null 2>&1; then echo "could: $*"; fi; }
        try true
        for program in mount unshare nsenter chroot mknod ip dmesg date mkfifo ipcmk setarch chown; do command -v $program > /dev/null || echo "no $program to try it with"; done
        try mount -t tmpfs none /tmp
        try mkfifo /tmp/pipe
        try ipcmk --queue
        try setarch --addr-no-randomize true
        try sh -c 'touch /tmp/own && chown 0:0 /tmp/own'
        try unshare --mount true
        try unshare --user true
        try nsenter --target 1 --net ip link add escaped type dummy
        try chroot / true
        try mknod /tmp/disk b 254 0
        try ip link add escaped type dummy
        try ip route add 192.0.2.0/24 dev lo
        try sh -c 'echo x > /etc/escaped'
        try sh -c 'echo x > /usr/escaped'
        try sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
        try sh -c 'echo h > /proc/sysrq-trigger'
        try sh -c 'echo escaped > /proc/sys/kernel/core_pattern'
        try dmesg
        try sh -c 'head -c 1 /proc/kcore | grep -q .'
        try cat /var/run/secrets/kubernetes.io/serviceaccount/token
        try sh -c 'ls /run/demilune | grep -v agent.sock'
        try date --set 2001-01-01
        echo done
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task In_its_container_nothing_can_be_done_to_the_machine()
    {
        await cluster.ReadyAsync(Stop);
        var kubectl = cluster.Cluster.Kubectl;
        var firewall = JsonNode.Parse(await kubectl.NeedAsync(Stop, "get", "pods", "-n", "demilune-system", "-l", "demilune.dev/firewall=default", "-o", "json"))!["items"]![0]!;
        // Its own image has no shell and no tools: a twin with the same rights and volumes, and everything that this machine has.
        var container = firewall["spec"]!["containers"]![0]!.DeepClone();
        (container["image"], container["command"], container["args"]) = ("demilune.local/host:latest", new JsonArray("sh", "-c", "sleep 600"), new JsonArray());
        container.AsObject().Remove("readinessProbe");
        var twin = new JsonObject
        {
            ["apiVersion"] = "v1", ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = "twin", ["namespace"] = "demilune-system" },
            ["spec"] = new JsonObject
            {
                ["nodeName"] = firewall["spec"]!["nodeName"]!.DeepClone(), ["automountServiceAccountToken"] = false, ["terminationGracePeriodSeconds"] = 0,
                ["containers"] = new JsonArray(container), ["volumes"] = firewall["spec"]!["volumes"]!.DeepClone(),
            },
        };
        var applied = await kubectl.ApplyAsync(twin.ToJsonString(), Stop);
        Assert.True(applied.Succeeded, applied.Summary);
        try
        {
            await kubectl.NeedAsync(Stop, "wait", "--for=condition=Ready", "pod/twin", "-n", "demilune-system", "--timeout=120s");
            var tried = await kubectl.ExecAsync("demilune-system", "twin", Attempts, TimeSpan.FromSeconds(60), Stop);
            Assert.Equal("could: true\ndone", tried.Output.Trim());
        }
        finally
        {
            await kubectl.RunAsync(Stop, "delete", "pod", "twin", "-n", "demilune-system", "--wait=true");
        }
    }

    [Fact]
    public async Task A_protected_pod_reaches_neither_the_firewall_nor_the_doors_of_demilune()
    {
        await cluster.ReadyAsync(Stop);
        var (scene, layout) = (cluster.Scene, cluster.Cluster.Layout);
        var firewall = (await cluster.Cluster.Kubectl.NeedAsync(Stop, "get", "pods", "-n", "demilune-system", "-l", "demilune.dev/firewall=default", "-o", "jsonpath={.items[0].status.podIP}")).Trim();
        Assert.NotEmpty(firewall);
        foreach (var port in (int[])[layout.LinkPort, layout.RestPort, layout.NeutronPort, layout.ConsolePort])
        {
            Assert.Equal("000", await scene.StatusOfAsync("client", $"http://{firewall}:{port}/", Stop, "-m 0.5"));
            Assert.Equal("000", await scene.StatusOfAsync("client", $"http://169.254.1.1:{port}/", Stop, "-m 0.5"));
        }
    }
}
