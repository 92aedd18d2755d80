using System.Collections.Concurrent;
using System.Diagnostics;
using Demilune.Contracts.Nodes;
using Demilune.EndToEnd.Tests.Policies;
using Demilune.Linux.Bpf;
using Demilune.Neutron;
using Demilune.Node.Splice;
using Demilune.Node.Splice.Compile;
using Demilune.Raven;
using Demilune.Raven.Applying;
using Demilune.Sdn;
using Google.Protobuf;
using Pod = Demilune.Policy.Model.Pod;

namespace Demilune.Bench.Policies;

/// <summary>
/// How long it takes from an event until the kernels of all nodes judge by it, while pods come and go: the controller's loop with its real pauses, the
/// built-in network with its database, states as they go over the wire, the nodes' compiler and real tables. Left out: the API server, TLS, interfaces.
/// </summary>
internal static class EnforcementLatency
{
    private static readonly TimeSpan Coalescing = new RavenOptions().Coalescing, Settle = TimeSpan.FromMilliseconds(5);

    public static async Task<int> RunAsync(int pods, int eventsPerSecond, int seconds)
    {
        var directory = Directory.CreateTempSubdirectory("demilune-bench").FullName;
        using var network = VirtualNetwork.Open(Path.Combine(directory, "network.db"), TimeProvider.System);
        var neutron = new NeutronClient(new HttpClient(new DirectNeutron(network)) { BaseAddress = new("http://localhost/") }, new NoAuth(), TimeProvider.System);
        var raven = new Convergence(neutron, new RavenOptions());
        await raven.ReadAsync(default);
        var cluster = new SyntheticCluster(pods);
        foreach (var (name, labels) in cluster.Namespaces) raven.Compiler.SetNamespace(name, labels);
        foreach (var pod in cluster.Pods) Set(pod);
        foreach (var policy in cluster.Policies) raven.Compiler.SetPolicy(policy.Id, policy);
        var first = Stopwatch.StartNew();
        await raven.RunAsync(everything: true, _ => { }, _ => { }, default);
        Console.WriteLine($"{pods} pods, {cluster.Policies.Count} policies: the network is there after {first.ElapsedMilliseconds} ms");

        var nodes = cluster.Pods.Select(SyntheticCluster.NodeOf).Distinct().Select(name => new NodeInMemory(name, network, directory)).ToList();
        var announced = network.State.Revision;
        network.Changed += concerned =>
        {
            foreach (var node in nodes)
                if (concerned is null || concerned.Contains(node.Name)) node.IsConcerned = true;
            Interlocked.Exchange(ref announced, network.State.Revision);
        };
        foreach (var node in nodes) node.Enforce(announced);
        foreach (var node in nodes) node.Forget();
        // One after the other, so that the process's time is the step's.
        for (var number = 0; number < 20; number++)
        {
            Set(cluster.Pod(pods + number), at: cluster);
            await raven.RunAsync(everything: false, _ => { }, _ => { }, default);
            nodes[0].Enforce(announced);
        }
        Console.WriteLine($"{nodes.Count} nodes, a state of {nodes[0].Bytes[0] / 1024} KiB each, a change of {nodes[0].Bytes.Skip(1).Average():0} bytes; one more costs, of the processor: {nodes[0].Cost()}");
        for (var number = 0; number < 20; number++) Remove(cluster.Pod(pods + number));
        await raven.RunAsync(everything: false, _ => { }, _ => { }, default);
        foreach (var node in nodes) node.Enforce(announced);

        var events = new ConcurrentQueue<(long At, Action Change)>();
        using var over = new CancellationTokenSource();
        var waiting = new ConcurrentQueue<(long At, long Revision)>();
        var latencies = new ConcurrentBag<double>();
        var controller = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                if (events.IsEmpty)
                {
                    await Task.Delay(1);
                    continue;
                }
                await Task.Delay(Coalescing);
                var taken = new List<long>();
                while (events.TryDequeue(out var one))
                {
                    one.Change();
                    taken.Add(one.At);
                }
                await raven.RunAsync(everything: false, _ => { }, _ => { }, default);
                foreach (var at in taken) waiting.Enqueue((at, network.State.Revision));
            }
        });
        var agents = nodes.Select(node => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                if (Interlocked.Read(ref announced) is var revision && revision == node.Revision)
                {
                    await Task.Delay(1);
                    continue;
                }
                if (node.IsConcerned) await Task.Delay(Settle);
                node.Enforce(Interlocked.Read(ref announced));
            }
        })).ToList();
        var observer = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                while (waiting.TryPeek(out var one) && nodes.TrueForAll(node => node.Revision >= one.Revision))
                {
                    latencies.Add(Stopwatch.GetElapsedTime(one.At).TotalMilliseconds);
                    waiting.TryDequeue(out _);
                }
                await Task.Delay(1);
            }
        });
        var clock = Stopwatch.StartNew();
        var (born, gone) = (pods, 0);
        for (var number = 0; clock.Elapsed.TotalSeconds < seconds; number++)
        {
            var pod = number % 2 == 0 ? cluster.Pod(born++ % pods + pods) : cluster.Pod(gone++ % pods + pods);
            var comes = number % 2 == 0;
            events.Enqueue((Stopwatch.GetTimestamp(), () =>
            {
                if (comes) Set(pod, at: cluster);
                else Remove(pod);
            }
            ));
            var due = TimeSpan.FromSeconds((number + 1) / (double)eventsPerSecond) - clock.Elapsed;
            if (due > TimeSpan.Zero) await Task.Delay(due);
        }
        for (var patience = 0; patience < 600 && !(events.IsEmpty && waiting.IsEmpty); patience++) await Task.Delay(50);
        await over.CancelAsync();
        await Task.WhenAll([controller, observer, .. agents]);
        var sorted = latencies.Order().ToList();
        Console.WriteLine($"{sorted.Count} events at {eventsPerSecond}/s: p50 {sorted[sorted.Count / 2]:0} ms, p99 {sorted[sorted.Count * 99 / 100]:0} ms, longest {sorted[^1]:0} ms");
        foreach (var node in nodes) node.Dispose();
        Directory.Delete(Path.Combine("/sys/fs/bpf", Path.GetFileName(directory)));
        Directory.Delete(directory, recursive: true);
        return 0;

        void Set(Pod pod, SyntheticCluster? at = null)
        {
            raven.Compiler.SetPod(pod.Uid, pod);
            var placed = SyntheticCluster.Placed(pod);
            // Those that come later run where the first ones do.
            raven.Designer.SetPod(pod.Uid, at is null ? placed : placed with { Node = SyntheticCluster.NodeOf(at.Pods[int.Parse(pod.Uid.AsSpan(3)) % pods]) });
        }

        void Remove(Pod pod)
        {
            raven.Compiler.SetPod(pod.Uid, null);
            raven.Designer.SetPod(pod.Uid, null);
        }
    }

    /// <summary>A node's agent without interfaces: they are numbers.</summary>
    private sealed class NodeInMemory : IDisposable
    {
        private readonly string _pins;
        private readonly CompilerMemory _memory = new();
        private readonly VirtualNetwork _network;
        private readonly BpfCollection _collection;
        private readonly KernelTables _tables;
        private readonly Dictionary<string, int> _interfaces = [];
        private readonly List<(double Compose, double Wire, double Compile, double Write)> _costs = [];
        private NodeState? _sent, _received;
        private long _revision;

        public NodeInMemory(string name, VirtualNetwork network, string directory)
        {
            (Name, _network) = (name, network);
            _pins = Path.Combine("/sys/fs/bpf", Path.GetFileName(directory), name);
            BpfFileSystem.Prepare(Path.GetDirectoryName(_pins)!);
            Directory.CreateDirectory(_pins);
            using var stream = typeof(KernelSplice).Assembly.GetManifestResourceStream("splice.bpf.o")!;
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            var spec = BpfObjectSpec.Parse(bytes.ToArray()).WithEntries(new Dictionary<string, uint>
            {
                ["flows"] = 1024, ["opening"] = 1024, ["spliced"] = 1024, ["addresses"] = 16_384, ["prefixes"] = 4096, ["rules"] = 65_536, ["classes"] = 4096, ["fragments"] = 256,
            });
            _collection = BpfCollection.Load(spec, _pins);
            _tables = new KernelTables(name => _collection.Maps[name], RunningPrograms.AwaitEnd);
        }

        public string Name { get; }

        /// <summary>The network has changed where it is this node's.</summary>
        public volatile bool IsConcerned = true;

        /// <summary>Of the network, as the kernel has it.</summary>
        public long Revision => Interlocked.Read(ref _revision);

        public List<int> Bytes { get; } = [];

        public void Enforce(long revision)
        {
            if (!IsConcerned)
            {
                Interlocked.Exchange(ref _revision, revision);
                return;
            }
            IsConcerned = false;
            var at = Environment.CpuUsage.TotalTime;
            var state = _network.Compose(Name, NodeSupplement.Empty);
            state.Revision = (_sent?.Revision ?? 0) + 1;
            var composed = Lap(ref at);
            var change = _sent is null ? null : NodeChanges.Between(_sent, state);
            if (_sent is null || change is not null)
            {
                var wire = change is null ? state.ToByteArray() : change.ToByteArray();
                Bytes.Add(wire.Length);
                _received = change is null ? NodeState.Parser.ParseFrom(wire) : NodeChanges.Apply(_received!, NodeChange.Parser.ParseFrom(wire));
                var sent = Lap(ref at);
                foreach (var port in _received.Ports) _interfaces.TryAdd(port.Id, _interfaces.Count + 1);
                var plan = SpliceCompiler.Compile(_received, _interfaces, memory: _memory);
                if (plan.Errors.Count > 0) throw new InvalidOperationException(plan.Errors.First().Value);
                var compiled = Lap(ref at);
                _tables.Apply(plan);
                _costs.Add((composed, sent, compiled, Lap(ref at)));
                _sent = state;
            }
            Interlocked.Exchange(ref _revision, revision);
        }

        public void Forget() => _costs.Clear();

        public string Cost()
        {
            var costs = _costs;
            return $"compose {Median(cost => cost.Compose)}, wire {Median(cost => cost.Wire)}, compile {Median(cost => cost.Compile)}, write {Median(cost => cost.Write)}";

            string Median(Func<(double Compose, double Wire, double Compile, double Write), double> part) => $"{costs.Select(part).Order().ElementAt(costs.Count / 2):0.0} ms";
        }

        public void Dispose()
        {
            _collection.Dispose();
            Directory.Delete(_pins, recursive: true);
        }

        private static double Lap(ref TimeSpan at)
        {
            var (before, now) = (at, Environment.CpuUsage.TotalTime);
            at = now;
            return (now - before).TotalMilliseconds;
        }
    }
}
