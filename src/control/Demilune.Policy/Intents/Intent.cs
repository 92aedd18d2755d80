using System.Collections.Immutable;
using Demilune.Policy.Addresses;
using Demilune.Policy.Model;

namespace Demilune.Policy.Intents;

/// <summary>What all policies together ask for. A snapshot; those before and after share what is the same in both.</summary>
public sealed record ClusterIntent
{
    public static readonly ClusterIntent Empty = new();

    public ImmutableSortedDictionary<PolicyId, PolicyIntent> PoliciesById { get; init; } = ImmutableSortedDictionary<PolicyId, PolicyIntent>.Empty;

    /// <summary>By UID.</summary>
    public ImmutableSortedDictionary<string, PodIntent> PodsByUid { get; init; } = ImmutableSortedDictionary.Create<string, PodIntent>(StringComparer.Ordinal);

    /// <summary>Who is behind each distinct peer selector that a rule names, in the order of their UIDs.</summary>
    public ImmutableSortedDictionary<PeerSelector, ImmutableArray<Pod>> Members { get; init; } = ImmutableSortedDictionary<PeerSelector, ImmutableArray<Pod>>.Empty;

    internal ImmutableDictionary<(PolicyId Policy, string Resolution), ImmutableArray<Pod>> Selected { get; init; } =
        ImmutableDictionary<(PolicyId, string), ImmutableArray<Pod>>.Empty;

    /// <summary>In the order of their names.</summary>
    public IEnumerable<PolicyIntent> Policies => PoliciesById.Values;

    /// <summary>In the order of their UIDs.</summary>
    public IEnumerable<PodIntent> Pods => PodsByUid.Values;

    /// <summary>What applies to a pod; null: it is not in the cluster.</summary>
    public PodIntent? Find(Pod pod) => PodsByUid.GetValueOrDefault(pod.Uid);

    /// <summary>The pods that a policy selects and on which it means this variant, in the order of their UIDs.</summary>
    public ImmutableArray<Pod> PodsOf(PolicyIntent policy, PolicyVariant variant) => Selected.GetValueOrDefault((policy.Id, variant.Resolution), []);
}

/// <summary>What one policy asks for.</summary>
/// <param name="SecurityPolicies">Whom it or a rule of it names to judge what it allows, in order of name.</param>
/// <param name="IsolatesIngress">Only a policy of the namespaced tier does: what it does not allow is closed.</param>
/// <param name="Variants">
/// What it means on the pods that it selects, by what its named ports mean there: rules with numbers can be shared only among pods that
/// agree on the numbers. A policy that selects nobody has none; one without named ports has one at most.
/// </param>
/// <param name="Problems">For its author: what in it allows nothing because it makes no sense.</param>
public sealed record PolicyIntent(
    Name Name,
    PolicyKind Kind,
    Tier Tier,
    ImmutableArray<string> SecurityPolicies,
    bool IsolatesIngress,
    bool IsolatesEgress,
    ImmutableArray<PolicyVariant> Variants,
    ImmutableArray<string> Problems)
{
    public PolicyId Id => new(Name, Kind);

    /// <summary>Whom it or a rule of it names to tell what it would have done, in order of name.</summary>
    public ImmutableArray<string> Shadows { get; init; } = [];

    /// <summary>Whom it selects, in words: <see cref="PeerSelector.Key"/>.</summary>
    public string Subjects { get; init; } = "";
}

/// <summary>What a policy allows to pods on which its named ports mean the same numbers.</summary>
/// <remarks>Which pods those are is not said here (<see cref="ClusterIntent.PodsOf"/>): a pod that comes or goes changes nothing for the others.</remarks>
/// <param name="Resolution">Canonical text of the named ports' meaning; empty if there are none.</param>
public sealed record PolicyVariant(string Resolution, ImmutableArray<Allowance> Allowances);

/// <summary>What comes of all policies for one pod. A direction that nobody isolates is wholly open.</summary>
public sealed record PodIntent(Pod Pod, bool IngressIsolated, bool EgressIsolated, ImmutableArray<(PolicyIntent Policy, PolicyVariant Variant)> Policies);

/// <summary>One thing that is allowed (in a tier of the cluster's: or denied, or passed on): peers, and ports of the side that accepts.</summary>
public sealed record Allowance(Direction Direction, Peers Peers, Ports Ports)
{
    public RuleAction Action { get; init; } = RuleAction.Accept;

    /// <summary>
    /// Within a tier of the cluster's and a direction: the smaller is asked first; of equal ones the stricter. Priority × 1000 + the rule's place
    /// in its policy, so that it depends on nobody else. 0 in the namespaced tier, where every rule allows.
    /// </summary>
    public int Order { get; init; }

    /// <summary>Who judges it; null: nobody.</summary>
    public string? SecurityPolicy { get; init; }

    /// <summary>Who only tells what it would have done; null: nobody.</summary>
    public string? ShadowSecurityPolicy { get; init; }

    /// <summary>The rule it comes from: "ingress[2]", "egress[0] \"to the database\"".</summary>
    public string Rule { get; init; } = "";
}

public enum Direction
{
    Ingress,
    Egress,
}

/// <summary>Ports of one protocol, or everything.</summary>
/// <param name="Protocol">Null: every protocol, ICMP and unknown ones too.</param>
/// <param name="First">0 with Last 65535: all ports.</param>
/// <param name="Last">Included.</param>
public readonly record struct Ports(Protocol? Protocol, ushort First, ushort Last) : IComparable<Ports>
{
    public static readonly Ports Any = new(null, 0, ushort.MaxValue);

    public bool IsEveryPort => First == 0 && Last == ushort.MaxValue;

    /// <summary>True if whatever <paramref name="other"/> allows this allows too.</summary>
    public bool Covers(Ports other) =>
        (Protocol is null || Protocol == other.Protocol) && First <= other.First && other.Last <= Last;

    public int CompareTo(Ports other) => (Protocol, First, Last).CompareTo((other.Protocol, other.First, other.Last));

    public override string ToString() => Protocol is null ? "any" : IsEveryPort ? $"{Protocol}" : First == Last ? $"{Protocol}/{First}" : $"{Protocol}/{First}-{Last}";

    public static bool operator <(Ports left, Ports right) => left.CompareTo(right) < 0;
    public static bool operator >(Ports left, Ports right) => left.CompareTo(right) > 0;
    public static bool operator <=(Ports left, Ports right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Ports left, Ports right) => left.CompareTo(right) >= 0;
}

/// <summary>Who may be on the other side.</summary>
public abstract record Peers
{
    private Peers()
    {
    }

    public sealed record Anybody : Peers;

    /// <summary>Those that the selector selects, now and later.</summary>
    public sealed record Selected(PeerSelector Selector) : Peers;

    /// <summary>Whoever has an address in it.</summary>
    public sealed record Block(Prefix Prefix) : Peers;

    /// <summary>Whoever the pod was told, by a name server, has a name like this.</summary>
    public sealed record Domain(DomainPattern Pattern) : Peers;
}

/// <summary>A set of pods by description. Two that say the same are equal, whoever says it.</summary>
/// <param name="Namespace">Only this namespace; null: those that <paramref name="Namespaces"/> matches.</param>
/// <param name="Namespaces">Null with a <paramref name="Namespace"/>.</param>
/// <param name="Pods">Of those namespaces.</param>
/// <param name="Port">Only pods on which this name means this number; null: all.</param>
public sealed record PeerSelector(string? Namespace, LabelSelector? Namespaces, LabelSelector Pods, NamedPort? Port = null)
    : IComparable<PeerSelector>
{
    /// <summary>Canonical text; fit to be hashed into a name.</summary>
    public string Key { get; } =
        (Namespace is not null ? $"namespace {Namespace}" : $"namespaces [{Namespaces!.Key}]") + $" pods [{Pods.Key}]" +
        (Port is { } port ? $" port {port.Name}={port.Protocol}/{port.Number}" : "");

    public bool Equals(PeerSelector? other) => other is not null && Key == other.Key;

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Key);

    public int CompareTo(PeerSelector? other) => string.CompareOrdinal(Key, other?.Key);

    public override string ToString() => Key;

    public static bool operator <(PeerSelector left, PeerSelector right) => left.CompareTo(right) < 0;
    public static bool operator >(PeerSelector left, PeerSelector right) => left.CompareTo(right) > 0;
    public static bool operator <=(PeerSelector left, PeerSelector right) => left.CompareTo(right) <= 0;
    public static bool operator >=(PeerSelector left, PeerSelector right) => left.CompareTo(right) >= 0;
}
