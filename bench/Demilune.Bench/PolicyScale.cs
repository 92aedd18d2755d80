using System.Collections.Immutable;
using System.Diagnostics;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Bench;

/// <summary>What compiling policies costs: namespaces of 50 pods with 10 policies each, which select by label and name peers in their own and in other namespaces.</summary>
internal static class PolicyScale
{
    private const int PodsPerNamespace = 50, PoliciesPerNamespace = 10, Rounds = 5;

    public static int Run(IEnumerable<int> sizes)
    {
        Console.WriteLine($"{"pods",8} {"namespaces",10} {"policies",8} {"compile ms",10} {"allocated MB",12} {"intent MB",10}");
        foreach (var pods in sizes)
        {
            var cluster = Cluster(pods);
            PolicyCompiler.Compile(cluster);
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var (times, allocated) = (new List<double>(), GC.GetAllocatedBytesForCurrentThread());
            ClusterIntent? intent = null;
            for (var round = 0; round < Rounds; round++)
            {
                var started = Stopwatch.GetTimestamp();
                intent = PolicyCompiler.Compile(cluster);
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
            allocated = (GC.GetAllocatedBytesForCurrentThread() - allocated) / Rounds;
            var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
            Console.WriteLine($"{pods,8} {cluster.Namespaces.Count,10} {cluster.Policies.Length,8} {times.Order().ElementAt(Rounds / 2),10:0.0} {allocated / 1e6,12:0.0} {kept / 1e6,10:0.0}");
            GC.KeepAlive(intent);
        }
        return 0;
    }

    private static Cluster Cluster(int pods)
    {
        var spaces = Math.Max(1, pods / PodsPerNamespace);
        return new Cluster(
            Enumerable.Range(0, spaces).ToImmutableDictionary(space => $"ns{space}", space => Labels(("team", $"t{space % 20}"))),
            [.. Enumerable.Range(0, pods).Select(pod => new Pod(
                $"uid{pod:D6}", new Name($"ns{pod % spaces}", $"pod{pod}"), Labels(("app", $"a{pod / spaces % 10}"), ("tier", pod % 2 == 0 ? "front" : "back")), [new NamedPort("http", Protocol.Tcp, 80)]))],
            [.. from space in Enumerable.Range(0, spaces)
                from policy in Enumerable.Range(0, PoliciesPerNamespace)
                select new NetworkPolicy(
                    new Name($"ns{space}", $"p{policy}"), Select("app", $"a{policy}"), null,
                    [
                        PolicyRule.Of([new PolicyPeer.Pods(null, Select("tier", "front"))], [new PolicyPort.Named(Protocol.Tcp, "http")]),
                        PolicyRule.Of([new PolicyPeer.Pods(Select("team", $"t{(space + policy) % 20}"), Select("app", $"a{(policy + 1) % 10}"))], [new PolicyPort.Range(Protocol.Tcp, 8080, 8090)]),
                    ], [])]);
    }

    private static LabelSelector Select(string label, string value) => new([new LabelRequirement(label, LabelOperator.In, [value])]);

    private static ImmutableDictionary<string, string> Labels(params (string Key, string Value)[] labels) => labels.ToImmutableDictionary(label => label.Key, label => label.Value);
}
