using System.Globalization;
using System.Text.Json.Nodes;
using Demilune.Cli.Cluster;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;

namespace Demilune.EndToEnd.Tests.Nodes;

/// <summary>A Kubernetes API and a controller here, and three nodes in network namespaces, with tunnels between them.</summary>
public class NodesFixture : IAsyncLifetime
{
    private const int Number = 8;
    private readonly LocalCluster _cluster = new(Stage.Layout(Number));
    private NetworkNamespace? _router;

    public NodesFixture()
    {
        var layout = _cluster.Layout;
        Controller = new("demilune-controller", layout.Program("Demilune.Controller", "demilune-controller"),
        [
            "--kubeconfig", layout.Kubeconfig, "--data-directory", Path.Combine(layout.Directory, "controller"), "--cluster-name", "local",
            "--node-link-directory", layout.NodeLink, "--node-tokens", "n1,n2,n3", "--agent-run-directory", layout.RunDirectory, "--listen-address", "0.0.0.0", "--link-port", Text(layout.LinkPort),
            "--rest-port", Text(layout.RestPort), "--neutron-port", Text(layout.NeutronPort), "--console-port", Text(layout.ConsolePort),
            "--pod-network-v4", layout.PodNetwork4!, "--pod-network-v6", layout.PodNetwork6!, "--overlay", "vxlan",
        ], layout);
    }

    /// <summary>Not brought up for tests that will all be skipped.</summary>
    protected virtual bool IsNeeded => Stage.Obstacle is null;

    internal List<TestNode> Nodes { get; } = [];

    internal ClusterProcess Controller { get; }

    /// <summary>Between the nodes, and beyond them.</summary>
    internal NetworkNamespace Router => _router!;

    internal ClusterLayout Layout => _cluster.Layout;

    internal Kubectl Kubectl => _cluster.Kubectl;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    public async ValueTask InitializeAsync()
    {
        if (!IsNeeded) return;
        try
        {
            await StartAsync();
        }
        catch
        {
            await DisposeAsync();       // nobody else does, when this fails
            throw;
        }
    }

    private async Task StartAsync()
    {
        var (layout, stop) = (_cluster.Layout, CancellationToken.None);
        if (Leftovers.Exist(layout)) await _cluster.DownAsync(_ => { });
        Directory.CreateDirectory(layout.Images);
        Directory.CreateDirectory(layout.CniConfig);
        _cluster.Local.Start();
        await LocalCluster.UntilAsync(_cluster.Local, async () =>
            File.Exists(layout.Kubeconfig) && (await Kubectl.RunAsync(TimeSpan.FromSeconds(5), stop, "get", "--raw", "/readyz")).Succeeded, stop);
        await StartControllerAsync(stop);
        _router = NetworkNamespace.Create(Path.Combine(layout.RunDirectory, "netns", "router"));
        _router.Run(() =>
        {
            Sysctl.Write("net/ipv4/ip_forward", "1");
            Sysctl.Write("net/ipv4/conf/all/rp_filter", "1");       // addresses of pods do not get through
        });
        for (var number = 1; number <= 3; number++) Nodes.Add(new(layout, number, _router, layout.ApiPort % 200));
        foreach (var node in Nodes)
        {
            Assert.True((await Kubectl.ApplyAsync($$"""{"apiVersion":"v1","kind":"Node","metadata":{"name":"{{node.Name}}"} }""", stop)).Succeeded);
            await Kubectl.NeedAsync(stop, "patch", "node", node.Name, "--subresource=status", "--type=merge", "-p", $$"""{"status":{"addresses":[{"type":"InternalIP","address":"{{node.Address}}"}]} }""");
            node.Agent.Start();
        }
        foreach (var node in Nodes)
            await LocalCluster.UntilAsync(node.Agent, () => Task.FromResult(File.Exists(Path.Combine(layout.RunDirectory, node.Name, "cni.sock"))), stop);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (!IsNeeded) return;
        foreach (var node in Nodes) await node.DisposeAsync();
        if (_router is not null)
        {
            NetworkNamespace.Delete(_router.Path);
            _router.Dispose();
        }
        await Controller.StopAsync(TimeSpan.FromSeconds(10));
        await _cluster.DownAsync(_ => { });
        Assert.Empty(Leftovers.Find(_cluster.Layout));
    }

    internal async Task StartControllerAsync(CancellationToken stop)
    {
        Controller.Start();
        await LocalCluster.UntilAsync(Controller, () => _cluster.ControllerIsReadyAsync(stop), stop);
    }

    /// <summary>A pod in namespace default, by kubelet's ways: it is bound to the node, and given its network there.</summary>
    internal async Task<TestPod> StartAsync(TestNode node, string name, CancellationToken stop) =>
        await node.AddPodAsync("default", name, await CreateAsync(node, name, stop), stop);

    /// <returns>UID of a pod in namespace default that is bound to the node; nobody has started it.</returns>
    internal async Task<string> CreateAsync(TestNode node, string name, CancellationToken stop)
    {
        var manifest = $$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{name}}","namespace":"default","labels":{"app":"{{name}}"} },"spec":{"nodeName":"{{node.Name}}","containers":[{"name":"app","image":"app"}]} }""";
        var applied = await Kubectl.ApplyAsync(manifest, stop);
        Assert.True(applied.Succeeded, applied.Summary);
        return await Kubectl.NeedAsync(stop, "get", "pod", name, "-o", "jsonpath={.metadata.uid}");
    }

    /// <summary>Waits for the firewall that the orchestrator wants on a node, and runs it.</summary>
    internal async Task StartFirewallAsync(TestNode node, CancellationToken stop)
    {
        JsonNode? pod = null;
        await LocalCluster.UntilAsync(Controller, async () =>
        {
            var pods = await Kubectl.RunAsync(stop, "get", "pods", "-n", "demilune-system", "-o", "json");
            pod = !pods.Succeeded ? null : JsonNode.Parse(pods.Output)!["items"]!.AsArray().FirstOrDefault(one => one!["spec"]!["nodeName"]?.GetValue<string>() == node.Name);
            return pod is not null;
        }, stop);
        var (name, uid) = (pod!["metadata"]!["name"]!.GetValue<string>(), pod["metadata"]!["uid"]!.GetValue<string>());
        await node.AddFirewallAsync(name, uid, stop);
        await Kubectl.NeedAsync(stop, "patch", "pod", name, "-n", "demilune-system", "--subresource=status", "--type=merge", "-p",
            $$"""{"status":{"phase":"Running","startTime":"{{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ssZ}}"} }""");
    }
}
