using System.Diagnostics;
using Demilune.Policy.Model;
using Demilune.Raven;
using Demilune.Raven.Applying;

namespace Demilune.Bench.Policies;

/// <summary>What one event costs the controller (compile, design, plan, and note the answers of a network that answers at once), by size of the cluster.</summary>
internal static class PolicyScale
{
    private const int Rounds = 40;

    public static async Task<int> RunAsync(IEnumerable<int> sizes)
    {
        Console.WriteLine("first: all of it from nothing. Then one event, milliseconds: median (99th percentile) and requests");
        Console.WriteLine($"{"pods",6} {"spaces",6} {"policies",8} {"compile",8} {"all",8} {"MB",6} | {"pod comes",18} {"pod goes",18} {"pod's label",18} {"space's label",18} {"policy",18}");
        foreach (var pods in sizes) await RunAsync(pods);
        return 0;
    }

    private static async Task RunAsync(int pods)
    {
        var cluster = new SyntheticCluster(pods);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var neutron = new MemoryNeutron();
        var network = new Convergence(neutron, new RavenOptions());
        await network.ReadAsync(default);
        foreach (var (name, labels) in cluster.Namespaces) network.Compiler.SetNamespace(name, labels);
        foreach (var pod in cluster.Pods) Set(pod);
        foreach (var one in cluster.Policies) network.Compiler.SetPolicy(one.Id, one);
        var compile = Stopwatch.StartNew();
        Demilune.Policy.Intents.PolicyCompiler.Compile(new Cluster(cluster.Namespaces.ToDictionary(one => one.Name, one => one.Labels).ToImmutable(), [.. cluster.Pods], [.. cluster.Policies]));
        compile.Stop();
        var all = Stopwatch.StartNew();
        await network.RunAsync(everything: true, _ => { }, _ => { }, default);
        all.Stop();
        var kept = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6;

        var random = new Random(1);
        var born = pods;
        var comes = await MeasureAsync(() => Set(cluster.Pod(born++)));
        var gone = pods;
        var goes = await MeasureAsync(() => Remove(cluster.Pod(gone++)));
        var label = await MeasureAsync(() =>
        {
            var pod = cluster.Pod(random.Next(pods));
            Set(pod with { Labels = pod.Labels.SetItem("app", $"a{random.Next(10)}") });
        });
        var space = await MeasureAsync(() =>
        {
            var number = random.Next(cluster.Spaces);
            network.Compiler.SetNamespace($"ns{number}", cluster.Team(number, random.Next(1_000)));
        });
        var policy = await MeasureAsync(() =>
        {
            var changed = cluster.Policy(random.Next(cluster.Spaces), random.Next(SyntheticCluster.PoliciesPerNamespace), 1024 + random.Next(10_000));
            network.Compiler.SetPolicy(changed.Id, changed);
        });
        Console.WriteLine($"{pods,6} {cluster.Spaces,6} {cluster.Policies.Count,8} {compile.ElapsedMilliseconds,8} {all.ElapsedMilliseconds,8} {kept,6:0} | {comes,18} {goes,18} {label,18} {space,18} {policy,18}");

        void Set(Pod pod)
        {
            network.Compiler.SetPod(pod.Uid, pod);
            network.Designer.SetPod(pod.Uid, SyntheticCluster.Placed(pod));
        }

        void Remove(Pod pod)
        {
            network.Compiler.SetPod(pod.Uid, null);
            network.Designer.SetPod(pod.Uid, null);
        }

        async Task<string> MeasureAsync(Action change)
        {
            var (times, requests) = (new List<double>(), neutron.Requests);
            for (var round = 0; round < Rounds; round++)
            {
                var started = Stopwatch.GetTimestamp();
                change();
                await network.RunAsync(everything: false, _ => { }, _ => { }, default);
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
            times.Sort();
            return $"{times[Rounds / 2]:0.00} ({times[Rounds * 99 / 100]:0.0}) {(neutron.Requests - requests) / (double)Rounds:0.#}";
        }
    }

    private static System.Collections.Immutable.ImmutableDictionary<string, T> ToImmutable<T>(this Dictionary<string, T> all) =>
        System.Collections.Immutable.ImmutableDictionary.CreateRange(all);
}
