using System.Runtime.CompilerServices;
using Demilune.Neutron;

namespace Demilune.Sdn.Topology;

/// <summary>What was said of an object in the datapath's words, for as long as the object is what it was. Safe for concurrent use.</summary>
/// <remarks>Objects of the network never change, they are replaced: so what is remembered of one is true, and goes with it.</remarks>
internal sealed class Translation
{
    private readonly ConditionalWeakTable<SecurityGroupRule, Contracts.Nodes.SecurityGroupRule> _rules = [];
    private readonly ConditionalWeakTable<AddressGroup, Contracts.Nodes.AddressSet> _groups = [];

    /// <inheritdoc cref="SecurityRules.Translate"/>
    public Contracts.Nodes.SecurityGroupRule? Of(SecurityGroupRule rule)
    {
        if (_rules.TryGetValue(rule, out var known)) return known;
        if (SecurityRules.Translate(rule) is not { } translated) return null;
        _rules.AddOrUpdate(rule, translated);
        return translated;
    }

    private readonly ConditionalWeakTable<NetworkState, Placement> _placements = [];
    private volatile Placement? _placement;

    /// <summary>Asked by all nodes, once each; worked out for the first of them.</summary>
    public Placement PlacementOf(NetworkState state) => _placements.GetValue(state, state => _placement = new(state, _placement));

    public Contracts.Nodes.AddressSet Of(AddressGroup group) => _groups.GetValue(group, static group => AddressSets.Of(group.Id, group.Addresses ?? []));
}
