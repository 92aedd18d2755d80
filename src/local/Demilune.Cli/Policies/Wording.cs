using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Cli.Policies;

/// <summary>Compiled rules in words.</summary>
internal static class Wording
{
    public static string Of(PolicyIntent policy) => policy.Kind == PolicyKind.ClusterNetworkPolicy ? $"{policy.Kind} {policy.Name} (tier {policy.Tier})" : $"{policy.Kind} {policy.Name}";

    public static string Of(PolicyIntent policy, Allowance rule) => $"{Of(policy)}, {rule.Rule}";

    public static string Of(Allowance rule)
    {
        var verb = rule.Action switch { RuleAction.Deny => "denies", RuleAction.Pass => "leaves to the next tier", _ => "allows" };
        var direction = rule.Direction == Direction.Ingress ? "from" : "to";
        var judge = (rule.SecurityPolicy is { } name ? $", judged by SecurityPolicy {name}" : "")
            + (rule.ShadowSecurityPolicy is { } shadow ? $", in the shadow of SecurityPolicy {shadow}" : "");
        return $"{verb} {Of(rule.Ports)} {direction} {Of(rule.Peers)}{judge}";
    }

    public static string Of(Decision decision) => decision switch
    {
        { By: { } by } => $"{(decision.Allowed ? "allowed" : "denied")} by {Of(by.Policy, by.Rule)}: {Of(by.Rule)}",
        { Tier: Tier.Namespaced } => "denied: policies isolate the pod and none of them allows this",
        _ => "allowed: no policy speaks of it",
    };

    private static string Of(Ports ports) => ports.Protocol is null ? "everything" : ports.ToString().ToUpperInvariant();

    private static string Of(Peers peers) => peers switch
    {
        Peers.Anybody => "anybody",
        Peers.Block block => block.Prefix.ToString(),
        Peers.Domain domain => $"whoever the pod was told is {domain.Pattern}",
        Peers.Selected { Selector: var selector } =>
            $"{(selector.Pods.Key.Length == 0 ? "all pods" : $"pods [{selector.Pods}]")} of " +
            (selector.Namespace is { } own ? $"namespace {own}" : selector.Namespaces!.Key.Length == 0 ? "all namespaces" : $"namespaces [{selector.Namespaces}]") +
            (selector.Port is { } port ? $" whose port {port.Name} is {port.Number}" : ""),
        _ => "nobody",
    };
}
