using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Raven.Design;

/// <summary>A <see cref="DesiredNetwork"/> while it changes, and the keys of what did.</summary>
internal sealed class Draft(DesiredNetwork before)
{
    private readonly ImmutableSortedDictionary<string, SecurityGroup>.Builder _securityGroups = before.SecurityGroups.ToBuilder();
    private readonly ImmutableDictionary<string, ImmutableArray<SecurityGroupRule>>.Builder _rules = before.Rules.ToBuilder();
    private readonly ImmutableDictionary<string, (PolicyIntent, PolicyVariant)>.Builder _inspected = before.Inspected.ToBuilder();
    private readonly HashSet<string> _touched = new(StringComparer.Ordinal);

    public ImmutableSortedDictionary<string, AddressGroup>.Builder AddressGroups { get; } = before.AddressGroups.ToBuilder();
    public ImmutableSortedDictionary<string, QosPolicy>.Builder QosPolicies { get; } = before.QosPolicies.ToBuilder();
    public ImmutableSortedDictionary<string, Port>.Builder Ports { get; } = before.Ports.ToBuilder();
    public ImmutableSortedDictionary<string, PortPair>.Builder PortPairs { get; } = before.PortPairs.ToBuilder();
    public ImmutableSortedDictionary<string, PortPairGroup>.Builder PortPairGroups { get; } = before.PortPairGroups.ToBuilder();
    public ImmutableSortedDictionary<string, FlowClassifier>.Builder FlowClassifiers { get; } = before.FlowClassifiers.ToBuilder();
    public ImmutableSortedDictionary<string, PortChain>.Builder PortChains { get; } = before.PortChains.ToBuilder();
    public ImmutableDictionary<string, ImmutableArray<string>>.Builder PortPrerequisites { get; } = before.PortPrerequisites.ToBuilder();
    public ImmutableSortedDictionary<PolicyId, ImmutableArray<PolicyProblem>>.Builder Problems { get; } = before.ProblemsOf.ToBuilder();

    public IReadOnlySet<string> Touched => _touched;

    /// <param name="thing">Null: it should not be there.</param>
    public void Set<T>(ImmutableSortedDictionary<string, T>.Builder things, string key, T? thing)
        where T : Resource
    {
        if (thing is null ? !things.Remove(key) : things.TryGetValue(key, out var known) && known == thing) return;
        if (thing is not null) things[key] = thing;
        _touched.Add(key);
    }

    /// <param name="group">Null: it should not be there.</param>
    /// <param name="inspected">The policy whose it is, if its rules wait for classifiers.</param>
    public void SetGroup(string key, (SecurityGroup Group, ImmutableArray<SecurityGroupRule> Rules)? group, (PolicyIntent, PolicyVariant)? inspected)
    {
        _touched.Add(key);
        if (group is { } wanted) (_securityGroups[key], _rules[key]) = wanted;
        else
        {
            _securityGroups.Remove(key);
            _rules.Remove(key);
        }
        if (inspected is { } policy) _inspected[key] = policy;
        else _inspected.Remove(key);
    }

    public DesiredNetwork ToDesired() => before with
    {
        SecurityGroups = _securityGroups.ToImmutable(),
        Rules = _rules.ToImmutable(),
        Inspected = _inspected.ToImmutable(),
        AddressGroups = AddressGroups.ToImmutable(),
        QosPolicies = QosPolicies.ToImmutable(),
        Ports = Ports.ToImmutable(),
        PortPairs = PortPairs.ToImmutable(),
        PortPairGroups = PortPairGroups.ToImmutable(),
        FlowClassifiers = FlowClassifiers.ToImmutable(),
        PortChains = PortChains.ToImmutable(),
        PortPrerequisites = PortPrerequisites.ToImmutable(),
        ProblemsOf = Problems.ToImmutable(),
    };
}
