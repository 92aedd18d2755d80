using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

/// <summary>Which flows take a chain.</summary>
/// <remarks>
/// Without our extensions networking-sfc's rules hold: no two classifiers may match one packet. A classifier with a
/// security_policy_tag may overlap others that have one: several policies may select one flow, and all of them judge it.
/// </remarks>
internal sealed class FlowClassifiers : Collection<FlowClassifier>
{
    private static readonly Check Ethertype = (ref value) =>
    {
        if (value is null) value = "IPv4";
        else if (Checks.TextOf(value)?.ToUpperInvariant() is "IPV4" or "IPV6") value = Checks.TextOf(value)!.EndsWith('4') ? "IPv4" : "IPv6";
        return null;
    };

    /// <summary>Refused below with a type of its own.</summary>
    private static readonly Check PortNumber = (ref value) =>
    {
        if (value is not null && Checks.Int(0, 65_535)(ref value) is not null) value = -1;
        return null;
    };

    private static readonly Check Prefix = Checks.OrNull(Checks.Prefix);
    private static readonly Check PortId = Checks.OrNull(Checks.Uuid);

    private static readonly Check Protocol = (ref value) =>
    {
        if (Checks.TextOf(value) is { } text) value = text.ToLowerInvariant();
        return null;
    };

    public override AttributeTable Attributes { get; } = new(
        standard: false,
        new("name", (ref value) => { value ??= ""; return Checks.Text(255)(ref value); }) { Default = () => "" },
        Attribute.Once("ethertype", Ethertype) with { Default = () => "IPv4" },
        Attribute.Once("protocol", Protocol),
        Attribute.Once("source_port_range_min", PortNumber),
        Attribute.Once("source_port_range_max", PortNumber),
        Attribute.Once("destination_port_range_min", PortNumber),
        Attribute.Once("destination_port_range_max", PortNumber),
        Attribute.Once("source_ip_prefix", Prefix),
        Attribute.Once("destination_ip_prefix", Prefix),
        Attribute.Once("logical_source_port", PortId),
        Attribute.Once("logical_destination_port", PortId),
        Attribute.Once("l7_parameters", Checks.Any) with { Default = () => new JsonObject() },
        Attribute.Once("source_address_group_id", PortId),
        Attribute.Once("destination_address_group_id", PortId),
        Attribute.Once("destination_domain_name", DomainNames.Check));

    public override Fault NotFound(string id) => new(404, "FlowClassifierNotFound", $"Flow Classifier {id} not found.");

    public override Fault? Create(Draft draft, JsonObject attributes, out Resource made)
    {
        made = null!;
        return RawFault(attributes) ?? base.Create(draft, attributes, out made);
    }

    protected override Fault? OnCreate(Draft draft, ref FlowClassifier made)
    {
        made = made with { L7Parameters = made.L7Parameters ?? new() };
        if (ShapeFault(made) is { } shape) return shape;
        foreach (var id in ((string?[])[made.LogicalSourcePort, made.LogicalDestinationPort]).OfType<string>())
            if (draft.State.Find<Port>(id) is not { } port || !draft.Sees(port))
                return new(404, "FlowClassifierPortNotFound", $"Flow Classifier Neutron Port {id} not found.");
        foreach (var id in ((string?[])[made.SourceAddressGroupId, made.DestinationAddressGroupId]).OfType<string>())
            if (draft.State.Find<AddressGroup>(id) is null)
                return new(404, "AddressGroupNotFound", $"Address group {id} could not be found.");
        // The splice finds a classifier by the port it is at: without one it would silently match nothing.
        if (made.LogicalSourcePort is null && made.LogicalDestinationPort is null)
            return new(400, "FlowClassifierBadRequest", $"FlowClassifier {made.Id} does not set logical source port or logical destination port");
        var wanted = made;
        return Neighbours(draft.State, made).FirstOrDefault(other => SamePorts(other, wanted) && MayOverlap(other, wanted)) is { } conflict
            ? new(400, "FlowClassifierInConflict", $"Flow Classifier conflicts with another Flow Classifier {conflict.Id}.")
            : null;
    }

    protected override Fault? OnDelete(Draft draft, FlowClassifier gone) =>
        draft.State.Referrers<PortChain>(gone.Id).Any() ? InUse(gone.Id) : null;

    protected override IEnumerable<string> References(FlowClassifier resource) =>
        ((string?[])[resource.LogicalSourcePort, resource.LogicalDestinationPort, resource.SourceAddressGroupId, resource.DestinationAddressGroupId])
        .OfType<string>();

    public static Fault InUse(string id) => new(409, "FlowClassifierInUse", $"Flow Classifier {id} in use.");

    /// <summary>One packet may match both, whatever their logical ports. Two policies' classifiers never conflict, see above.</summary>
    public static bool MayOverlap(FlowClassifier a, FlowClassifier b) =>
        !(a.L7Parameters?.SecurityPolicyTag is not null && b.L7Parameters?.SecurityPolicyTag is not null)
        && a.Ethertype == b.Ethertype
        && (a.Protocol is null || b.Protocol is null || a.Protocol == b.Protocol)
        && PortsOverlap(a.SourcePortRangeMin, a.SourcePortRangeMax, b.SourcePortRangeMin, b.SourcePortRangeMax)
        && PortsOverlap(a.DestinationPortRangeMin, a.DestinationPortRangeMax, b.DestinationPortRangeMin, b.DestinationPortRangeMax)
        && PrefixesOverlap(a.SourceIpPrefix, b.SourceIpPrefix)
        && PrefixesOverlap(a.DestinationIpPrefix, b.DestinationIpPrefix);

    /// <summary>Those that could conflict: the ones at the same logical port. (All classifiers have one.)</summary>
    private static IEnumerable<FlowClassifier> Neighbours(NetworkState state, FlowClassifier wanted) =>
        state.Referrers<FlowClassifier>((wanted.LogicalSourcePort ?? wanted.LogicalDestinationPort)!);

    private static bool SamePorts(FlowClassifier a, FlowClassifier b) =>
        a.LogicalSourcePort == b.LogicalSourcePort && a.LogicalDestinationPort == b.LogicalDestinationPort;

    private static bool PortsOverlap(int? minA, int? maxA, int? minB, int? maxB) =>
        minA is null || minB is null || minA <= (maxB ?? minB) && minB <= (maxA ?? minA);

    private static bool PrefixesOverlap(string? a, string? b) =>
        a is null || b is null || Cidr.TryParse(a, out var one) && Cidr.TryParse(b, out var other) && one.Overlaps(other);

    /// <summary>What networking-sfc refuses with types of its own before anything else.</summary>
    private static Fault? RawFault(JsonObject attributes)
    {
        if (Checks.TextOf(attributes["ethertype"]) is not ("IPv4" or "IPv6"))
            return new(400, "FlowClassifierInvalidEthertype",
                $"Flow Classifier does not support ethertype {attributes["ethertype"]}. Supported ethertype values are ['IPv4', 'IPv6'].");
        if (attributes["protocol"] is { } protocol && Checks.TextOf(protocol) is not ("tcp" or "udp" or "icmp"))
            return new(400, "FlowClassifierInvalidProtocol",
                $"Flow Classifier does not support protocol {protocol}. Supported protocol values are ['tcp', 'udp', 'icmp'].");
        if (attributes["l7_parameters"] is { } l7 and not JsonObject)
            return new(400, "FlowClassifierInvalidL7Parameter", $"Invalid Flow Classifier parameters: {Checks.Quote(l7)} is not a dictionary.");
        foreach (var (name, value) in attributes["l7_parameters"] as JsonObject ?? [])
        {
            if (name == "security_policy_shadow")
            {
                if (value?.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False
                    && (attributes["l7_parameters"] as JsonObject)?.ContainsKey("security_policy_tag") is true) continue;
                return new(400, "FlowClassifierInvalidL7Parameter",
                    $"Invalid Flow Classifier parameters: security_policy_shadow {Checks.Quote(value)} is neither true nor false, or there is no security_policy_tag.");
            }
            if (name != "security_policy_tag")
                return new(400, "FlowClassifierInvalidL7Parameter",
                    $"Invalid Flow Classifier parameters: Unknown key {name}.. Supported flow classifier parameters are {{security_policy_tag, security_policy_shadow}}.");
            if (value?.GetValueKind() != System.Text.Json.JsonValueKind.Number || !value.AsValue().TryGetValue(out int tag) || tag is < 1 or > 4_094)
                return new(400, "FlowClassifierInvalidL7Parameter",
                    $"Invalid Flow Classifier parameters: security_policy_tag {Checks.Quote(value)} is not a number from 1 to 4094.");
        }
        return null;
    }

    private static Fault? ShapeFault(FlowClassifier classifier)
    {
        foreach (var number in (int?[])[classifier.SourcePortRangeMin, classifier.SourcePortRangeMax, classifier.DestinationPortRangeMin, classifier.DestinationPortRangeMax])
            if (number is < 0)
                return new(400, "FlowClassifierInvalidPortValue", "Invalid value for port range: it must be a number from 0 to 65535.");
        foreach (var (min, max) in ((int?, int?)[])
            [(classifier.SourcePortRangeMin, classifier.SourcePortRangeMax), (classifier.DestinationPortRangeMin, classifier.DestinationPortRangeMax)])
        {
            if ((min ?? max) is not null && classifier.Protocol is not ("tcp" or "udp"))
                return new(400, "FlowClassifierProtocolRequiredWithPorts", "IP protocol must be TCP or UDP, if port range is given.");
            if (max is not null && (min is null || min > max))
                return new(400, "FlowClassifierInvalidPortRange",
                    $"Invalid IP protocol port range. min_port_range={(min?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "None")} must be lesser or equal to max_port_range={max}.");
        }
        foreach (var prefix in ((string?[])[classifier.SourceIpPrefix, classifier.DestinationIpPrefix]).OfType<string>())
            if (Cidr.TryParse(prefix, out var cidr) && cidr.IsV6 != (classifier.Ethertype == "IPv6"))
                return new(400, "FlowClassifierIpPrefixFormatConflictWithEthertype", $"IP prefix {prefix} format conflicts with ethertype {classifier.Ethertype}.");
        foreach (var (side, prefix, group) in ((string, string?, string?)[])
            [("source", classifier.SourceIpPrefix, classifier.SourceAddressGroupId), ("destination", classifier.DestinationIpPrefix, classifier.DestinationAddressGroupId)])
            if (prefix is not null && group is not null)
                return new(400, "FlowClassifierMultipleAddresses", $"Only one of {side}_ip_prefix and {side}_address_group_id may be provided.");
        if (classifier.DestinationDomainName is not null
            && (classifier.LogicalSourcePort is null || classifier.LogicalDestinationPort is not null || (classifier.DestinationIpPrefix ?? classifier.DestinationAddressGroupId) is not null))
            return Fault.BadRequest("destination_domain_name: names are learnt where a port opens flows; it needs logical_source_port alone, and no other destination.");
        return null;
    }
}
