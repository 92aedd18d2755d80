using System.Globalization;
using System.Text.Json.Nodes;

namespace Demilune.Cli.Cluster;

/// <summary>The local cluster as its four processes: brought up in order, taken down without a trace.</summary>
public sealed class LocalCluster : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    public LocalCluster(ClusterLayout layout)
    {
        Layout = layout;
        Kubectl = new(layout.Kubeconfig);
        Local = new("demilune-local", layout.Program("Demilune.Local", "demilune-local"),
        [
            "--directory", layout.Directory, "--run-directory", layout.RunDirectory, "--cni-config", layout.CniConfig,
            "--cni-bin", Path.Combine(layout.Programs, "Demilune.Cni"), "--image-directory", layout.Images,
            "--port", Number(layout.ApiPort), "--node", layout.Node, .. layout.RealTime ? (string[])["--real-time"] : [],
        ], layout);
        Controller = NewController("demilune-controller", layout);
        Agent = new("demilune-node", layout.Program("Demilune.Node", "demilune-node"),
        [
            "--node", layout.Node, "--node-link-directory", layout.NodeLinkOf(layout.Node),
            "--controller", $"https://127.0.0.1:{layout.LinkPort}{(layout.StandbyLinkPort is { } standby ? $",https://127.0.0.1:{standby}" : "")}",
            "--run-directory", layout.RunDirectory, "--bpf-directory", layout.BpfDirectory,
            "--seccomp-directory", Path.Combine(layout.Directory, "seccomp"),
        ], layout);
    }

    public ClusterLayout Layout { get; }

    public Kubectl Kubectl { get; }

    /// <summary>The Kubernetes API and the node that runs pods.</summary>
    public ClusterProcess Local { get; }

    /// <summary>Raven, orchestrator, network.</summary>
    public ClusterProcess Controller { get; }

    /// <summary>The node agent.</summary>
    public ClusterProcess Agent { get; }

    private IEnumerable<ClusterProcess> Processes => [Local, Controller, Agent];

    /// <summary>A controller of the cluster, not started.</summary>
    /// <param name="name">Of the process, and of its folder for what is its own.</param>
    /// <param name="layout">The cluster's, with ports of its own.</param>
    public static ClusterProcess NewController(string name, ClusterLayout layout) => new(name, layout.Program("Demilune.Controller", "demilune-controller"),
    [
        "--kubeconfig", layout.Kubeconfig, "--data-directory", Path.Combine(layout.Directory, name), "--cluster-name", "local",
        "--node-link-directory", layout.NodeLink, "--node-tokens", layout.Node, "--agent-run-directory", layout.RunDirectory, "--link-port", Number(layout.LinkPort),
        "--rest-port", Number(layout.RestPort), "--neutron-port", Number(layout.NeutronPort), "--console-port", Number(layout.ConsolePort),
        .. layout.PodNetwork4 is { } four ? (string[])["--pod-network-v4", four] : [],
        .. layout.PodNetwork6 is { } six ? (string[])["--pod-network-v6", six] : [],
        .. layout.Etcd is { } etcd ? (string[])["--etcd-endpoints", etcd.GetLeftPart(UriPartial.Authority)] : [],
    ], layout);

    /// <param name="progress">Told before each step.</param>
    /// <exception cref="ClusterException">A process did not come up; the message has its last words.</exception>
    public async Task UpAsync(Action<string> progress, CancellationToken stop)
    {
        if (Leftovers.Exist(Layout))
        {
            progress("cleaning up after an earlier start that did not end cleanly");
            await RemoveTracesAsync(stop);
        }

        Directory.CreateDirectory(Layout.Images);
        Directory.CreateDirectory(Layout.CniConfig);
        await File.WriteAllTextAsync(Path.Combine(Layout.CniConfig, "10-demilune.conflist"), CniConfiguration(), stop);
        progress("writing the firewall's image");
        await BuildImageAsync(stop);

        progress("starting the Kubernetes API and the container node");
        Local.Start();
        await UntilAsync(Local, async () =>
            File.Exists(Layout.Kubeconfig) && (await Kubectl.RunAsync(TimeSpan.FromSeconds(5), stop, "get", "--raw", "/readyz")).Succeeded, stop);
        progress("starting the controller (Raven, orchestrator, network)");
        Controller.Start();
        await UntilAsync(Controller, () => ControllerIsReadyAsync(stop), stop);
        progress("starting the node agent");
        Agent.Start();
        await UntilAsync(Agent, () => Task.FromResult(File.Exists(Layout.CniSocket)), stop);
        progress("waiting for the node to be Ready");
        await UntilAsync(Local, async () => (await Kubectl.RunAsync(
            TimeSpan.FromSeconds(30), stop, "wait", "--for=condition=Ready", "--timeout=20s", $"node/{Layout.Node}")).Succeeded, stop);
    }

    /// <summary>Ends everything, removes everything.</summary>
    public async Task DownAsync(Action<string> progress)
    {
        progress("stopping the controller and the node agent");
        await Task.WhenAll(Controller.StopAsync(StopGrace), Agent.StopAsync(StopGrace));
        progress("stopping pods and the Kubernetes API");
        await Local.StopAsync(StopGrace);
        await RemoveTracesAsync(CancellationToken.None);
        var left = Leftovers.Find(Layout);
        progress(left.Count == 0
            ? "nothing is left: no process, container, namespace, interface, mount or pinned map"
            : $"LEFT BEHIND: {string.Join(", ", left)}");
    }

    public async ValueTask DisposeAsync() => await DownAsync(_ => { });

    /// <exception cref="ClusterException">It was not so within a minute, or the process ended.</exception>
    public static async Task UntilAsync(ClusterProcess process, Func<Task<bool>> condition, CancellationToken stop)
    {
        var started = Environment.TickCount64;
        while (!await condition())
        {
            if (!process.IsRunning) throw new ClusterException($"{process.Name} ended. Its last words ({process.LogFile}):\n{process.LastWords()}");
            if (Environment.TickCount64 - started > StartLimit.TotalMilliseconds)
                throw new ClusterException($"{process.Name} is not ready after {StartLimit.TotalSeconds:0} s. Its last words ({process.LogFile}):\n{process.LastWords()}");
            await Task.Delay(100, stop);
        }
    }

    /// <summary>True once the controller has synced with Kubernetes and the network.</summary>
    public Task<bool> ControllerIsReadyAsync(CancellationToken stop) => RespondsAsync(new Uri(Layout.Rest, "/readyz"), stop);

    /// <summary>Asks the network of the built-in SDN, as any Neutron client would.</summary>
    public async Task<JsonArray> NetworkAsync(string collection, string member, CancellationToken stop)
    {
        using var client = new HttpClient { BaseAddress = Layout.Neutron };
        return JsonNode.Parse(await client.GetStringAsync(new Uri($"/v2.0/{collection}", UriKind.Relative), stop))![member]!.AsArray();
    }

    private async Task BuildImageAsync(CancellationToken stop)
    {
        await BuildImageAsync("firewall", [], stop);
        if (Layout.Suricata is { } root) await BuildImageAsync("suricata", ["--suricata", root], stop);
    }

    private async Task BuildImageAsync(string name, string[] extra, CancellationToken stop)
    {
        var outcome = await Shell.RunAsync(
            Layout.Program("Demilune.Local", "demilune-local"),
            ["image", name, "--from", Path.Combine(Layout.Programs, "Demilune.Firewall"), "--rules", Layout.Rules, .. extra, "--output", Path.Combine(Layout.Images, name)],
            TimeSpan.FromMinutes(2), stop);
        if (!outcome.Succeeded) throw new ClusterException($"the image {name} could not be written: {outcome.Summary}");
    }

    private async Task RemoveTracesAsync(CancellationToken stop)
    {
        foreach (var process in Processes) process.EndLeftover();
        // The node of containers first: it ends the processes that live in the namespaces.
        string[][] uninstallers =
        [
            [Layout.Program("Demilune.Local", "demilune-local"), "--uninstall", "--directory", Layout.Directory, "--run-directory", Layout.RunDirectory],
            [Layout.Program("Demilune.Node", "demilune-node"), "--uninstall", "--run-directory", Layout.RunDirectory, "--bpf-directory", Layout.BpfDirectory],
        ];
        foreach (var uninstaller in uninstallers)
        {
            var outcome = await Shell.RunAsync(uninstaller[0], uninstaller[1..], TimeSpan.FromMinutes(1), stop);
            if (!outcome.Succeeded) throw new ClusterException($"{string.Join(' ', uninstaller)}: {outcome.Summary}");
        }

        if (Directory.Exists(Layout.Directory)) Directory.Delete(Layout.Directory, recursive: true);
        if (Directory.Exists(Layout.RunDirectory)) Directory.Delete(Layout.RunDirectory, recursive: true);
    }

    private string CniConfiguration() => new JsonObject
    {
        ["cniVersion"] = "1.1.0",
        ["name"] = "demilune",
        ["plugins"] = new JsonArray(new JsonObject { ["type"] = "demilune-cni", ["agentSocket"] = Layout.CniSocket }),
    }.ToJsonString();

    private static async Task<bool> RespondsAsync(Uri address, CancellationToken stop)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            using var response = await client.GetAsync(address, stop);
            return response.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
