using System.Collections.Immutable;
using Demilune.Policy.Model;
using Demilune.Raven.Facts;

namespace Demilune.Bench.Policies;

/// <summary>
/// Namespaces of 50 pods with 10 policies each. A policy selects a tenth of its namespace, and names peers by label in its own namespace (at a named
/// port) and in the ten namespaces of one team: so what a pod has to do with is the same in any size of cluster.
/// </summary>
internal sealed class SyntheticCluster
{
    public const int PodsPerNamespace = 50, PoliciesPerNamespace = 10, PodsPerNode = 100, NamespacesPerTeam = 10;

    private readonly int _teams;

    public SyntheticCluster(int pods)
    {
        Spaces = Math.Max(1, pods / PodsPerNamespace);
        _teams = Math.Max(2, Spaces / NamespacesPerTeam);
        Pods = [.. Enumerable.Range(0, pods).Select(Pod)];
        Policies = [.. from space in Enumerable.Range(0, Spaces) from policy in Enumerable.Range(0, PoliciesPerNamespace) select Policy(space, policy, 8080)];
    }

    public int Spaces { get; }

    public List<Pod> Pods { get; }

    public List<NetworkPolicy> Policies { get; }

    public IEnumerable<(string Name, ImmutableDictionary<string, string> Labels)> Namespaces => Enumerable.Range(0, Spaces).Select(space => ($"ns{space}", Team(space, space / NamespacesPerTeam)));

    public ImmutableDictionary<string, string> Team(int space, int team) => Labels(("team", $"t{team % _teams}"), ("kubernetes.io/metadata.name", $"ns{space}"));

    public Pod Pod(int number) => new(
        $"uid{number:D6}", new Name($"ns{number % Spaces}", $"pod{number}"), Labels(("app", $"a{number / Spaces % 10}"), ("tier", number % 2 == 0 ? "front" : "back")),
        [new NamedPort("http", Protocol.Tcp, 80)]);

    public static PlacedPod Placed(Pod pod) => new(pod.Uid, pod.Name, NodeOf(pod));

    public static string NodeOf(Pod pod) => $"node{int.Parse(pod.Uid.AsSpan(3)) / PodsPerNode}";

    public NetworkPolicy Policy(int space, int number, int port) => new(
        new Name($"ns{space}", $"p{number}"), Select("app", $"a{number}"), null,
        [
            PolicyRule.Of([new PolicyPeer.Pods(null, Select("tier", "front"))], [new PolicyPort.Named(Protocol.Tcp, "http")]),
            PolicyRule.Of([new PolicyPeer.Pods(Select("team", $"t{(space + number) % _teams}"), Select("app", $"a{(number + 1) % 10}"))], [new PolicyPort.Range(Protocol.Tcp, (ushort)port, (ushort)(port + 10))]),
        ], []);

    public static LabelSelector Select(string label, string value) => new([new LabelRequirement(label, LabelOperator.In, [value])]);

    public static ImmutableDictionary<string, string> Labels(params (string Key, string Value)[] labels) => labels.ToImmutableDictionary(label => label.Key, label => label.Value);
}
