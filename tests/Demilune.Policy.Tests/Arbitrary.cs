using System.Collections.Immutable;
using CsCheck;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using static Demilune.Policy.Tests.World;

namespace Demilune.Policy.Tests;

/// <summary>Policies of all kinds for the small cluster of <see cref="World"/>.</summary>
internal static class Arbitrary
{
    internal static readonly string[] Names = ["a", "b", "c"];
    internal static readonly string[] Spaces = ["x", "y", "z"];

    internal static readonly Gen<LabelSelector> PodSelectors = Gen.OneOf(
        Gen.Const(LabelSelector.Everything),
        Choose(Names).Select(name => Select(("pod", name))),
        Choose(Names).Select(name => new LabelSelector([new LabelRequirement("pod", LabelOperator.NotIn, [name])])));

    internal static readonly Gen<LabelSelector> SpaceSelectors = Gen.OneOf(
        Gen.Const(LabelSelector.Everything), Choose(Spaces).Select(ns => Select(("ns", ns))));

    internal static readonly Gen<PolicyPeer> Peers = Gen.OneOf(
        PodSelectors.Select(pods => (PolicyPeer)new PolicyPeer.Pods(null, pods)),
        Gen.Select(SpaceSelectors, PodSelectors).Select((spaces, pods) => (PolicyPeer)new PolicyPeer.Pods(spaces, pods)),
        Gen.Int[8, 30].Select(length => (PolicyPeer)new PolicyPeer.Block($"10.244.0.0/{length}", ["10.244.0.12/31"])));

    internal static readonly Gen<PolicyPort> PortsOf = Gen.OneOf(
        Gen.Int[79, 82].Select(port => Tcp(port)),
        Gen.Const(Tcp(80, 81)),
        Choose("http", "alt", "none").Select(name => (PolicyPort)new PolicyPort.Named(Protocol.Tcp, name)));

    internal static readonly Gen<PolicyRule> Rules = Gen.Select(Peers.Array[0, 3], PortsOf.Array[0, 3]).Select(PolicyRule.Of);

    internal static readonly Gen<NetworkPolicy> Policies =
        Gen.Select(Choose(Spaces), Gen.Int[0, 9], PodSelectors, Rules.Array[0, 2], Rules.Array[0, 2], Gen.Int[0, 3], Gen.Bool)
            .Select((ns, name, pods, ingress, egress, types, judged) => NetPolicy(
                ns, $"p{name}", pods,
                types switch { 0 => null, 1 => [PolicyType.Ingress], 2 => [PolicyType.Egress], _ => [PolicyType.Ingress, PolicyType.Egress] },
                ingress, egress, judged ? "web" : null));

    internal static readonly Gen<NetworkPolicy[]> Sets = Policies.Array[0, 5].Select(set => set.DistinctBy(policy => policy.Name).ToArray());

    /// <summary>Of the cluster's tiers, with what only they can say.</summary>
    internal static readonly Gen<NetworkPolicy> ClusterPolicies =
        Gen.Select(Gen.Int[0, 4], SpaceSelectors, PodSelectors, Gen.Bool, Gen.Int[0, 2], Gen.Select(Rules, Gen.Int[0, 2]).Array[0, 2], Gen.Bool)
            .Select((name, spaces, pods, admin, priority, rules, nodes) => new NetworkPolicy(
                new Name("", $"c{name}"), pods, null, [.. rules.Select(rule => rule.Item1 with { Action = (RuleAction)rule.Item2 })],
                [.. rules.Select(rule => rule.Item1 with { Action = (RuleAction)rule.Item2, Peers = nodes ? [new PolicyPeer.Nodes(Select(("zone", "a")))] : rule.Item1.Peers })])
            {
                Kind = PolicyKind.ClusterNetworkPolicy, Tier = admin ? Tier.Admin : Tier.Baseline, Priority = priority, SubjectNamespaces = spaces,
            });

    internal static Gen<string> Choose(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    /// <summary>All of an intent in words.</summary>
    internal static string Describe(ClusterIntent intent) => string.Join('\n',
    [
        .. intent.Policies.SelectMany(policy => policy.Variants.Select(variant =>
            $"{policy.Name} {string.Join(',', policy.SecurityPolicies)} {policy.IsolatesIngress} {policy.IsolatesEgress} [{variant.Resolution}] " +
            $"{string.Join(',', intent.PodsOf(policy, variant).Select(pod => pod.Uid))} {string.Join(';', variant.Allowances)}")),
        .. intent.Pods.Select(pod => $"{pod.Pod.Uid} {pod.IngressIsolated} {pod.EgressIsolated} {string.Join(',', pod.Policies.Select(pair => pair.Policy.Name))}"),
        .. intent.Members.Select(set => $"{set.Key}: {string.Join(',', set.Value.Select(pod => pod.Uid))}"),
    ]);
}
