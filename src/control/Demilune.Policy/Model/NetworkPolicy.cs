using System.Collections.Immutable;
using Demilune.Policy.Addresses;

namespace Demilune.Policy.Model;

/// <summary>A policy of any <see cref="Kind"/>, with what its author left out kept apart from what was left empty.</summary>
/// <param name="Pods">Which pods of its own namespace it selects; of <see cref="SubjectNamespaces"/>, if it has none.</param>
/// <param name="Types">Null: not said. Then ingress always, and egress if there are egress rules.</param>
/// <param name="Ingress">Null and empty are the same: nothing is allowed in, if ingress is among the types.</param>
/// <param name="Egress">Likewise.</param>
/// <param name="SecurityPolicy">The SecurityPolicy that judges what those of its rules allow that name none themselves; null: nobody does.</param>
/// <param name="Problems">What could not be understood when it was read; each such part allows nothing.</param>
public sealed record NetworkPolicy(
    Name Name,
    LabelSelector Pods,
    ImmutableArray<PolicyType>? Types,
    ImmutableArray<PolicyRule> Ingress,
    ImmutableArray<PolicyRule> Egress,
    string? SecurityPolicy = null,
    ImmutableArray<string> Problems = default)
{
    /// <summary>The SecurityPolicy that only tells what it would have done, for those of its rules that name none themselves; null: nobody does.</summary>
    public string? ShadowSecurityPolicy { get; init; }

    public PolicyKind Kind { get; init; } = PolicyKind.NetworkPolicy;

    public PolicyId Id => new(Name, Kind);

    /// <summary>Who speaks before whom. Only <see cref="Tier.Namespaced"/> isolates.</summary>
    public Tier Tier { get; init; } = Tier.Namespaced;

    /// <summary>Within the Admin or Baseline tier: 0 to 1000, the smaller speaks first.</summary>
    public int Priority { get; init; }

    /// <summary>Of a cluster-wide policy: the namespaces whose pods it selects.</summary>
    public LabelSelector? SubjectNamespaces { get; init; }
}

/// <summary>Which policy: two of different kinds may share a name.</summary>
public readonly record struct PolicyId(Name Name, PolicyKind Kind) : IComparable<PolicyId>
{
    public int CompareTo(PolicyId other) => Name.CompareTo(other.Name) is var order and not 0 ? order : Kind.CompareTo(other.Kind);

    public override string ToString() => $"{Kind} {Name}";

    public static bool operator <(PolicyId left, PolicyId right) => left.CompareTo(right) < 0;
    public static bool operator >(PolicyId left, PolicyId right) => left.CompareTo(right) > 0;
    public static bool operator <=(PolicyId left, PolicyId right) => left.CompareTo(right) <= 0;
    public static bool operator >=(PolicyId left, PolicyId right) => left.CompareTo(right) >= 0;
}

/// <summary>The kinds of objects that are policies.</summary>
public enum PolicyKind
{
    /// <summary>networking.k8s.io/v1.</summary>
    NetworkPolicy,

    /// <summary>demilune.dev: a NetworkPolicy whose rules each may name a SecurityPolicy.</summary>
    InspectionPolicy,

    /// <summary>policy.networking.k8s.io/v1alpha2.</summary>
    ClusterNetworkPolicy,
}

/// <summary>In the order in which they are asked; the first that decides has decided.</summary>
public enum Tier
{
    /// <summary>The administrator's last word.</summary>
    Admin,

    /// <summary>What the owners of namespaces say: decides for every pod that one of its policies selects.</summary>
    Namespaced,

    /// <summary>What holds for pods of which nobody said anything.</summary>
    Baseline,
}

/// <summary>What a rule does with what it matches. The order is that of rules of one precedence: the strict one first.</summary>
public enum RuleAction
{
    Deny,
    Accept,

    /// <summary>Leaves it to the next tier.</summary>
    Pass,
}

public enum PolicyType
{
    Ingress,
    Egress,
}

/// <summary>What a policy allows; in a tier of the cluster's: what it says of some traffic.</summary>
/// <param name="Peers">Null: absent or an empty list, which both mean everybody.</param>
/// <param name="Ports">Null: absent or an empty list, which both mean every port of every protocol.</param>
public sealed record PolicyRule(ImmutableArray<PolicyPeer>? Peers, ImmutableArray<PolicyPort>? Ports)
{
    /// <summary>Other than <see cref="RuleAction.Accept"/> only in a tier of the cluster's.</summary>
    public RuleAction Action { get; init; } = RuleAction.Accept;

    /// <summary>Who judges what it allows; null: whom its policy names.</summary>
    public string? SecurityPolicy { get; init; }

    /// <summary>Who only tells what it would have done; null: whom its policy names.</summary>
    public string? ShadowSecurityPolicy { get; init; }

    /// <summary>Its author's name for it, for people.</summary>
    public string? Name { get; init; }

    /// <summary>Null where Kubernetes means "any", so that nobody can take an empty list for "none".</summary>
    public static PolicyRule Of(IReadOnlyCollection<PolicyPeer>? peers, IReadOnlyCollection<PolicyPort>? ports) => new(
        peers is null or { Count: 0 } ? null : [.. peers],
        ports is null or { Count: 0 } ? null : [.. ports]);
}

/// <summary>Either selectors or a block.</summary>
public abstract record PolicyPeer
{
    private PolicyPeer()
    {
    }

    /// <param name="Namespaces">Null: the policy's own namespace.</param>
    /// <param name="Matching">Of those namespaces' pods.</param>
    public sealed record Pods(LabelSelector? Namespaces, LabelSelector Matching) : PolicyPeer;

    /// <param name="Cidr">As written.</param>
    /// <param name="Except">As written; parts outside of <paramref name="Cidr"/> mean nothing.</param>
    public sealed record Block(string Cidr, ImmutableArray<string> Except) : PolicyPeer;

    /// <summary>The addresses of nodes. Egress of cluster-wide policies only.</summary>
    public sealed record Nodes(LabelSelector Matching) : PolicyPeer;

    /// <summary>Whoever the pod is told has a name like this. Egress only, and only to accept.</summary>
    public sealed record Domain(DomainPattern Pattern) : PolicyPeer;

    /// <summary>Something that Kubernetes would refuse: allows nothing.</summary>
    public sealed record Nobody : PolicyPeer;
}

/// <summary>Ports of one protocol.</summary>
public abstract record PolicyPort(Protocol Protocol)
{
    /// <summary>From <paramref name="First"/> to <paramref name="Last"/>, both included. All: 0 to 65535.</summary>
    public sealed record Range(Protocol Protocol, ushort First, ushort Last) : PolicyPort(Protocol);

    /// <summary>Whatever number the pod that accepts the connection gives to the name; nothing if it has none.</summary>
    public sealed record Named(Protocol Protocol, string Name) : PolicyPort(Protocol);

    /// <summary>Something that Kubernetes would refuse: allows nothing.</summary>
    public sealed record None() : PolicyPort(Protocol.Tcp);
}
