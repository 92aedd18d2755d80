using System.Collections.Immutable;
using System.Globalization;
using System.Net.Sockets;
using Demilune.Cli.Policies.Cases;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;
using Demilune.Neutron;
using Demilune.Node.Datapath;
using Demilune.Node.Observation;
using Demilune.Policy.Addresses;
using Demilune.Policy.Model;
using Demilune.Raven;
using Demilune.Raven.Applying;
using Demilune.Raven.Facts;
using Demilune.Sdn;
using Port = Demilune.Contracts.Nodes.Port;

namespace Demilune.EndToEnd.Tests.Policies;

/// <summary>
/// All that lies between a manifest and a packet, but for the API server: compiler, designer and planner, the built-in network, the node's compiler
/// and the kernel's programs, between pods in network namespaces of their own.
/// </summary>
internal sealed class LiveCluster : IDisposable
{
    private const string NodeName = "node";

    private readonly string _name = $"policylab{Random.Shared.Next():x8}";
    private readonly string _directory;
    private readonly string _bpf;
    private readonly NetworkNamespace _host;
    private readonly IDatapath _datapath;
    private readonly VirtualNetwork _network;
    private readonly Convergence _convergence;
    private readonly HashSet<string> _namespacesTold = [];
    private readonly HashSet<PolicyId> _policiesTold = [];
    private readonly HashSet<string> _nodesTold = [];
    private readonly HashSet<string> _podsTold = [];
    private readonly HashSet<string> _judgesTold = [];
    private ImmutableArray<string> _judges = [];
    private readonly Dictionary<string, LivePod> _pods = [];
    private readonly bool _failsClosed;
    private bool _followsRequests;
    private int _namespaces;
    private uint _probes;
    private ulong _revision;
    private readonly Dictionary<(string Source, string Destination, uint Protocol, uint Port), FlowEvent> _heard = [];
    private JudgeNames _names = new(new());

    /// <param name="podNetwork">IPv4 addresses of pods. A small one gives a pod the address of one that went before it.</param>
    /// <param name="failsClosed">What is to be judged has no firewall here: it passes, and the kernel says who should have judged it; or it does not pass.</param>
    public LiveCluster(string podNetwork = "10.244.0.0/16", bool failsClosed = false)
    {
        _failsClosed = failsClosed;
        _directory = Path.Combine(Path.GetTempPath(), _name);
        Directory.CreateDirectory(_directory);
        _bpf = "/sys/fs/bpf/" + _name;
        _host = NetworkNamespace.Create(Path.Combine(_directory, "host"));
        _host.Run(() =>
        {
            using var netlink = new RouteNetlink();
            netlink.SetLink(netlink.FindLink("lo")!.Index, up: true);
        });
        _datapath = _host.Run(() => SpliceDatapath.Open(_bpf, new Dictionary<string, uint>
        {
            ["flows"] = 65536, ["opening"] = 16384, ["spliced"] = 4096, ["addresses"] = 4096, ["prefixes"] = 1024, ["rules"] = 16384, ["classes"] = 4096, ["fragments"] = 256,
        }));
        _network = VirtualNetwork.Open(Path.Combine(_directory, "network.db"), TimeProvider.System);
        var neutron = new NeutronClient(new HttpClient(new DirectNeutron(_network)) { BaseAddress = new("http://localhost/") }, new NoAuth(), TimeProvider.System);
        _convergence = new Convergence(neutron, new RavenOptions
        {
            PodNetworks = [podNetwork, "fd00:244::/64"],
            Hold = () => _followsRequests ? null : _network.Hold(TimeSpan.FromMinutes(1)),
        });
    }

    /// <summary>One line for each connection that went otherwise than the case expects.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(PolicyCase one, CancellationToken cancel)
    {
        var (objects, born, failures) = (new ClusterObjects(), new Dictionary<string, int>(), new List<string>());
        foreach (var (step, number) in one.Steps.Select((step, number) => (step, number)))
        {
            foreach (var gone in step.Delete)
            {
                foreach (var pod in objects.All.Select(ClusterObjects.NameOf).Where(name => Goes(name, gone))) born[pod] = born.GetValueOrDefault(pod) + 1;
                Assert.True(objects.Delete(gone), $"there is no {gone}");
            }
            foreach (var manifest in step.Apply.Where(manifest => Manifests.Text(manifest, "kind") is "Namespace" or "Pod" or "Node"))
            {
                var applied = (System.Text.Json.Nodes.JsonObject)manifest.DeepClone();
                var name = ClusterObjects.NameOf(applied);
                if (name.StartsWith("Pod ", StringComparison.Ordinal)) applied["metadata"]!["uid"] = $"{name[4..]}#{born.GetValueOrDefault(name)}";
                objects.Apply(applied);
            }
            await ConvergeAsync(objects, cancel);
            foreach (var manifest in step.Apply.Where(manifest => Manifests.Text(manifest, "kind") is not ("Namespace" or "Pod" or "Node")))
                objects.Apply(objects.Filled(manifest));
            await ConvergeAsync(objects, cancel);
            foreach (var question in step.Expected.GroupBy(expected => (expected.Protocol, expected.Port)))
                foreach (var v6 in new[] { false, true })
                    failures.AddRange((await AskAsync([.. question.Where(expected => v6 ? expected.V6 : expected.V4)], v6, objects, cancel)).Select(failure => $"step {number}: {failure}"));
        }
        return failures;

        static bool Goes(string name, string gone) => name.StartsWith("Pod ", StringComparison.Ordinal)
            && (name == gone || (gone.StartsWith("Namespace ", StringComparison.Ordinal) && name.StartsWith($"Pod {gone["Namespace ".Length..]}/", StringComparison.Ordinal)));
    }

    public void Dispose()
    {
        foreach (var pod in _pods.Values.ToList()) Remove(pod);
        _datapath.Dispose();
        SpliceDatapath.Uninstall(_bpf);
        _network.Dispose();
        NetworkNamespace.Delete(_host.Path);
        _host.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<List<string>> AskAsync(List<Expectation> expected, bool v6, ClusterObjects objects, CancellationToken cancel)
    {
        // What is to be judged has no firewall here, and policies that fail open: it passes, and the kernel says who should have judged it.
        var asked = expected.Where(one => one.From != one.To).Select(one => (
            Expected: one, From: PodOf(one.From, objects), To: PodOf(one.To, objects), Passes: one.Fate != Fate.Denied, Probe: ++_probes))
            .Where(one => one.From is not null && one.To is not null).ToList();
        var done = asked.Select(one => one.Expected.Protocol == Protocol.Tcp ? ConnectAsync(one.From!, one.To!, v6, one.Expected.Port, cancel) : null).ToList();
        for (var i = 0; i < asked.Count; i++)
            if (done[i] is null) asked[i].From!.Send(asked[i].Expected.Protocol, asked[i].To!.Address(v6), asked[i].Expected.Port, asked[i].Probe);
        bool Passed(int i) => done[i] is { } connected
            ? connected.IsCompletedSuccessfully && connected.Result
            : asked[i].To!.HasArrived(asked[i].Expected.Protocol, asked[i].Expected.Port, asked[i].Probe);

        // Generous to what should pass, then a moment for what should not.
        for (var waited = 0; waited < 600 && Enumerable.Range(0, asked.Count).Any(i => asked[i].Passes && !Passed(i)); waited++) await Task.Delay(25, cancel);
        await Task.Delay(80, cancel);
        HearKernel();
        // The kernel tells of new flows only: a port that the opener had before may have gone on with an old one.
        for (var again = 0; again < 3; again++)
        {
            foreach (var one in asked.Where(one => one.Expected is { Fate: Fate.Inspected, Protocol: Protocol.Tcp } && Heard(one.Expected, one.From!.Address(v6), one.To!.Address(v6)) is null))
                await ConnectAsync(one.From!, one.To!, v6, one.Expected.Port, cancel);
            HearKernel();
        }
        return
        [
            .. Enumerable.Range(0, asked.Count).Where(Passed).Select(i => Misjudged(asked[i].Expected, asked[i].From!.Address(v6), asked[i].To!.Address(v6))).OfType<string>(),
            .. Enumerable.Range(0, asked.Count).Where(i => Passed(i) != asked[i].Passes).Select(i =>
                $"{asked[i].Expected.From} → {asked[i].Expected.To} {asked[i].Expected.Protocol}/{asked[i].Expected.Port} {(v6 ? "IPv6" : "IPv4")}: expected {asked[i].Expected.Fate}, {(Passed(i) ? "passed" : "did not pass")}"),
        ];
    }

    /// <summary>Takes what the kernel told of flows: the last word on each pair and port.</summary>
    private void HearKernel()
    {
        for (var heard = -1; heard != 0;)
        {
            var events = _datapath.DrainEvents(10_000);
            Assert.Equal(0ul, events.Lost);
            heard = events.Events.Count;
            foreach (var told in events.Events)
            {
                if (told.Kind != FlowEvent.Types.Kind.New || told.Verdict == FlowEvent.Types.Verdict.Denied) continue;
                _names.AddTo(told);
                _heard[(told.Source, told.Destination, told.Protocol, told.DestinationPort)] = told;
            }
        }
    }

    private FlowEvent? Heard(Expectation expected, System.Net.IPAddress from, System.Net.IPAddress to) =>
        _heard.GetValueOrDefault((from.ToString(), to.ToString(), (uint)expected.Protocol, expected.Port));

    /// <returns>Null: whoever should judge it does.</returns>
    private string? Misjudged(Expectation expected, System.Net.IPAddress from, System.Net.IPAddress to)
    {
        if (Heard(expected, from, to) is not { } told) return expected is { Fate: Fate.Inspected, Protocol: Protocol.Tcp } ? $"{expected.From} → {expected.To}: the kernel told nothing of it" : null;
        var by = string.Join(", ", told.Policies.Order(StringComparer.Ordinal));
        var shadows = string.Join(", ", told.Shadows.Order(StringComparer.Ordinal));
        var isSpliced = told.Verdict == FlowEvent.Types.Verdict.Open;
        var isRight = (expected.Fate == Fate.Inspected) == by.Length > 0 && isSpliced == (by.Length + shadows.Length > 0)
            && (expected.By is null || by == string.Join(", ", expected.By)) && (expected.Shadows is null || shadows == string.Join(", ", expected.Shadows));
        return isRight ? null : $"{expected.From} → {expected.To} {expected.Protocol}/{expected.Port}: judged by [{by}], shadows [{shadows}], verdict {told.Verdict}";
    }

    private async Task<bool> ConnectAsync(LivePod from, LivePod to, bool v6, ushort port, CancellationToken cancel)
    {
        var address = to.Address(v6);
        using var socket = from.Netns.Run(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        try
        {
            await socket.ConnectAsync(address, port, limit.Token);
            return true;
        }
        catch (SocketException)
        {
            // Nobody listens there: the packet arrived, and so did the refusal.
            return port is not (80 or 81 or 82);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <returns>Null: it is outside of the cluster, or on its node's own network; that is asked of the compiler only.</returns>
    private LivePod? PodOf(string name, ClusterObjects objects) =>
        objects.All.FirstOrDefault(manifest => ClusterObjects.NameOf(manifest) == $"Pod {name}") is { } manifest && Manifests.Text(manifest, "spec", "hostNetwork") != "true"
            ? _pods[Manifests.Text(manifest, "metadata", "uid")!]
            : null;

    /// <summary>The pod as it runs.</summary>
    public LivePod Pod(string uid) => _pods[uid];

    /// <summary>Makes the network that of <paramref name="cluster"/>.</summary>
    /// <param name="byRequests">The kernel follows each single request to the network, as with a Neutron elsewhere; else it sees all of them as one change.</param>
    public async Task ConvergeAsync(Cluster cluster, bool byRequests, CancellationToken cancel)
    {
        _followsRequests = byRequests;
        var isNew = _revision == 0;
        if (isNew) await _convergence.ReadAsync(cancel);
        Tell(_namespacesTold, cluster.Namespaces, _convergence.Compiler.SetNamespace);
        Tell(_nodesTold, cluster.Nodes.ToDictionary(node => node.Name), _convergence.Compiler.SetNode);
        Tell(_policiesTold, cluster.Policies.ToDictionary(policy => policy.Id), _convergence.Compiler.SetPolicy);
        _judges = [.. cluster.Policies.SelectMany(policy => policy.Ingress.Concat(policy.Egress).SelectMany(rule => new[] { rule.SecurityPolicy, rule.ShadowSecurityPolicy })
            .Append(policy.SecurityPolicy).Append(policy.ShadowSecurityPolicy)).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        Tell(_judgesTold, _judges.Select((name, index) => new Demilune.Raven.Facts.Inspection(name, index + 2, "default", Prevents: true, FailsClosed: _failsClosed)).ToDictionary(one => one.SecurityPolicy),
            _convergence.Designer.SetInspection);
        Tell(_podsTold, cluster.Pods.ToDictionary(pod => pod.Uid), (uid, pod) =>
        {
            _convergence.Compiler.SetPod(uid, pod);
            _convergence.Designer.SetPod(uid, pod is null ? null : new PlacedPod(uid, pod.Name, NodeName));
        });
        _network.Changed += EnforceNow;
        try
        {
            await _convergence.RunAsync(isNew, _ => { }, _ => { }, cancel);
        }
        finally
        {
            _network.Changed -= EnforceNow;
        }
        Enforce();

        void EnforceNow(IReadOnlySet<string>? concerned) => Enforce();

        static void Tell<TKey, TValue>(HashSet<TKey> told, IReadOnlyDictionary<TKey, TValue> now, Action<TKey, TValue?> tell)
            where TValue : class
        {
            foreach (var gone in told.Where(key => !now.ContainsKey(key)).ToList())
            {
                tell(gone, null);
                told.Remove(gone);
            }
            foreach (var (key, value) in now)
            {
                tell(key, value);
                told.Add(key);
            }
        }
    }

    private async Task ConvergeAsync(ClusterObjects objects, CancellationToken cancel)
    {
        var cluster = objects.ToCluster();
        await ConvergeAsync(cluster, byRequests: false, cancel);
        foreach (var pod in cluster.Pods)
            objects.Place(pod.Name.ToString(), Parsed(_pods[pod.Uid].Address(false)), Parsed(_pods[pod.Uid].Address(true)));
    }

    /// <summary>Makes the kernel judge by the network as it is.</summary>
    private void Enforce()
    {
        var state = _network.Compose(NodeName, new NodeSupplement([], [.. _judges.Select((name, index) => new SecurityPolicy
        {
            Name = name, Tag = (uint)index + 2, Firewalls = { "default" }, OnFailure = _failsClosed ? SecurityPolicy.Types.OnFailure.Closed : SecurityPolicy.Types.OnFailure.Open,
        })], PodDirectory.Empty));
        state.Revision = ++_revision;
        var wanted = state.Ports.ToDictionary(port => port.DeviceId);
        foreach (var gone in _pods.Where(pod => !wanted.TryGetValue(pod.Key, out var port) || port.Id != pod.Value.Plan.PortId).ToList())
        {
            Remove(gone.Value);
            _pods.Remove(gone.Key);
        }
        foreach (var (uid, port) in wanted)
            if (!_pods.ContainsKey(uid)) _pods[uid] = Add(port);
        var outcome = _host.Run(() => _datapath.Apply(state));
        Assert.Empty(outcome.PortErrors);
        HearKernel();
        _heard.Clear();
        state.Combinations.AddRange(outcome.Combinations);
        _names = new(state);
    }

    private static Prefix Parsed(System.Net.IPAddress address) =>
        Prefix.TryParse(address.ToString(), out var prefix) ? prefix : throw new InvalidOperationException($"{address} is no address");

    private LivePod Add(Port port)
    {
        var number = ++_namespaces;
        var netns = NetworkNamespace.Create(Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"pod{number}")));
        var plan = new InterfacePlan(
            port.Id, Port.Types.Kind.Pod, netns.Path, "eth0", string.Create(CultureInfo.InvariantCulture, $"lp{_name[^6..]}{number:x4}"), port.Mac, [.. port.Addresses], (int)port.Mtu);
        _host.Run(() => _datapath.CreateInterface(plan));
        _host.Run(() => _datapath.Attach(plan.PortId, plan.Kind, plan.HostName));
        return new LivePod(netns, plan);
    }

    private void Remove(LivePod pod)
    {
        pod.Dispose();
        _host.Run(() => _datapath.Remove(pod.Plan.PortId, pod.Plan.HostName));
        NetworkNamespace.Delete(pod.Netns.Path);
        pod.Netns.Dispose();
    }
}
