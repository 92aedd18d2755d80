using System.Collections.Immutable;
using CsCheck;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using static Demilune.Policy.Tests.World;

namespace Demilune.Policy.Tests.Intents;

public sealed class LawTests
{
    private static readonly string[] Names = ["a", "b", "c"];
    private static readonly string[] Spaces = ["x", "y", "z"];

    private static readonly Gen<LabelSelector> PodSelectors = Gen.OneOf(
        Gen.Const(LabelSelector.Everything),
        Choose(Names).Select(name => Select(("pod", name))),
        Choose(Names).Select(name => new LabelSelector([new LabelRequirement("pod", LabelOperator.NotIn, [name])])));

    private static readonly Gen<LabelSelector> SpaceSelectors = Gen.OneOf(
        Gen.Const(LabelSelector.Everything), Choose(Spaces).Select(ns => Select(("ns", ns))));

    private static readonly Gen<PolicyPeer> Peers = Gen.OneOf(
        PodSelectors.Select(pods => (PolicyPeer)new PolicyPeer.Pods(null, pods)),
        Gen.Select(SpaceSelectors, PodSelectors).Select((spaces, pods) => (PolicyPeer)new PolicyPeer.Pods(spaces, pods)),
        Gen.Int[8, 30].Select(length => (PolicyPeer)new PolicyPeer.Block($"10.244.0.0/{length}", ["10.244.0.12/31"])));

    private static readonly Gen<PolicyPort> PortsOf = Gen.OneOf(
        Gen.Int[79, 82].Select(port => Tcp(port)),
        Gen.Const(Tcp(80, 81)),
        Choose("http", "alt", "none").Select(name => (PolicyPort)new PolicyPort.Named(Protocol.Tcp, name)));

    private static readonly Gen<PolicyRule> Rules = Gen.Select(Peers.Array[0, 3], PortsOf.Array[0, 3]).Select(PolicyRule.Of);

    private static readonly Gen<NetworkPolicy> Policies =
        Gen.Select(Choose(Spaces), Gen.Int[0, 9], PodSelectors, Rules.Array[0, 2], Rules.Array[0, 2], Gen.Int[0, 3], Gen.Bool)
            .Select((ns, name, pods, ingress, egress, types, judged) => NetPolicy(
                ns, $"p{name}", pods,
                types switch { 0 => null, 1 => [PolicyType.Ingress], 2 => [PolicyType.Egress], _ => [PolicyType.Ingress, PolicyType.Egress] },
                ingress, egress, judged ? "web" : null));

    private static readonly Gen<NetworkPolicy[]> Sets = Policies.Array[0, 5].Select(set => set.DistinctBy(policy => policy.Name).ToArray());

    [Fact]
    public void The_order_of_the_input_changes_nothing() =>
        Gen.Select(Sets, Gen.Int).Sample((set, seed) =>
        {
            var cluster = new World().Cluster() with { Policies = [.. set] };
            var shuffled = cluster with { Pods = Shuffle(cluster.Pods, seed), Policies = Shuffle(cluster.Policies, seed) };
            Assert.Equal(Describe(PolicyCompiler.Compile(cluster)), Describe(PolicyCompiler.Compile(shuffled)));
        }, iter: 300);

    [Fact]
    public void A_further_rule_in_a_policy_never_closes_a_flow() =>
        Gen.Select(Sets.Where(set => set.Length > 0), Rules).Sample((set, rule) =>
        {
            // Into directions that the policy isolates already: a first egress rule would begin to isolate egress.
            var policy = set[0] with { Types = set[0].Types ?? (set[0].Egress.Length > 0 ? [PolicyType.Ingress, PolicyType.Egress] : [PolicyType.Ingress]) };
            NetworkPolicy[] before = [policy, .. set.Skip(1)];
            NetworkPolicy[] after = [policy with { Ingress = policy.Ingress.Add(rule), Egress = policy.Egress.Add(rule) }, .. set.Skip(1)];
            Assert.Empty(Open(before).Except(Open(after)));
        }, iter: 200);

    [Fact]
    public void A_further_policy_on_isolated_pods_never_closes_a_flow() =>
        Gen.Select(Sets, Policies).Sample((set, more) =>
        {
            NetworkPolicy[] isolated = [.. set, .. Spaces.Select(ns => NetPolicy(ns, "deny", types: [PolicyType.Ingress, PolicyType.Egress]))];
            var added = more with { Name = new Name(more.Name.Namespace, "more") };
            Assert.Empty(Open(isolated).Except(Open([.. isolated, added])));
        }, iter: 200);

    [Fact]
    public void Only_what_is_allowed_is_judged() =>
        Sets.Sample(set =>
        {
            var world = new World();
            var intent = PolicyCompiler.Compile(world.Cluster() with { Policies = [.. set] });
            foreach (var attempt in Attempts(world))
            {
                var outcome = intent.Judge(attempt);
                Assert.True(outcome.Allowed || outcome.SecurityPolicies.Count == 0);
            }
        }, iter: 100);

    private static Gen<string> Choose(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static HashSet<string> Open(NetworkPolicy[] policies)
    {
        var world = new World();
        var intent = PolicyCompiler.Compile(world.Cluster() with { Policies = [.. policies] });
        return [.. Attempts(world).Where(attempt => intent.Judge(attempt).Allowed).Select(attempt => $"{attempt.Source?.Name}>{attempt.Destination?.Name}:{attempt.Port}")];
    }

    private static IEnumerable<Attempt> Attempts(World world) =>
        from source in world.Pods
        from destination in world.Pods
        from port in new ushort[] { 79, 80, 81, 82 }
        select new Attempt(source.Value, world.Address(source.Key), destination.Value, world.Address(destination.Key), Protocol.Tcp, port);

    private static string Describe(ClusterIntent intent) => string.Join('\n',
    [
        .. intent.Policies.SelectMany(policy => policy.Variants.Select(variant =>
            $"{policy.Name} {string.Join(',', policy.SecurityPolicies)} {policy.IsolatesIngress} {policy.IsolatesEgress} [{variant.Resolution}] " +
            $"{string.Join(',', variant.Pods.Select(pod => pod.Uid))} {string.Join(';', variant.Allowances)}")),
        .. intent.Pods.Select(pod => $"{pod.Pod.Uid} {pod.IngressIsolated} {pod.EgressIsolated} {string.Join(',', pod.Policies.Select(pair => pair.Policy.Name))}"),
        .. intent.Members.Select(set => $"{set.Key}: {string.Join(',', set.Value.Select(pod => pod.Uid))}"),
    ]);

    private static ImmutableArray<T> Shuffle<T>(ImmutableArray<T> items, int seed)
    {
        var copy = items.ToArray();
        new Random(seed).Shuffle(copy);
        return [.. copy];
    }
}
