using Demilune.Policy.Addresses;
using Demilune.Policy.Model;

namespace Demilune.Policy.Intents;

/// <summary>A connection that somebody may try.</summary>
/// <param name="Source">Null: not a pod.</param>
/// <param name="Destination">Null: not a pod.</param>
/// <param name="Protocol">Null: something else than TCP, UDP and SCTP.</param>
/// <param name="Port">Of the destination.</param>
public sealed record Attempt(Pod? Source, Prefix SourceAddress, Pod? Destination, Prefix DestinationAddress, Protocol? Protocol, ushort Port)
{
    /// <summary>By which name the source was told the destination's address, in lower case; null: by none, and then no rule that names domains speaks of it.</summary>
    public string? DestinationName { get; init; }
}

/// <summary>What becomes of it.</summary>
/// <param name="Allowed">Both sides' policies allow it.</param>
/// <param name="SecurityPolicies">Who judges it then, in order of name; empty: nobody.</param>
public sealed record Outcome(bool Allowed, IReadOnlyList<string> SecurityPolicies)
{
    /// <summary>Who only tells what it would have done, in order of name; nobody who judges.</summary>
    public IReadOnlyList<string> Shadows { get; init; } = [];

    /// <summary>What the source's policies said; null: it is no pod, or the destination itself.</summary>
    public Decision? Egress { get; init; }

    /// <summary>What the destination's policies said; null: it is no pod, or the source itself.</summary>
    public Decision? Ingress { get; init; }
}

/// <summary>What one side's policies say of a connection.</summary>
/// <param name="Tier">Which tier decided; null: none had anything to say, and what nobody speaks of is open.</param>
/// <param name="By">The first rule that decided, and whose it is; null: no rule of the tier matched.</param>
public sealed record Decision(bool Allowed, Tier? Tier, (PolicyIntent Policy, Allowance Rule)? By);

/// <summary>The intent's own answer to "may this connect, and who looks at it": the truth that the network is held to.</summary>
public static class Reachability
{
    /// <remarks>A pod always reaches itself.</remarks>
    public static Outcome Judge(this ClusterIntent intent, Attempt attempt)
    {
        if (attempt.Source is not null && attempt.Source == attempt.Destination) return new Outcome(true, []);
        var source = attempt.Source is null ? null : intent.Find(attempt.Source);
        var destination = attempt.Destination is null ? null : intent.Find(attempt.Destination);
        var leaves = source is null ? null : Decide(intent, source, Direction.Egress, attempt);
        var enters = destination is null ? null : Decide(intent, destination, Direction.Ingress, attempt);
        if (leaves is { Allowed: false } || enters is { Allowed: false }) return new Outcome(false, []) { Egress = leaves, Ingress = enters };
        var selecting = (destination is not null
            ? Matching(intent, destination, Direction.Ingress, Tier.Namespaced, attempt)
            : source is null ? [] : Matching(intent, source, Direction.Egress, Tier.Namespaced, attempt)).Select(match => match.Rule).ToList();
        var judges = selecting.Select(rule => rule.SecurityPolicy).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        return new Outcome(true, judges)
        {
            Shadows = [.. selecting.Select(rule => rule.ShadowSecurityPolicy).OfType<string>().Distinct().Except(judges).Order(StringComparer.Ordinal)],
            Egress = leaves,
            Ingress = enters,
        };
    }

    private static Decision Decide(ClusterIntent intent, PodIntent pod, Direction direction, Attempt attempt)
    {
        if (First(intent, pod, direction, Tier.Admin, attempt) is { Rule.Action: not RuleAction.Pass } last)
            return new Decision(last.Rule.Action == RuleAction.Accept, Tier.Admin, last);
        if (direction == Direction.Ingress ? pod.IngressIsolated : pod.EgressIsolated)
        {
            var allowing = Matching(intent, pod, direction, Tier.Namespaced, attempt).Select(match => ((PolicyIntent, Allowance)?)match).FirstOrDefault();
            return new Decision(allowing is not null, Tier.Namespaced, allowing);
        }
        return First(intent, pod, direction, Tier.Baseline, attempt) is { Rule.Action: not RuleAction.Pass } fallback
            ? new Decision(fallback.Rule.Action == RuleAction.Accept, Tier.Baseline, fallback)
            : new Decision(true, null, null);
    }

    private static (PolicyIntent Policy, Allowance Rule)? First(ClusterIntent intent, PodIntent pod, Direction direction, Tier tier, Attempt attempt) =>
        Matching(intent, pod, direction, tier, attempt)
            .OrderBy(match => match.Rule.Order).ThenBy(match => match.Rule.Action)
            .Select(match => ((PolicyIntent, Allowance)?)match)
            .FirstOrDefault();

    private static IEnumerable<(PolicyIntent Policy, Allowance Rule)> Matching(
        ClusterIntent intent, PodIntent pod, Direction direction, Tier tier, Attempt attempt)
    {
        var (peer, address, name) = direction == Direction.Ingress
            ? (attempt.Source, attempt.SourceAddress, null)
            : (attempt.Destination, attempt.DestinationAddress, attempt.DestinationName);
        foreach (var (policy, variant) in pod.Policies)
        {
            if (policy.Tier != tier) continue;
            foreach (var rule in variant.Allowances)
                if (rule.Direction == direction && Matches(rule.Ports, attempt) && Matches(intent, rule.Peers, peer, address, name))
                    yield return (policy, rule);
        }
    }

    private static bool Matches(Ports ports, Attempt attempt) =>
        ports.Protocol is null || (ports.Protocol == attempt.Protocol && ports.First <= attempt.Port && attempt.Port <= ports.Last);

    private static bool Matches(ClusterIntent intent, Peers peers, Pod? peer, Prefix address, string? name) => peers switch
    {
        Peers.Anybody => true,
        Peers.Selected selected => peer is not null && intent.Members[selected.Selector].Contains(peer),
        Peers.Block block => block.Prefix.Contains(address),
        Peers.Domain domain => name is not null && domain.Pattern.Matches(name),
        _ => false,
    };
}
