using System.Collections.Immutable;

namespace Demilune.Policy.Model;

/// <summary>networking.k8s.io/v1 NetworkPolicy, with what its author left out kept apart from what was left empty.</summary>
/// <param name="Pods">Which pods of its own namespace it selects.</param>
/// <param name="Types">Null: not said. Then ingress always, and egress if there are egress rules.</param>
/// <param name="Ingress">Null and empty are the same: nothing is allowed in, if ingress is among the types.</param>
/// <param name="Egress">Likewise.</param>
/// <param name="SecurityPolicy">The SecurityPolicy that judges what its rules allow; null: nobody does.</param>
/// <param name="Problems">What could not be understood when it was read; each such part allows nothing.</param>
public sealed record NetworkPolicy(
    Name Name,
    LabelSelector Pods,
    ImmutableArray<PolicyType>? Types,
    ImmutableArray<PolicyRule> Ingress,
    ImmutableArray<PolicyRule> Egress,
    string? SecurityPolicy = null,
    ImmutableArray<string> Problems = default);

public enum PolicyType
{
    Ingress,
    Egress,
}

/// <summary>What a policy allows.</summary>
/// <param name="Peers">Null: absent or an empty list, which both mean everybody.</param>
/// <param name="Ports">Null: absent or an empty list, which both mean every port of every protocol.</param>
public sealed record PolicyRule(ImmutableArray<PolicyPeer>? Peers, ImmutableArray<PolicyPort>? Ports)
{
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
