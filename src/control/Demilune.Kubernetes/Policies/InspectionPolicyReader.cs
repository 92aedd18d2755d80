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
        var selector = Selectors.Read(spec.PodSelector, problems, "spec.podSelector");
        return new NetworkPolicy(
            new Name(policy.Metadata.NamespaceProperty, policy.Metadata.Name),
            selector ?? LabelSelector.Everything,
            NetworkPolicyReader.Types(spec.PolicyTypes, problems),
            [.. (spec.Ingress ?? []).Select((rule, index) => Rule(rule.From, "from", rule.Ports, rule, problems, $"ingress[{index}]"))],
            [.. (spec.Egress ?? []).Select((rule, index) => Named(Rule(rule.To, "to", rule.Ports, rule, problems, $"egress[{index}]"), rule.ToDomainNames, problems, $"egress[{index}]"))],
            Named(spec.SecurityPolicy),
            [.. problems])
        {
            Kind = PolicyKind.InspectionPolicy,
            ShadowSecurityPolicy = Named(spec.ShadowSecurityPolicy),
        };
    }

    private static PolicyRule Rule(
        IList<V1NetworkPolicyPeer>? peers, string side, IList<V1NetworkPolicyPort>? ports, InspectionRule rule, List<string> problems, string field) =>
        PolicyRule.Of(NetworkPolicyReader.Peers(peers, problems, $"{field}.{side}"), NetworkPolicyReader.Ports(ports, problems, $"{field}.ports")) with
        {
            SecurityPolicy = Named(rule.SecurityPolicy),
            ShadowSecurityPolicy = Named(rule.ShadowSecurityPolicy),
        };

    /// <summary>Names beside the other peers: who names some, and no others, does not mean everybody.</summary>
    private static PolicyRule Named(PolicyRule rule, IList<string>? names, List<string> problems, string field)
    {
        if (names is not { Count: > 0 }) return rule;
        return rule with { Peers = [.. rule.Peers ?? [], .. names.Select((name, index) => Domain(name, $"{field}.toDomainNames[{index}]"))] };

        PolicyPeer Domain(string name, string where)
        {
            if (DomainPattern.TryParse(name, out var pattern)) return new PolicyPeer.Domain(pattern);
            problems.Add($"{where} \"{name}\" is no domain name; it allows nothing");
            return new PolicyPeer.Nobody();
        }
    }

    private static string? Named(string? securityPolicy) => string.IsNullOrWhiteSpace(securityPolicy) ? null : securityPolicy;
}
