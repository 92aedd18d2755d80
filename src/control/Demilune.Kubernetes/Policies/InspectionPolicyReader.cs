using Demilune.Kubernetes.Crds;
using Demilune.Policy.Addresses;
using Demilune.Policy.Model;
using k8s.Models;

namespace Demilune.Kubernetes.Policies;

/// <summary>An InspectionPolicy as the API gives it → as the compiler takes it: a NetworkPolicy whose rules name judges.</summary>
public static class InspectionPolicyReader
{
    public static NetworkPolicy Read(InspectionPolicy policy)
    {
        var problems = new List<string>();
        var spec = policy.Spec;
        var selector = Selectors.Read(spec.PodSelector, problems);
        return new NetworkPolicy(
            new Name(policy.Metadata.NamespaceProperty, policy.Metadata.Name),
            selector ?? LabelSelector.Everything,
            NetworkPolicyReader.Types(spec.PolicyTypes),
            [.. (spec.Ingress ?? []).Select(rule => Rule(rule.From, rule.Ports, rule, problems))],
            [.. (spec.Egress ?? []).Select(rule => Named(Rule(rule.To, rule.Ports, rule, problems), rule.ToDomainNames, problems))],
            Named(spec.SecurityPolicy),
            [.. problems])
        {
            Kind = PolicyKind.InspectionPolicy,
            ShadowSecurityPolicy = Named(spec.ShadowSecurityPolicy),
        };
    }

    private static PolicyRule Rule(IList<V1NetworkPolicyPeer>? peers, IList<V1NetworkPolicyPort>? ports, InspectionRule rule, List<string> problems) =>
        PolicyRule.Of(NetworkPolicyReader.Peers(peers, problems), NetworkPolicyReader.Ports(ports, problems)) with
        {
            SecurityPolicy = Named(rule.SecurityPolicy),
            ShadowSecurityPolicy = Named(rule.ShadowSecurityPolicy),
        };

    /// <summary>Names beside the other peers: who names some, and no others, does not mean everybody.</summary>
    private static PolicyRule Named(PolicyRule rule, IList<string>? names, List<string> problems)
    {
        if (names is not { Count: > 0 }) return rule;
        return rule with { Peers = [.. rule.Peers ?? [], .. names.Select(Domain)] };

        PolicyPeer Domain(string name)
        {
            if (DomainPattern.TryParse(name, out var pattern)) return new PolicyPeer.Domain(pattern);
            problems.Add($"toDomainNames: \"{name}\" is no domain name; it allows nothing");
            return new PolicyPeer.Nobody();
        }
    }

    private static string? Named(string? securityPolicy) => string.IsNullOrWhiteSpace(securityPolicy) ? null : securityPolicy;
}
