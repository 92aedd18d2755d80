using System.Collections.Immutable;
using CsCheck;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using static Demilune.Policy.Tests.Arbitrary;
using static Demilune.Policy.Tests.World;

namespace Demilune.Policy.Tests.Intents;

/// <summary>A cluster that changes comes to what the same cluster comes to from nothing.</summary>
public sealed class ClusterCompilerTests
{
    private static readonly Gen<(string, ImmutableDictionary<string, string>?)> NamespaceChanges =
        Gen.Select(Choose(Spaces), Choose("x", "y", "z", "", "gone"))
            .Select((name, label) => (name, label switch { "gone" => null, "" => Labels(), _ => Labels(("ns", label)) }));

    private static readonly Gen<(string, Pod?)> PodChanges =
        Gen.Select(Choose(Spaces), Gen.Int[0, 3], Choose(Names), Gen.Int[0, 3], Gen.Int[0, 3])
            .Select((ns, number, label, http, gone) => ($"uid-{ns}-{number}", gone == 0 ? null : new Pod(
                $"uid-{ns}-{number}", new Name(ns, $"pod{number}"), Labels(("pod", label)),
                http == 0 ? [] : [new NamedPort("http", Protocol.Tcp, (ushort)(79 + http)), new NamedPort("alt", Protocol.Tcp, 81)])));

    private static readonly Gen<(string, Node?)> NodeChanges =
        Gen.Select(Gen.Int[0, 1], Choose("a", "b", "gone")).Select((number, zone) => ($"n{number}", zone == "gone" ? null : new Node(
            $"n{number}", Labels(("zone", zone)), [new Prefix(false, 0x0a000001u + (uint)number, 32)])));

    private static readonly Gen<(PolicyId, NetworkPolicy?)> PolicyChanges =
        Gen.Select(AnyPolicy, Gen.Int[0, 3]).Select((policy, gone) => (policy.Id, gone == 0 ? null : policy));

    /// <summary>One change of one object, or a moment in which somebody asks what they have come to.</summary>
    private static readonly Gen<Action<ChangingCluster>> Changes = Gen.Frequency(
        (1, NamespaceChanges.Select(change => (Action<ChangingCluster>)(cluster => cluster.SetNamespace(change.Item1, change.Item2)))),
        (4, PodChanges.Select(change => (Action<ChangingCluster>)(cluster => cluster.SetPod(change.Item1, change.Item2)))),
        (1, NodeChanges.Select(change => (Action<ChangingCluster>)(cluster => cluster.SetNode(change.Item1, change.Item2)))),
        (3, PolicyChanges.Select(change => (Action<ChangingCluster>)(cluster => cluster.SetPolicy(change.Item1, change.Item2)))),
        (4, Gen.Const((Action<ChangingCluster>)(cluster => cluster.Settle()))));

    [Fact]
    public void Whatever_happened_on_the_way_the_same_cluster_comes_to_the_same_intent() =>
        Changes.Array[1, 40].Sample(changes =>
        {
            var cluster = new ChangingCluster();
            foreach (var change in changes) change(cluster);
            cluster.Settle();
        }, iter: 300);

    [Fact]
    public void One_pod_among_many_changes_nothing_but_what_speaks_of_it()
    {
        var compiler = new ClusterCompiler();
        var cluster = Many(namespaces: 20, podsEach: 20);
        foreach (var (name, labels) in cluster.Namespaces) compiler.SetNamespace(name, labels);
        foreach (var pod in cluster.Pods) compiler.SetPod(pod.Uid, pod);
        foreach (var policy in cluster.Policies) compiler.SetPolicy(policy.Id, policy);
        compiler.Settle();
        var changed = cluster.Pods[7] with { Labels = Labels(("pod", "other")) };
        compiler.SetPod(changed.Uid, changed);
        var changes = compiler.Settle();
        Assert.Equal([changed.Uid], changes.Pods);
        Assert.True(changes.Selectors.Count <= 2, string.Join(", ", changes.Selectors.Keys));
        Assert.Empty(changes.Policies);
    }

    private static Cluster Many(int namespaces, int podsEach) => new(
        Enumerable.Range(0, namespaces).ToImmutableDictionary(ns => $"ns{ns}", ns => Labels(("ns", $"ns{ns}"))),
        [.. from pod in Enumerable.Range(0, podsEach) from ns in Enumerable.Range(0, namespaces) select new Pod($"uid-{ns}-{pod}", new Name($"ns{ns}", $"p{pod}"), Labels(("pod", $"{pod % 5}")), [])],
        [.. from ns in Enumerable.Range(0, namespaces) from app in Enumerable.Range(0, 5) select NetPolicy(
            $"ns{ns}", $"p{app}", Select(("pod", $"{app}")), ingress: [Rule([new PolicyPeer.Pods(null, Select(("pod", $"{(app + 1) % 5}")))], [Tcp(80)])])]);

    /// <summary>The same cluster twice: as a compiler that follows it, and as a plain list of objects.</summary>
    private sealed class ChangingCluster
    {
        private readonly ClusterCompiler _compiler = new();
        private readonly Dictionary<string, ImmutableDictionary<string, string>> _namespaces = [];
        private readonly Dictionary<string, Pod> _pods = [];
        private readonly Dictionary<string, Node> _nodes = [];
        private readonly Dictionary<PolicyId, NetworkPolicy> _policies = [];

        public void SetNamespace(string name, ImmutableDictionary<string, string>? labels) => Set(_namespaces, name, labels, _compiler.SetNamespace);

        public void SetPod(string uid, Pod? pod) => Set(_pods, uid, pod, _compiler.SetPod);

        public void SetNode(string name, Node? node) => Set(_nodes, name, node, _compiler.SetNode);

        public void SetPolicy(PolicyId id, NetworkPolicy? policy) => Set(_policies, id, policy, _compiler.SetPolicy);

        /// <summary>Compares with the whole compiled from nothing, with a reading that knows no index, and what is said to have changed with what did.</summary>
        public void Settle()
        {
            var before = _compiler.Intent;
            var changes = _compiler.Settle();
            var intent = _compiler.Intent;
            var whole = new Cluster(_namespaces.ToImmutableDictionary(), [.. _pods.Values], [.. _policies.Values]) { Nodes = [.. _nodes.Values] };
            Assert.Equal(Describe(PolicyCompiler.Compile(whole)), Describe(intent));
            foreach (var (selector, members) in intent.Members)
            {
                Assert.Equal(Among(selector), members.Select(pod => pod.Uid));
                if (before.Members.TryGetValue(selector, out var former)) Assert.Subset(changes.Selectors.GetValueOrDefault(selector) ?? [], Moved(former, members));
            }
            foreach (var uid in _pods.Keys)
                Assert.Equal(intent.Members.Where(one => one.Value.Any(pod => pod.Uid == uid)).Select(one => one.Key), _compiler.SelectorsOf(uid).Order());
            foreach (var policy in _policies.Values)
                Assert.Equal(
                    Among(policy.SubjectNamespaces is { } spaces ? new PeerSelector(null, spaces, policy.Pods) : new PeerSelector(policy.Name.Namespace, null, policy.Pods)),
                    intent.Pods.Where(pod => pod.Policies.Any(pair => pair.Policy.Id == policy.Id)).Select(pod => pod.Pod.Uid));
            Assert.Subset(changes.Policies.ToHashSet(), Different(before.PoliciesById, intent.PoliciesById));
            Assert.Subset(changes.Pods.ToHashSet(), Different(before.PodsByUid, intent.PodsByUid));
            Assert.Subset(changes.Selectors.Keys.ToHashSet(), Different(before.Members, intent.Members));
        }

        private IEnumerable<string> Among(PeerSelector selector) => _pods.Values
            .Where(pod => selector.Namespace is { } one ? pod.Name.Namespace == one : selector.Namespaces!.Matches(_namespaces.GetValueOrDefault(pod.Name.Namespace, Labels())))
            .Where(pod => selector.Pods.Matches(pod.Labels) && (selector.Port is not { } port || pod.Resolve(port.Name, port.Protocol) == port.Number))
            .Select(pod => pod.Uid).Order(StringComparer.Ordinal);

        private static HashSet<string> Moved(ImmutableArray<Pod> before, ImmutableArray<Pod> after) =>
            [.. before.Select(pod => pod.Uid).Except(after.Select(pod => pod.Uid)), .. after.Select(pod => pod.Uid).Except(before.Select(pod => pod.Uid))];

        private static HashSet<TKey> Different<TKey, TValue>(IReadOnlyDictionary<TKey, TValue> before, IReadOnlyDictionary<TKey, TValue> after)
            where TKey : notnull =>
            [.. before.Keys.Union(after.Keys).Where(key => !before.TryGetValue(key, out var one) || !after.TryGetValue(key, out var other) || !EqualityComparer<TValue>.Default.Equals(one, other))];

        private static void Set<TKey, TValue>(Dictionary<TKey, TValue> known, TKey key, TValue? value, Action<TKey, TValue?> tell)
            where TKey : notnull
            where TValue : class
        {
            if (value is null) known.Remove(key);
            else known[key] = value;
            tell(key, value);
        }
    }
}
