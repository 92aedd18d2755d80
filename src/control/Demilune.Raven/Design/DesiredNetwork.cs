using System.Collections.Immutable;
using Demilune.Neutron;
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

    public ImmutableSortedDictionary<string, Port> Ports { get; init; } = Empty<Port>();
    public ImmutableSortedDictionary<string, PortPair> PortPairs { get; init; } = Empty<PortPair>();
    public ImmutableSortedDictionary<string, PortPairGroup> PortPairGroups { get; init; } = Empty<PortPairGroup>();
    public ImmutableSortedDictionary<string, FlowClassifier> FlowClassifiers { get; init; } = Empty<FlowClassifier>();
    public ImmutableSortedDictionary<string, PortChain> PortChains { get; init; } = Empty<PortChain>();

    /// <summary>
    /// Port or security group → what has to be in force before the port may carry traffic, or the group get further rules:
    /// else there would be a moment in which what is to be inspected is merely allowed.
    /// </summary>
    public ImmutableDictionary<string, ImmutableArray<string>> Prerequisites { get; init; } =
        ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>For the authors of policies: what about each could not be done.</summary>
    public ImmutableArray<PolicyProblem> Problems { get; init; } = [];

    private static ImmutableSortedDictionary<string, T> Empty<T>() => ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);
}

/// <summary>What of a policy has no effect, in words for its author.</summary>
internal readonly record struct PolicyProblem(PolicyKind Kind, Name Policy, string Problem);
