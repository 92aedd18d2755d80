using System.Collections.Immutable;
using CsCheck;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using static Demilune.Policy.Tests.Arbitrary;
using static Demilune.Policy.Tests.World;

namespace Demilune.Policy.Tests.Intents;

public sealed class LawTests
{
    [Fact]
    public void The_order_of_the_input_changes_nothing() =>
        Gen.Select(MixedSets, Gen.Int).Sample((set, seed) =>
        {
            var cluster = new World().Cluster() with { Policies = [.. set] };
            var shuffled = cluster with { Pods = Shuffle(cluster.Pods, seed), Policies = Shuffle(cluster.Policies, seed) };
            Assert.Equal(Describe(PolicyCompiler.Compile(cluster)), Describe(PolicyCompiler.Compile(shuffled)));
        }, iter: 300);

    [Fact]
    public void A_further_rule_in_a_policy_never_closes_a_flow() =>
        Gen.Select(Sets.Where(set => set.Length > 0), Arbitrary.Rules).Sample((set, rule) =>
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
    public void A_further_accept_at_the_end_of_a_tiers_policy_never_closes_a_flow_and_a_deny_never_opens_one() =>
        Gen.Select(MixedSets, ClusterPolicies, Arbitrary.Rules).Sample((set, policy, rule) =>
        {
            NetworkPolicy[] others = [.. set.Where(one => one.Id != policy.Id)];
            var without = Open([.. others, policy]);
            Assert.Empty(without.Except(Open([.. others, With(RuleAction.Accept)])));
            Assert.Empty(Open([.. others, With(RuleAction.Deny)]).Except(without));

            NetworkPolicy With(RuleAction action) =>
                policy with { Ingress = policy.Ingress.Add(rule with { Action = action }), Egress = policy.Egress.Add(rule with { Action = action }) };
        }, iter: 200);

    [Fact]
    public void Who_judges_decides_nothing_about_what_is_open() =>
        MixedSets.Sample(set => Assert.Equal(Open(set), Open([.. set.Select(policy => policy with
        {
            SecurityPolicy = null, ShadowSecurityPolicy = null, Ingress = [.. policy.Ingress.Select(Unjudged)], Egress = [.. policy.Egress.Select(Unjudged)],
        })])), iter: 200);

    [Fact]
    public void Only_what_is_allowed_is_judged() =>
        MixedSets.Sample(set =>
        {
            var world = new World();
            var intent = PolicyCompiler.Compile(world.Cluster() with { Policies = [.. set] });
            foreach (var attempt in Attempts(world))
            {
                var outcome = intent.Judge(attempt);
                Assert.True(outcome.Allowed || outcome.SecurityPolicies.Count == 0);
            }
        }, iter: 100);

    private static PolicyRule Unjudged(PolicyRule rule) => rule with { SecurityPolicy = null, ShadowSecurityPolicy = null };

    private static HashSet<string> Open(NetworkPolicy[] policies)
    {
        var world = new World();
        var intent = PolicyCompiler.Compile(world.Cluster() with { Policies = [.. policies] });
        return [.. Questions(world).Where(question => intent.Judge(question.Attempt).Allowed).Select(question => question.What)];
    }

    private static IEnumerable<Attempt> Attempts(World world) =>
        from source in world.Pods
        from destination in world.Pods
        from port in new ushort[] { 79, 80, 81, 82 }
        select new Attempt(source.Value, world.Address(source.Key), destination.Value, world.Address(destination.Key), Protocol.Tcp, port);

    /// <summary>As <see cref="Attempts"/>, and to the world by name.</summary>
    private static IEnumerable<(string What, Attempt Attempt)> Questions(World world) =>
    [
        .. Attempts(world).Select(attempt => ($"{attempt.Source?.Name}>{attempt.Destination?.Name}:{attempt.Port}", attempt)),
        .. from source in world.Pods
           from name in new[] { "api.example.com", "www.example.com", "example.com", "example.org" }
           select ($"{source.Key}>{name}", new Attempt(source.Value, world.Address(source.Key), null, world.Address("198.51.100.1"), Protocol.Tcp, 80) { DestinationName = name }),
    ];

    private static ImmutableArray<T> Shuffle<T>(ImmutableArray<T> items, int seed)
    {
        var copy = items.ToArray();
        new Random(seed).Shuffle(copy);
        return [.. copy];
    }
}
