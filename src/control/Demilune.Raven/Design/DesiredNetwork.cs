using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Raven.Design;

/// <summary>The whole network as it should be. References are keys ("@KEY"), see <see cref="Key"/>.</summary>
internal sealed record DesiredNetwork
{
    public ImmutableSortedDictionary<string, Network> Networks { get; init; } = Empty<Network>();
    public ImmutableSortedDictionary<string, Subnet> Subnets { get; init; } = Empty<Subnet>();
    public ImmutableSortedDictionary<string, AddressGroup> AddressGroups { get; init; } = Empty<AddressGroup>();
    public ImmutableSortedDictionary<string, SecurityGroup> SecurityGroups { get; init; } = Empty<SecurityGroup>();

    /// <summary>By key of the group: all rules that it should have, and no others.</summary>
    public ImmutableDictionary<string, ImmutableArray<SecurityGroupRule>> Rules { get; init; } =
        ImmutableDictionary<string, ImmutableArray<SecurityGroupRule>>.Empty;

    /// <summary>The network has QoS policies: a port that should have none has none.</summary>
    public bool LimitsPorts { get; init; }

    /// <summary>Each with all rules that it should have.</summary>
    public ImmutableSortedDictionary<string, QosPolicy> QosPolicies { get; init; } = Empty<QosPolicy>();

    public ImmutableSortedDictionary<string, Port> Ports { get; init; } = Empty<Port>();

    /// <summary>Beside <see cref="Ports"/>: those that nobody has yet.</summary>
    public PortPools Pools { get; init; } = PortPools.None;

    public ImmutableSortedDictionary<string, PortPair> PortPairs { get; init; } = Empty<PortPair>();
    public ImmutableSortedDictionary<string, PortPairGroup> PortPairGroups { get; init; } = Empty<PortPairGroup>();
    public ImmutableSortedDictionary<string, FlowClassifier> FlowClassifiers { get; init; } = Empty<FlowClassifier>();
    public ImmutableSortedDictionary<string, PortChain> PortChains { get; init; } = Empty<PortChain>();

    /// <summary>Key of a port → what has to be in force before it may carry traffic.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> PortPrerequisites { get; init; } =
        ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>Key of a security group → the policy whose it is, if what that allows is to be inspected.</summary>
    public ImmutableDictionary<string, (PolicyIntent Policy, PolicyVariant Variant)> Inspected { get; init; } =
        ImmutableDictionary<string, (PolicyIntent, PolicyVariant)>.Empty;

    public ClusterIntent Intent { get; init; } = ClusterIntent.Empty;

    /// <summary>
    /// Ports that have to be bound before what they wait for can be made: a cloud's chain learns where its ports are when it is made, and never
    /// again. Until then they have no security group, and so no traffic.
    /// </summary>
    public ImmutableHashSet<string> BoundFirst { get; init; } = [];

    /// <summary>For the authors of policies: what about each could not be done.</summary>
    public ImmutableSortedDictionary<PolicyId, ImmutableArray<PolicyProblem>> ProblemsOf { get; init; } = ImmutableSortedDictionary<PolicyId, ImmutableArray<PolicyProblem>>.Empty;

    public IEnumerable<PolicyProblem> Problems => ProblemsOf.Values.SelectMany(problems => problems);

    /// <summary>
    /// What has to be in force before the port may carry traffic, or the group get further rules: else there would be a moment in
    /// which what is to be inspected is merely allowed. A group may open further only once all of its pods' classifiers are in force.
    /// </summary>
    public ImmutableArray<string> PrerequisitesOf(string key) => PortPrerequisites.TryGetValue(key, out var own) ? own
        : Inspected.TryGetValue(key, out var group) ? [.. Intent.PodsOf(group.Policy, group.Variant).SelectMany(pod => PortPrerequisites.GetValueOrDefault(Key.Port(pod.Uid), [])).Distinct()]
        : [];

    private static ImmutableSortedDictionary<string, T> Empty<T>() => ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);
}

/// <summary>What of a policy has no effect, in words for its author.</summary>
internal readonly record struct PolicyProblem(PolicyKind Kind, Name Policy, string Problem);
