using System.Collections.Immutable;
using CsCheck;
using Demilune.Policy.Addresses;
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

    private static readonly Gen<PolicyPeer> Domains = Choose("api.example.com", "*.example.com", "example.org")
        .Select(text => DomainPattern.TryParse(text, out var pattern) ? (PolicyPeer)new PolicyPeer.Domain(pattern) : throw new InvalidOperationException(text));

    private static readonly Gen<string?> Judges = Gen.Int[0, 3].Select(judge => judge switch { 0 => "web", 1 => "api", _ => null });

    /// <summary>Each rule may name who judges it, and egress whom a pod was told of.</summary>
    internal static readonly Gen<NetworkPolicy> InspectionPolicies =
        Gen.Select(Choose(Spaces), Gen.Int[0, 4], PodSelectors, Gen.Select(Rules, Judges, Judges).Array[0, 2], Gen.Select(Rules, Domains, Judges, Gen.Bool).Array[0, 2], Judges)
            .Select((ns, name, pods, ingress, egress, judge) => NetPolicy(
                ns, $"i{name}", pods, null,
                [.. ingress.Select(rule => rule.Item1 with { SecurityPolicy = rule.Item2, ShadowSecurityPolicy = rule.Item3 })],
                [.. egress.Select(rule => rule.Item1 with { SecurityPolicy = rule.Item3, Peers = rule.Item4 ? [rule.Item2] : rule.Item1.Peers })], judge) with
            {
                Kind = PolicyKind.InspectionPolicy,
            });

    /// <summary>Accepts egress by name too.</summary>
    internal static readonly Gen<NetworkPolicy> NamingPolicies = Gen.Select(ClusterPolicies, Domains, Rules).Select((policy, domain, rule) =>
        policy with { Egress = policy.Egress.Add(rule with { Peers = [domain], Action = RuleAction.Accept }) });

    /// <summary>Of all kinds.</summary>
    internal static readonly Gen<NetworkPolicy> AnyPolicy = Gen.OneOf(Policies, InspectionPolicies, ClusterPolicies, NamingPolicies);

    internal static readonly Gen<NetworkPolicy[]> MixedSets = AnyPolicy.Array[0, 7].Select(set => set.DistinctBy(policy => policy.Id).ToArray());

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
