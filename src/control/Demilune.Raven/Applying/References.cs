using Demilune.Neutron;

namespace Demilune.Raven.Applying;

/// <summary>Puts ids where a plan has references.</summary>
internal static class References
{
    /// <param name="id">Key → id; null: there is no such thing (yet).</param>
    /// <returns>Null: a reference that the thing cannot do without leads nowhere. Lists do without.</returns>
    public static Resource? Resolve(Resource resource, Func<string, string?> id)
    {
        var lost = false;
        var resolved = resource switch
        {
            Subnet subnet => subnet with { NetworkId = One(subnet.NetworkId) },
            // A pod starts without its limit rather than not at all: a cloud may let administrators only make QoS policies.
            Port port => port with { NetworkId = One(port.NetworkId), SecurityGroups = All(port.SecurityGroups), QosPolicyId = IfThere(port.QosPolicyId) },
            QosRule rule => rule with { QosPolicyId = One(rule.QosPolicyId) },
            SecurityGroupRule rule => rule with
            {
                SecurityGroupId = One(rule.SecurityGroupId),
                RemoteAddressGroupId = One(rule.RemoteAddressGroupId),
            },
            PortPair pair => pair with { Ingress = One(pair.Ingress), Egress = One(pair.Egress) },
            PortPairGroup group => group with { PortPairs = Many(group.PortPairs) },
            FlowClassifier classifier => classifier with
            {
                LogicalSourcePort = One(classifier.LogicalSourcePort),
                LogicalDestinationPort = One(classifier.LogicalDestinationPort),
                SourceAddressGroupId = One(classifier.SourceAddressGroupId),
                DestinationAddressGroupId = One(classifier.DestinationAddressGroupId),
            },
            PortChain chain => chain with { PortPairGroups = All(chain.PortPairGroups), FlowClassifiers = Many(chain.FlowClassifiers) },
            _ => resource,
        };
        return lost ? null : resolved;

        string? One(string? reference)
        {
            if (reference is not ['@', ..]) return reference;
            var found = id(reference[1..]);
            lost |= found is null;
            return found;
        }

        string? IfThere(string? reference) => reference is ['@', ..] ? id(reference[1..]) : reference;

        IReadOnlyList<string>? All(IReadOnlyList<string>? references) => references is null ? null : [.. references.Select(one => One(one) ?? "")];

        IReadOnlyList<string>? Many(IReadOnlyList<string>? references) => references is null
            ? null
            : [.. references.Select(one => one is ['@', ..] ? id(one[1..]) : one).OfType<string>()];
    }
}
