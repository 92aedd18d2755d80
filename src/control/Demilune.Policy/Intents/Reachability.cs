using Demilune.Policy.Addresses;
using Demilune.Policy.Model;

namespace Demilune.Policy.Intents;

/// <summary>A connection that somebody may try.</summary>
/// <param name="Source">Null: not a pod.</param>
/// <param name="Destination">Null: not a pod.</param>
/// <param name="Protocol">Null: something else than TCP, UDP and SCTP.</param>
/// <param name="Port">Of the destination.</param>
public sealed record Attempt(Pod? Source, Prefix SourceAddress, Pod? Destination, Prefix DestinationAddress, Protocol? Protocol, ushort Port);

/// <summary>What becomes of it.</summary>
/// <param name="Allowed">Both sides' policies allow it.</param>
/// <param name="SecurityPolicies">Who judges it then, in order of name; empty: nobody.</param>
public sealed record Outcome(bool Allowed, IReadOnlyList<string> SecurityPolicies);

/// <summary>The intent's own answer to "may this connect, and who looks at it": the truth that the network is held to.</summary>
public static class Reachability
{
    /// <remarks>A pod always reaches itself.</remarks>
    public static Outcome Judge(this ClusterIntent intent, Attempt attempt)
    {
        if (attempt.Source is not null && attempt.Source == attempt.Destination) return new Outcome(true, []);
        var source = attempt.Source is null ? null : intent.Find(attempt.Source);
        var destination = attempt.Destination is null ? null : intent.Find(attempt.Destination);
        var leaves = source is not { EgressIsolated: true } || Allowing(intent, source, Direction.Egress, attempt).Any();
        var enters = destination is not { IngressIsolated: true } || Allowing(intent, destination, Direction.Ingress, attempt).Any();
        if (!leaves || !enters) return new Outcome(false, []);
        var judges = destination is not null
            ? Allowing(intent, destination, Direction.Ingress, attempt)
            : source is null ? [] : Allowing(intent, source, Direction.Egress, attempt);
        return new Outcome(true, [.. judges.Select(policy => policy.SecurityPolicy).OfType<string>().Distinct().Order(StringComparer.Ordinal)]);
    }

    private static PodIntent? Find(this ClusterIntent intent, Pod pod) => intent.Pods.FirstOrDefault(one => one.Pod == pod);

    private static IEnumerable<PolicyIntent> Allowing(ClusterIntent intent, PodIntent pod, Direction direction, Attempt attempt)
    {
        var (peer, address) = direction == Direction.Ingress
            ? (attempt.Source, attempt.SourceAddress)
            : (attempt.Destination, attempt.DestinationAddress);
        return pod.Policies
            .Where(pair => pair.Variant.Allowances.Any(allowance =>
                allowance.Direction == direction && Matches(allowance.Ports, attempt) && Matches(intent, allowance.Peers, peer, address)))
            .Select(pair => pair.Policy);
    }

    private static bool Matches(Ports ports, Attempt attempt) =>
        ports.Protocol is null || (ports.Protocol == attempt.Protocol && ports.First <= attempt.Port && attempt.Port <= ports.Last);

    private static bool Matches(ClusterIntent intent, Peers peers, Pod? peer, Prefix address) => peers switch
    {
        Peers.Anybody => true,
        Peers.Selected selected => peer is not null && intent.Members[selected.Selector].Contains(peer),
        Peers.Block block => block.Prefix.Contains(address),
        _ => false,
    };
}
