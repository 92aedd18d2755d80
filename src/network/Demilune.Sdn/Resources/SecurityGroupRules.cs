using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class SecurityGroupRules : Collection<SecurityGroupRule>
{
    /// <summary>Sent as a name or a number; kept as text.</summary>
    private static readonly Check Protocol = (ref value) =>
    {
        if (value is null) return null;
        if (value is not JsonValue) return $"{Checks.Quote(value)} is not a valid string";
        value = value.ToString().ToLowerInvariant();
        return null;
    };

    private static readonly Check Ethertype = (ref value) =>
    {
        if (Checks.TextOf(value) is { } text) value = text.ToUpperInvariant() switch { "IPV4" => "IPv4", "IPV6" => "IPv6", _ => text };
        else value = Checks.Python(value);
        return null;
    };

    /// <summary>Refused below with a type of its own; -1 stands for what is no number.</summary>
    private static readonly Check PortNumber = (ref value) =>
    {
        if (value is null) return null;
        value = Checks.Int(int.MinValue, int.MaxValue)(ref value) is null ? value : -1;
        return null;
    };

    private static readonly Check RemotePrefix = (ref value) =>
    {
        if (value is not null) value = Checks.Python(value) is { Length: > 0 } text ? Address.TryParse(text, out var address) ? $"{address}/{address.Bits}" : text : null;
        return null;
    };

    public override AttributeTable Attributes { get; } = new AttributeTable(
        standard: true,
        Attribute.RequiredOnce("security_group_id", Checks.Text(255)),
        Attribute.RequiredOnce("direction", Checks.OneOf("ingress", "egress")),
        Attribute.Once("ethertype", Ethertype) with { Default = () => "IPv4" },
        Attribute.Once("protocol", Protocol),
        Attribute.Once("port_range_min", PortNumber),
        Attribute.Once("port_range_max", PortNumber),
        Attribute.Once("remote_ip_prefix", RemotePrefix),
        Attribute.Once("remote_group_id", Checks.TextOrNull(255)),
        Attribute.Once("remote_address_group_id", Checks.TextOrNull(255)),
        Attribute.Once("remote_domain_name", DomainNames.Check),
        Attribute.Once("action", Checks.OrNull(Checks.OneOf("allow", "deny", "pass"))),
        Attribute.Once("tier", Checks.OrNull(Checks.Int(1, 254))),
        Attribute.Once("order", Checks.OrNull(Checks.Int(0, int.MaxValue))),
        Attribute.ReadOnly("normalized_cidr"),
        Attribute.ReadOnly("belongs_to_default_sg")).Without("name");

    public override Fault? TogetherFault(IReadOnlyList<JsonObject> all)
    {
        if (all.Select(rule => rule["security_group_id"]?.ToString()).Distinct(StringComparer.Ordinal).Count() > 1)
            return new(400, "SecurityGroupNotSingleGroupRules", "Only allowed to update rules for one security profile at a time.");
        return all.Select(rule => rule.ToJsonString()).Distinct(StringComparer.Ordinal).Count() == all.Count ? null
            : new(409, "DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST.");
    }

    public override bool Updatable => false;

    public override Fault NotFound(string id) => new(404, "SecurityGroupRuleNotFound", $"Security group rule {id} does not exist");

    /// <summary>The rules that are in the group (not those that name it as their remote).</summary>
    public static IEnumerable<SecurityGroupRule> Of(NetworkState state, string groupId) =>
        state.Referrers<SecurityGroupRule>(groupId).Where(rule => rule.SecurityGroupId == groupId).OrderBy(rule => rule.Id, StringComparer.Ordinal);

    protected override Fault? OnCreate(Draft draft, ref SecurityGroupRule made)
    {
        var rule = made;
        if (draft.State.Find<SecurityGroup>(rule.SecurityGroupId) is not { } group || !draft.Sees(group))
            return new(404, "SecurityGroupNotFound", $"Security group {rule.SecurityGroupId} does not exist");
        if (ShapeFault(rule, out var cidr) is { } shape) return shape;
        // In IPv6 "icmp" and its number mean ICMPv6, and are shown so.
        if (rule is { Ethertype: "IPv6", Protocol: { } said })
            made = made with { Protocol = said switch { "icmp" or "icmpv6" => "ipv6-icmp", "1" => "58", _ => said } };
        if (rule.RemoteGroupId is { } remote && !draft.Sees(typeof(SecurityGroup), remote))
            return new(404, "SecurityGroupNotFound", $"Security group {remote} does not exist");
        if (rule.RemoteAddressGroupId is { } addresses && !draft.Sees(typeof(AddressGroup), addresses))
            return new(404, "AddressGroupNotFound", $"Address group {addresses} could not be found.");
        made = made with { Name = null, NormalizedCidr = cidr?.Normalized, BelongsToDefaultSg = group.Name == "default" };
        if (draft.State.Holder(SameKey(made)) is { } same)
            return new(409, "SecurityGroupRuleExists", $"Security group rule already exists. Rule id is {same}.");
        draft.Touch<SecurityGroup>(group.Id);
        return null;
    }

    protected override Fault? OnDelete(Draft draft, SecurityGroupRule gone)
    {
        draft.Touch<SecurityGroup>(gone.SecurityGroupId);
        return null;
    }

    protected override IEnumerable<string> References(SecurityGroupRule resource) =>
        ((string?[])[resource.SecurityGroupId, resource.RemoteGroupId, resource.RemoteAddressGroupId]).OfType<string>();

    protected override IEnumerable<string> Keys(SecurityGroupRule resource) => [SameKey(resource)];

    /// <summary>What makes two rules the same: everything but id, name, description and owner.</summary>
    private static string SameKey(SecurityGroupRule rule)
    {
        var protocol = IpProtocol.TryParse(rule.Protocol, out var number) ? number : -1;
        return string.Join(
            ' ', "rule", rule.SecurityGroupId, rule.Direction, rule.Ethertype, IpProtocol.In(rule.Ethertype == "IPv6", protocol), rule.PortRangeMin, rule.PortRangeMax,
            // As it was said: the real server takes 10.0.0.0/8 and 10.0.0.1/8 for two. Everybody is nobody in particular.
            rule.RemoteIpPrefix is "0.0.0.0/0" or "::/0" ? null : rule.RemoteIpPrefix, rule.RemoteGroupId, rule.RemoteAddressGroupId, rule.RemoteDomainName, rule.Action ?? "allow", rule.Tier, rule.Order);
    }

    private static Fault? ShapeFault(SecurityGroupRule rule, out Cidr? cidr)
    {
        cidr = null;
        if (rule.Ethertype is not ("IPv4" or "IPv6"))
            return new(400, "SecurityGroupRuleInvalidEtherType",
                $"Security group rule for ethertype '{rule.Ethertype}' not supported. Allowed values are ['IPv4', 'IPv6'].");
        var ipv6 = rule.Ethertype == "IPv6";
        if (rule.Action is "deny" or "pass" && rule.Tier is null)
            return Fault.BadRequest($"A rule with action '{rule.Action}' needs a tier: rules without one all allow.");
        if (((string?[])[rule.RemoteIpPrefix, rule.RemoteGroupId, rule.RemoteAddressGroupId]).Count(remote => remote is not null) > 1)
            return new(400, "SecurityGroupMultipleRemoteEntites",
                "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.");
        if (rule.RemoteDomainName is not null)
        {
            if (rule.RemoteIpPrefix is not null || rule.RemoteGroupId is not null || rule.RemoteAddressGroupId is not null)
                return Fault.BadRequest("remote_domain_name excludes the other remotes.");
            if (rule.Direction != "egress" || rule.Action is "deny" or "pass")
                return Fault.BadRequest("remote_domain_name: only egress can be allowed by name; nobody knows all addresses of a name.");
        }
        if (!IpProtocol.TryParse(rule.Protocol, out var protocol))
            return new(400, "SecurityGroupRuleInvalidProtocol",
                $"Security group rule protocol {rule.Protocol} not supported. Only protocol values [{string.Join(", ", IpProtocol.Names.Select(name => $"'{name}'"))}] and integer representations [0 to 255] are supported.");
        if (!ipv6 && IpProtocol.IsOfIpv6(protocol))
            return new(400, "SecurityGroupEthertypeConflictWithProtocol", $"Invalid ethertype {rule.Ethertype} for protocol {rule.Protocol}.");
        if (PortFault(rule, IpProtocol.In(ipv6, protocol)) is { } port) return port;
        if (rule.RemoteIpPrefix is not { } prefix) return null;
        // A bare address is a prefix of its full length here, unlike elsewhere in the API.
        if (Address.TryParse(prefix, out var address)) cidr = new(address, address.Bits);
        else if (Cidr.TryParse(prefix, out var parsed)) cidr = parsed;
        else return new(400, "InvalidCIDR", $"Invalid CIDR {prefix} given as IP prefix.");
        return cidr.Value.IsV6 == ipv6 ? null
            : new(400, "SecurityGroupRuleParameterConflict", $"Conflicting value ethertype {rule.Ethertype} for CIDR {prefix}");
    }

    private static Fault? PortFault(SecurityGroupRule rule, int protocol)
    {
        var (min, max) = (rule.PortRangeMin, rule.PortRangeMax);
        if (min is null && max is null) return null;
        if (rule.Protocol is null || protocol == 0)
            return new(400, "SecurityGroupProtocolRequiredWithPorts", "Must also specify protocol if port range is given.");
        if (protocol is IpProtocol.Icmp or IpProtocol.IcmpV6)
        {
            // The datapath cannot tell codes apart; an allowance that it cannot express is none, but a denial must not be lost.
            if (rule.Action is "deny" or "pass") return Fault.BadRequest($"A rule with action '{rule.Action}' cannot select ICMP types.");
            foreach (var (field, attribute, value) in ((string, string, int?)[])[("type", "port_range_min", min), ("code", "port_range_max", max)])
                if (value is < 0 or > 255)
                    return new(400, "SecurityGroupInvalidIcmpValue", $"Invalid value for ICMP {field} ({attribute}) {value}. It must be 0 to 255.");
            return min is null
                ? new(400, "SecurityGroupMissingIcmpType", $"ICMP code (port-range-max) {max} is provided but ICMP type (port-range-min) is missing.")
                : null;
        }
        if (!IpProtocol.HasPorts(protocol))
            return new(400, "SecurityGroupInvalidProtocolForPort", $"Invalid protocol {rule.Protocol} for port range, only supported for protocols ['dccp', 'sctp', 'tcp', 'udp', 'udplite'].");
        foreach (var port in (int?[])[min, max])
            if (port is < 1 or > 65_535)
                return new(400, "SecurityGroupInvalidPortValue", $"Invalid value for port {port}");
        return min is null || max is null || min > max
            ? new(400, "SecurityGroupInvalidPortRange", "For TCP/UDP protocols, port_range_min must be <= port_range_max")
            : null;
    }
}
