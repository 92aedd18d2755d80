using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Demilune.Cli.Cluster;
using Demilune.Contracts.Cni;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;
using Demilune.Node.Datapath;
using Demilune.Node.Gateways;

namespace Demilune.EndToEnd.Tests.Nodes;

/// <summary>
/// A node with a network stack of its own: a network namespace, an address in a data centre that knows nothing of pods, the node agent as a process, and
/// us in the place of kubelet and container runtime.
/// </summary>
internal sealed class TestNode : IAsyncDisposable
{
    /// <summary>The node whose uplink routers' gateways may be on.</summary>
    private const int Outermost = 3;

    private readonly ClusterLayout _layout;
    private readonly string _run, _bpf;
    private readonly List<IAsyncDisposable> _running = [];
    private readonly List<NetworkNamespace> _namespaces = [];

    /// <param name="number">From 1.</param>
    /// <param name="router">Between the nodes.</param>
    /// <param name="reach">Third number of the addresses by which the node reaches the controller; no other test's.</param>
    public TestNode(ClusterLayout layout, int number, NetworkNamespace router, int reach)
    {
        (_layout, Name, Address) = (layout, $"n{number}", IPAddress.Parse($"10.77.{number}.1"));
        (_run, _bpf) = (Path.Combine(layout.RunDirectory, Name), Path.Combine(layout.BpfDirectory, Name));
        using var here = NetworkNamespace.Open("/proc/self/ns/net");
        Netns = NetworkNamespace.Create(Path.Combine(layout.RunDirectory, "netns", Name));
        var controlLink = $"e2e{reach}x{number}";
        Netns.Run(() =>
        {
            using var netlink = new RouteNetlink();
            netlink.SetLink(netlink.FindLink("lo")!.Index, up: true);
            netlink.CreateVeth("uplink", Mac(1, number), Name, Mac(2, number), router, 1500);
            SetUp(netlink, "uplink", $"10.77.{number}.1", 24);
            netlink.AddRoute(netlink.FindLink("uplink")!.Index, IPAddress.Any, 0, IPAddress.Parse($"10.77.{number}.254"));
            netlink.CreateVeth("control", Mac(3, number), controlLink, Mac(4, number), here, 1500);
            SetUp(netlink, "control", $"172.29.{reach}.{4 * number + 2}", 30);
            Sysctl.Write("net/ipv4/ip_forward", "1");
            Sysctl.Write("net/ipv6/conf/all/forwarding", "1");
        });
        router.Run(() =>
        {
            using var netlink = new RouteNetlink();
            SetUp(netlink, Name, $"10.77.{number}.254", 24);
        });
        using (var netlink = new RouteNetlink()) SetUp(netlink, controlLink, $"172.29.{reach}.{4 * number + 1}", 30);
        Agent = new($"demilune-node-{Name}", "/usr/bin/nsenter",
        [
            $"--net={Netns.Path}", layout.Program("Demilune.Node", "demilune-node"), "--node", Name, "--controller", $"https://172.29.{reach}.{4 * number + 1}:{layout.LinkPort}",
            "--node-link-directory", layout.NodeLinkOf(Name), "--run-directory", _run, "--bpf-directory", _bpf,
            .. number == Outermost ? (string[])["--gateway-interface", "uplink"] : [],
        ], layout);
    }

    public string Name { get; }

    /// <summary>As Kubernetes knows it: where its tunnels end.</summary>
    public IPAddress Address { get; }

    public NetworkNamespace Netns { get; }

    public ClusterProcess Agent { get; }

    public string CniSocket => Path.Combine(_run, "cni.sock");

    /// <summary>What the agent remembers of each ADD that had no DEL yet.</summary>
    public IEnumerable<string> Attachments() => Directory.EnumerateFiles(Path.Combine(_run, "attachments"), "*.json");

    /// <summary>A sandbox with the network that the agent gives it.</summary>
    public async Task<TestPod> AddPodAsync(string @namespace, string name, string uid, CancellationToken stop)
    {
        var netns = NetworkNamespace.Create(Path.Combine(_layout.RunDirectory, "netns", $"{Name}-{name}"));
        _namespaces.Add(netns);
        var reply = await AskAsync(new("ADD", $"{name}-{uid}", netns.Path, "eth0", $"K8S_POD_NAMESPACE={@namespace};K8S_POD_NAME={name};K8S_POD_UID={uid}",
            JsonDocument.Parse("""{"cniVersion":"1.1.0","name":"demilune"}""").RootElement), stop);
        Assert.True(reply.TryGetProperty("result", out var result), $"{name} on {Name}: {reply}");
        var addresses = result.GetProperty("ips").EnumerateArray().Select(ip => IPAddress.Parse(ip.GetProperty("address").GetString()!.Split('/')[0])).ToArray();
        TestPod pod = new(name, netns, addresses);
        _running.Add(pod);
        return pod;
    }

    /// <summary>What its container would run.</summary>
    public async Task AddFirewallAsync(string name, string uid, CancellationToken stop)
    {
        var pod = await AddPodAsync("demilune-system", name, uid, stop);
        ClusterProcess engine = new(name, "/usr/bin/nsenter",
        [
            $"--net={pod.Netns.Path}", _layout.Program("Demilune.Firewall", "demilune-firewall"), "--in", "in", "--out", "out",
            "--agent", Path.Combine(_run, "firewall", name, "agent.sock"), "--rules", _layout.Rules,
        ], _layout);
        engine.Start();
        _running.Add(new Ending(engine));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_running)) await one.DisposeAsync();
        await Agent.StopAsync(TimeSpan.FromSeconds(10));
        Netns.Run(() => HostedGateways.Uninstall(Path.Combine(_run, "gateways")));
        SpliceDatapath.Uninstall(_bpf);
        foreach (var netns in _namespaces.Append(Netns))
        {
            NetworkNamespace.Delete(netns.Path);
            netns.Dispose();
        }
    }

    private async Task<JsonElement> AskAsync(CniRequest request, CancellationToken stop)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(CniSocket), stop);
        await using NetworkStream stream = new(socket);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(request, CniJson.Default.CniRequest) + "\n"), stop);
        using StreamReader reader = new(stream);
        return JsonDocument.Parse(await reader.ReadLineAsync(stop) ?? "").RootElement;
    }

    private static void SetUp(RouteNetlink netlink, string name, string address, int length)
    {
        var link = netlink.FindLink(name)!;
        netlink.SetLink(link.Index, up: true);
        netlink.AddAddress(link.Index, IPAddress.Parse(address), length);
    }

    private static PhysicalAddress Mac(int side, int number) => PhysicalAddress.Parse($"02:00:00:78:{side:x2}:{number:x2}");

    private sealed class Ending(ClusterProcess process) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await process.StopAsync(TimeSpan.FromSeconds(5));
    }
}
