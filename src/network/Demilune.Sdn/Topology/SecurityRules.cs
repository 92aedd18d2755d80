using Demilune.Sdn.Addressing;
using Demilune.Sdn.Resources;
using Rule = Demilune.Neutron.SecurityGroupRule;

namespace Demilune.Sdn.Topology;

/// <summary>Security groups in the datapath's words.</summary>
internal static class SecurityRules
{
    public static Contracts.Nodes.SecurityGroup Of(NetworkState state, string groupId, Translation translation) => new()
    {
        Id = groupId,
        Rules = { SecurityGroupRules.Of(state, groupId).Select(translation.Of).OfType<Contracts.Nodes.SecurityGroupRule>() },
    };

    /// <returns>Null: the datapath cannot express the rule, and an allowance that cannot be expressed is none.</returns>
    public static Contracts.Nodes.SecurityGroupRule? Translate(Rule rule)
    {
        var ipv6 = rule.Ethertype == "IPv6";
        if (!IpProtocol.TryParse(rule.Protocol, out var number)) return null;
        var protocol = IpProtocol.In(ipv6, number);
        var (min, max) = (rule.PortRangeMin ?? 0, rule.PortRangeMax ?? rule.PortRangeMin ?? 0);
        if (protocol is IpProtocol.Icmp or IpProtocol.IcmpV6)
        {
            // Only the type goes down, and 0 means any there: a rule for one code, or for type 0, would become wider than it is.
            if (rule.PortRangeMax is not null || rule.PortRangeMin is 0) return null;
            max = min;
        }
        return new()
        {
            Id = rule.Id,
            Direction = rule.Direction == "egress"
                ? Contracts.Nodes.SecurityGroupRule.Types.Direction.Egress
                : Contracts.Nodes.SecurityGroupRule.Types.Direction.Ingress,
            Ethertype = ipv6 ? 6u : 4u,
            Protocol = (uint)protocol,
            PortMin = (uint)min,
            PortMax = (uint)max,
            RemotePrefix = rule.NormalizedCidr ?? "",
            RemoteAddressSet = rule.RemoteAddressGroupId ?? rule.RemoteGroupId ?? "",
            RemoteDomainName = rule.RemoteDomainName ?? "",
            Action = rule.Action switch
            {
                "deny" => Contracts.Nodes.SecurityGroupRule.Types.Action.Deny,
                "pass" => Contracts.Nodes.SecurityGroupRule.Types.Action.Pass,
                _ => Contracts.Nodes.SecurityGroupRule.Types.Action.Allow,
            },
            Tier = (uint)(rule.Tier ?? 0),
            Order = (uint)(rule.Order ?? 0),
        };
    }
}
