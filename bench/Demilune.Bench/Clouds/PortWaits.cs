using System.Collections.Concurrent;
using System.Diagnostics;
using Demilune.Bench.Policies;
using Demilune.EndToEnd.Tests.Policies;
using Demilune.Neutron;
using Demilune.Raven;
using Demilune.Raven.Applying;
using Demilune.Sdn;
using NodeSupplement = Demilune.Contracts.Nodes.NodeSupplement;

namespace Demilune.Bench.Clouds;

/// <summary>
/// How long CNI ADD waits for its port in a cloud that takes its time: the controller's loop with its real pauses, client and built-in network, and
/// between them a delay. Left out: the API server, the node link, and the 20 to 40 ms in which a node makes the interface.
/// </summary>
internal static class PortWaits
{
    private const string Node = "node0";

    private static readonly int[] s_bursts = [1, 20, 100];

    public static async Task<int> RunAsync(TimeSpan perPort, TimeSpan perChange)
    {
        Console.WriteLine($"A port takes {perPort.TotalSeconds:0.0} s to make, {perChange.TotalSeconds:0.0} s to change.");
        Console.WriteLine("| pods at once | pool | pods/s | ADD waits p50 s | p99 s | p50 of none / pool |");
        Console.WriteLine("|---|---|---|---|---|---|");
        await MeasureAsync(10, pool: 10, TimeSpan.Zero, TimeSpan.Zero);     // the first time everything is compiled
        foreach (var pods in s_bursts)
        {
            var none = await MeasureAsync(pods, pool: 0, perPort, perChange);
            Print(pods, "none", none, "");
            var pool = await MeasureAsync(pods, pool: 100, perPort, perChange);
            Print(pods, "100", pool, $"{none[none.Count / 2] / pool[pool.Count / 2]:0.0}×");
        }
        return 0;
    }

    private static void Print(int pods, string pool, List<double> waits, string ratio) =>
        Console.WriteLine($"| {pods} | {pool} | {pods / waits[^1]:0.0} | {waits[waits.Count / 2]:0.00} | {waits[(waits.Count * 99 - 1) / 100]:0.00} | {ratio} |");

    /// <returns>Seconds, sorted.</returns>
    private static async Task<List<double>> MeasureAsync(int pods, int pool, TimeSpan perPort, TimeSpan perChange)
    {
        var directory = Directory.CreateTempSubdirectory("demilune-bench");
        try
        {
            using var network = VirtualNetwork.Open(Path.Combine(directory.FullName, "network.db"), TimeProvider.System);
            using var slow = new SlowNeutron(new DirectNeutron(network), perPort, perChange);
            using var http = new HttpClient(slow) { BaseAddress = new("http://localhost/") };
            var options = new RavenOptions { SlowPorts = true, LeastSparePorts = pool / 2, MostSparePorts = pool };
            var raven = new Convergence(new NodeSteered(new NeutronClient(http, new NoAuth(), TimeProvider.System)), options);
            return await MeasureAsync(raven, options, slow, new SyntheticCluster(200), pods);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task<List<double>> MeasureAsync(Convergence raven, RavenOptions options, SlowNeutron slow, SyntheticCluster cluster, int pods)
    {
        await raven.ReadAsync(default);
        foreach (var (name, labels) in cluster.Namespaces) raven.Compiler.SetNamespace(name, labels);
        foreach (var policy in cluster.Policies) raven.Compiler.SetPolicy(policy.Id, policy);
        using var noted = new SemaphoreSlim(0);
        raven.Noted = () => noted.Release();
        // The groups are there, and the pool is full.
        await raven.RunAsync(everything: true, _ => { }, _ => { }, default);
        while (!raven.IsSettled || raven.Snapshot.All<Port>().Count() < options.MostSparePorts)
        {
            await noted.WaitAsync();
            await raven.RunAsync(everything: false, _ => { }, _ => { }, default);
        }
        slow.IsSlow = true;
        var reflected = new ReflectedNetwork();
        var (waiting, waits) = (new HashSet<string>(), new ConcurrentBag<double>());
        var started = Stopwatch.GetTimestamp();
        foreach (var pod in Enumerable.Range(0, pods).Select(cluster.Pod))
        {
            raven.Compiler.SetPod(pod.Uid, pod);
            raven.Designer.SetPod(pod.Uid, new(pod.Uid, pod.Name, Node));
            waiting.Add(pod.Uid);
        }
        await Task.Delay(options.Coalescing);
        while (waiting.Count > 0)
        {
            await raven.RunAsync(everything: false, _ => { }, _ => { }, default);
            reflected.Reflect(raven.Snapshot.Everything.Where(resource => resource is not Port { DeviceOwner: DeviceOwners.Spare }));
            foreach (var port in reflected.Compose(Node, NodeSupplement.Empty)!.Ports)
                if (waiting.Remove(port.DeviceId)) waits.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            if (waiting.Count > 0) await noted.WaitAsync();
        }
        slow.IsSlow = false;
        await raven.FinishAsync();
        return [.. waits.Order()];
    }
}
