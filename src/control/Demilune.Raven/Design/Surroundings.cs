using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Design;

/// <summary>What the design of a policy or a pod may look at beside the policy or pod itself.</summary>
/// <param name="AddressesOf">Of a selector's members, as far as their ports exist.</param>
internal sealed record Surroundings(
    ClusterIntent Intent, Capabilities Capabilities, RavenOptions Options, IReadOnlyDictionary<string, Inspection> Inspections,
    ServiceAccess Services, Func<PeerSelector, IEnumerable<Prefix>> AddressesOf)
{
    public string Mark(string key) => Key.Mark(Options.ClusterName, key);

    public Remotes Remotes() => new(AddressesOf, Options);
}

/// <summary>One policy's part of the network.</summary>
/// <param name="Groups">Its security groups by key, each with all rules that it should have.</param>
/// <param name="Inspected">Keys of those whose rules wait for classifiers.</param>
/// <param name="Uses">The address groups that its rules name.</param>
/// <param name="Speaks">Whom its rules name, whether by address group or by address.</param>
/// <param name="OpensServicesOfAll">It has rules that open every Service of the cluster's pods.</param>
internal sealed record PolicyPart(
    PolicyIntent Policy,
    ImmutableDictionary<string, (SecurityGroup Group, ImmutableArray<SecurityGroupRule> Rules)> Groups,
    ImmutableDictionary<string, (PolicyIntent Policy, PolicyVariant Variant)> Inspected,
    IReadOnlyCollection<GroupUse> Uses, ImmutableHashSet<PeerSelector> Speaks, bool OpensServicesOfAll, ImmutableArray<PolicyProblem> Problems);

/// <summary>One pod's part of the network.</summary>
/// <param name="Ports">Its own by key, and of a firewall its two others.</param>
/// <param name="Pair">Of a firewall.</param>
/// <param name="Classifiers">By key, with the firewall in whose chain each is.</param>
/// <param name="Prerequisites">Of its own port.</param>
/// <param name="Limit">Null: none, or the network knows of none.</param>
internal sealed record PodPart(
    PlacedPod Pod, ImmutableDictionary<string, Port> Ports, PortPair? Pair,
    ImmutableDictionary<string, (FlowClassifier Classifier, string Firewall)> Classifiers,
    ImmutableArray<string> Prerequisites, IReadOnlyCollection<GroupUse> Uses, Bandwidth? Limit);
