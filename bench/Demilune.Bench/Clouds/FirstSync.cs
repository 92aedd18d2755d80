using System.Diagnostics;
using Demilune.Bench.Policies;
using Demilune.EndToEnd.Tests.Policies;
using Demilune.Neutron;
using Demilune.Raven;
using Demilune.Raven.Applying;
using Demilune.Sdn;

namespace Demilune.Bench.Clouds;

/// <summary>All of a cluster brought onto an empty network, and found there again: time, memory, and requests beside one for each object.</summary>
internal static class FirstSync
{
    public static async Task<int> RunAsync(int pods, int policies)
    {
        var directory = Directory.CreateTempSubdirectory("demilune-bench");
        try
        {
            using var network = VirtualNetwork.Open(Path.Combine(directory.FullName, "network.db"), TimeProvider.System);
            using var counting = new SlowNeutron(new DirectNeutron(network), TimeSpan.Zero, TimeSpan.Zero);
            using var http = new HttpClient(counting) { BaseAddress = new("http://localhost/") };
            var neutron = new NeutronClient(http, new NoAuth(), TimeProvider.System);
            await SyncAsync("from nothing", neutron, counting, pods, policies);
            await SyncAsync("found again", neutron, counting, pods, policies);
            return 0;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task SyncAsync(string what, INeutron neutron, SlowNeutron counting, int pods, int policies)
    {
        counting.Forget();
        var cluster = new SyntheticCluster(pods);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.StartNew();
        var raven = new Convergence(neutron, new RavenOptions());
        await raven.ReadAsync(default);
        foreach (var (name, labels) in cluster.Namespaces) raven.Compiler.SetNamespace(name, labels);
        foreach (var policy in cluster.Policies.Where((_, number) => number * (long)policies / cluster.Policies.Count != (number + 1) * (long)policies / cluster.Policies.Count))
            raven.Compiler.SetPolicy(policy.Id, policy);
        foreach (var pod in cluster.Pods)
        {
            raven.Compiler.SetPod(pod.Uid, pod);
            raven.Designer.SetPod(pod.Uid, SyntheticCluster.Placed(pod));
        }
        var operations = 0;
        await raven.RunAsync(everything: true, _ => { }, plan => operations += plan.Length, default);
        clock.Stop();
        var kept = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6;
        // A new group's own two rules go by two requests more.
        var naive = operations + (operations == 0 ? 0 : 2 * raven.Designer.Desired.SecurityGroups.Count);
        var sent = counting.Counts.Values.Sum();
        Console.WriteLine($"{what}: {raven.Designer.Desired.Ports.Count} ports, {raven.Designer.Desired.SecurityGroups.Count} groups, {raven.Designer.Desired.Rules.Values.Sum(rules => rules.Length)} rules: "
            + $"{clock.ElapsedMilliseconds} ms, {kept:0} MB kept, {sent} requests"
            + (naive > 0 ? $"; one for each thing would be {naive} ({(double)naive / sent:0.0}×)" : ""));
        Console.WriteLine("  " + string.Join(", ", counting.Counts.OrderByDescending(count => count.Value).Select(count => $"{count.Key} {count.Value}")));
        GC.KeepAlive(raven);
    }
}
