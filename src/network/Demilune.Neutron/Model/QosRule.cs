namespace Demilune.Neutron;

/// <summary>One limit of a QoS policy. Of one type and direction a policy has at most one.</summary>
public sealed record QosRule : Resource, IResource<QosRule>
{
    /// <summary>One of <see cref="QosRuleTypes"/>: it is part of the rule's path, and says which of the members below count. Read-only.</summary>
    public string? Type { get; init; }

    /// <summary>Read-only: part of the path.</summary>
    public string? QosPolicyId { get; init; }

    /// <summary>"egress" (default): what the port sends. "ingress": what it receives. "any" of packet rates only.</summary>
    public string? Direction { get; init; }

    /// <summary>bandwidth_limit: kilobits a second.</summary>
    public long? MaxKbps { get; init; }

    /// <summary>bandwidth_limit: kilobits; 0 (default): the server's choice, usually 80 % of the rate.</summary>
    public long? MaxBurstKbps { get; init; }

    /// <summary>minimum_bandwidth: kilobits a second.</summary>
    public long? MinKbps { get; init; }

    /// <summary>dscp_marking: 0 to 56, only those that RFC 2474 and its kin define.</summary>
    public int? DscpMark { get; init; }

    /// <summary>packet_rate_limit: thousand packets a second.</summary>
    public long? MaxKpps { get; init; }

    /// <summary>packet_rate_limit: thousand packets; 0 (default): the server's choice.</summary>
    public long? MaxBurstKpps { get; init; }

    /// <summary>minimum_packet_rate: thousand packets a second.</summary>
    public long? MinKpps { get; init; }

    /// <summary>Rules live below their policy; see <see cref="INeutron.AddQosRuleAsync"/>.</summary>
    public static ResourceKind<QosRule> Kind { get; } =
        new("qos/rules", "rule", "rules", NeutronJson.Default.QosRule, Bulk: false, "type", "qos_policy_id", "name", "description", "project_id");
}

/// <summary>What a rule of a QoS policy limits or marks.</summary>
public static class QosRuleTypes
{
    public const string BandwidthLimit = "bandwidth_limit";
    public const string DscpMarking = "dscp_marking";
    public const string MinimumBandwidth = "minimum_bandwidth";
    public const string PacketRateLimit = "packet_rate_limit";
    public const string MinimumPacketRate = "minimum_packet_rate";
}
