using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Namespaces;
using Demilune.Linux.Netlink;
using Demilune.Node.Datapath;

namespace Demilune.Bench;

/// <summary>
/// Two nodes in network namespaces and a cable between them: what goes between their pods by our tunnels, beside the kernel's own VXLAN with a bridge on each
/// side, which neither filters nor tracks. Taken in turns; only ratios of one run are comparable.
/// </summary>
internal static class Tunnels
{
    private const int Rounds = 5;

    public static int Run(TimeSpan each)
    {
        using Pair ours = new(new Ours()), kernel = new(new Kernel());
        Dictionary<(string Pair, string What), List<double>> figures = [];
        for (var round = 0; round < Rounds; round++)
            foreach (var pair in round % 2 == 0 ? (Pair[])[ours, kernel] : [kernel, ours])
                foreach (var (what, figure) in Measure(pair, each))
                {
                    if (!figures.TryGetValue((pair.Name, what), out var known)) figures[(pair.Name, what)] = known = [];
                    known.Add(figure);
                }
        Console.WriteLine("| | kernel VXLAN + bridge | tunnels by eBPF, filtered and tracked | ratio |\n|---|---|---|---|");
        foreach (var what in figures.Keys.Select(key => key.What).Distinct())
        {
            var (one, other) = (Median(figures[(kernel.Name, what)]), Median(figures[(ours.Name, what)]));
            Console.WriteLine($"| {what} | {one:F1} | {other:F1} | {other / one:F2} |");
        }
        return 0;
    }

    private static IEnumerable<(string What, double Figure)> Measure(Pair pair, TimeSpan each)
    {
        var (gigabits, bulk) = Stream(pair, each);
        yield return ("TCP, Gbit/s", gigabits);
        yield return ("TCP, CPU ns per KiB, both nodes and both ends", bulk);
        var (median, late, turn) = RoundTrip(pair, each);
        yield return ("round trip of a byte, median µs", median);
        yield return ("round trip of a byte, 99th percentile µs", late);
        yield return ("round trip of a byte, CPU µs", turn);
    }

    private static (double Gigabits, double NanosecondsPerKib) Stream(Pair pair, TimeSpan each)
    {
        var (client, server) = pair.Connect();
        using (client)
        using (server)
        {
            var received = 0L;
            var reader = new Thread(() =>
            {
                var buffer = new byte[1 << 18];
                for (int count; (count = server.Receive(buffer)) > 0;) received += count;
            });
            reader.Start();
            var bytes = new byte[1 << 18];
            var (watch, before) = (Stopwatch.StartNew(), Used());
            while (watch.Elapsed < each) client.Send(bytes);
            client.Shutdown(SocketShutdown.Send);
            reader.Join();
            return (received * 8 / watch.Elapsed.TotalSeconds / 1e9, (Used() - before).TotalNanoseconds / (received / 1024.0));
        }
    }

    private static (double Median, double Late, double Micros) RoundTrip(Pair pair, TimeSpan each)
    {
        var (client, server) = pair.Connect();
        using (client)
        using (server)
        {
            var echo = new Thread(() =>
            {
                var word = new byte[1];
                while (server.Receive(word) == 1) server.Send(word);
            });
            echo.Start();
            List<double> samples = new(1 << 20);
            var word = new byte[1];
            var (watch, before) = (Stopwatch.StartNew(), Used());
            while (watch.Elapsed < each)
            {
                var start = Stopwatch.GetTimestamp();
                client.Send(word);
                if (client.Receive(word) != 1) throw new IOException("the other end closed the connection");
                samples.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
            var used = Used() - before;
            client.Shutdown(SocketShutdown.Send);
            echo.Join();
            samples.Sort();
            return (samples[samples.Count / 2], samples[(int)(samples.Count * 0.99)], used.TotalMicroseconds / samples.Count);
        }
    }

    private static TimeSpan Used() => Process.GetCurrentProcess().TotalProcessorTime;

    private static double Median(List<double> figures) => figures.Order().ElementAt(figures.Count / 2);

    /// <summary>How pods get onto two nodes' network.</summary>
    private interface INetwork
    {
        string Name { get; }

        /// <param name="nodes">With an interface "uplink" each, 10.77.0.1 and 10.77.0.2.</param>
        /// <param name="pods">Empty; to get "eth0" with 10.9.0.1 and 10.9.0.2.</param>
        void SetUp(NetworkNamespace[] nodes, NetworkNamespace[] pods);

        void TearDown(NetworkNamespace[] nodes);
    }

    private sealed class Pair : IDisposable
    {
        private readonly string _directory = Path.Combine(Path.GetTempPath(), $"tunnelbench{Random.Shared.Next():x8}");
        private readonly INetwork _network;
        private readonly NetworkNamespace[] _nodes, _pods;

        public Pair(INetwork network)
        {
            _network = network;
            _nodes = [Make("a"), Make("b")];
            _pods = [Make("pod-a"), Make("pod-b")];
            _nodes[0].Run(() =>
            {
                using var netlink = new RouteNetlink();
                netlink.CreateVeth("uplink", PhysicalAddress.Parse("02:00:00:79:00:01"), "uplink", PhysicalAddress.Parse("02:00:00:79:00:02"), _nodes[1], 1500);
            });
            for (var i = 0; i < 2; i++)
                Shell(_nodes[i], $"ip link set uplink up && ip address add 10.77.0.{i + 1}/24 dev uplink && sysctl -qw net.ipv4.ip_forward=1");
            network.SetUp(_nodes, _pods);
        }

        public string Name => _network.Name;

        public (Socket Client, Socket Server) Connect()
        {
            using var listener = _pods[1].Run(() =>
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Any, 0));
                socket.Listen();
                return socket;
            });
            var client = _pods[0].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            client.Connect(IPAddress.Parse("10.9.0.2"), ((IPEndPoint)listener.LocalEndPoint!).Port);
            var server = listener.Accept();
            server.NoDelay = true;
            return (client, server);
        }

        public void Dispose()
        {
            _network.TearDown(_nodes);
            foreach (var netns in _nodes.Concat(_pods))
            {
                NetworkNamespace.Delete(netns.Path);
                netns.Dispose();
            }
            Directory.Delete(_directory, recursive: true);
        }

        private NetworkNamespace Make(string name)
        {
            var netns = NetworkNamespace.Create(Path.Combine(_directory, name));
            // bbr, the default of some machines, paces and halves every figure.
            Shell(netns, "ip link set lo up && sysctl -qw net.ipv4.tcp_congestion_control=reno");
            return netns;
        }
    }

    private sealed class Kernel : INetwork
    {
        public string Name => "kernel";

        public void SetUp(NetworkNamespace[] nodes, NetworkNamespace[] pods)
        {
            for (var i = 0; i < 2; i++)
            {
                nodes[i].Run(() =>
                {
                    using var netlink = new RouteNetlink();
                    netlink.CreateVeth("pod", PhysicalAddress.Parse($"02:00:00:79:01:0{i + 1}"), "eth0", PhysicalAddress.Parse($"02:00:00:79:02:0{i + 1}"), pods[i], 1450);
                });
                Shell(nodes[i], $"ip link add bridge type bridge && ip link add tunnel mtu 1450 type vxlan id 1 local 10.77.0.{i + 1} remote 10.77.0.{2 - i} dstport 4789 "
                    + "&& ip link set tunnel master bridge up && ip link set pod master bridge up && ip link set bridge up && sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0");
                Shell(pods[i], $"ip link set eth0 up && ip address add 10.9.0.{i + 1}/24 dev eth0");
            }
        }

        public void TearDown(NetworkNamespace[] nodes)
        {
        }
    }

    private sealed class Ours : INetwork
    {
        private readonly string _bpf = $"/sys/fs/bpf/tunnelbench{Random.Shared.Next():x8}";
        private readonly List<IDatapath> _datapaths = [];

        public string Name => "ours";

        public void SetUp(NetworkNamespace[] nodes, NetworkNamespace[] pods)
        {
            for (var i = 0; i < 2; i++)
            {
                var datapath = nodes[i].Run(() => SpliceDatapath.Open($"{_bpf}-{i}"));
                _datapaths.Add(datapath);
                NodeState state = new()
                {
                    Revision = 1,
                    Overlay = new() { Addresses = { $"10.77.0.{i + 1}" }, Port = 4789, Mtu = 1450, Prefixes = { new TunnelledPrefix { Prefix = "10.9.0.0/24", Network = 1 } } },
                    RemoteNodes = { new RemoteNode { Name = "other", Network = 1, Addresses = { $"10.77.0.{2 - i}" }, AddressSet = "other" } },
                    AddressSets = { new AddressSet { Id = "other", Prefixes = { $"10.9.0.{2 - i}/32" } } },
                    SecurityGroups = { new SecurityGroup { Id = "open", Rules = { Open(SecurityGroupRule.Types.Direction.Ingress), Open(SecurityGroupRule.Types.Direction.Egress) } } },
                    Ports = { new Port { Id = $"pod-{i}", Network = 1, Mac = $"02:00:00:79:02:0{i + 1}", Addresses = { $"10.9.0.{i + 1}" }, SecurityGroupIds = { "open" }, PortSecurity = true, AdminStateUp = true, Mtu = 1450 } },
                };
                var path = pods[i].Path;
                nodes[i].Run(() =>
                {
                    datapath.CreateInterface(new($"pod-{i}", Port.Types.Kind.Pod, path, "eth0", "pod", state.Ports[0].Mac, [.. state.Ports[0].Addresses], 1450));
                    datapath.Attach($"pod-{i}", Port.Types.Kind.Pod, "pod");
                    if (datapath.Apply(state) is { TunnelError: { } error }) throw new IOException(error);
                });
            }
        }

        public void TearDown(NetworkNamespace[] nodes)
        {
            for (var i = 0; i < 2; i++)
            {
                _datapaths[i].Dispose();
                nodes[i].Run(() => SpliceDatapath.Uninstall($"{_bpf}-{i}"));
            }
        }

        private static SecurityGroupRule Open(SecurityGroupRule.Types.Direction direction) => new() { Id = "rule", Direction = direction, Ethertype = 4 };
    }

    private static void Shell(NetworkNamespace netns, string command)
    {
        using var process = Process.Start("nsenter", [$"--net={netns.Path}", "sh", "-c", command]);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new IOException($"{command}: exit {process.ExitCode}");
    }
}
