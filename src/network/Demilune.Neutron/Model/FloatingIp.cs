namespace Demilune.Neutron;

/// <summary>An address of an external network that stands for a port's own.</summary>
public sealed record FloatingIp : StandardResource, IResource<FloatingIp>
{
    public string? FloatingNetworkId { get; init; }
    public string? FloatingIpAddress { get; init; }

    /// <summary>The port that it stands for; null: none.</summary>
    public string? PortId { get; init; }

    /// <summary>Which of the port's addresses.</summary>
    public string? FixedIpAddress { get; init; }

    /// <summary>The router that joins both networks. Read-only.</summary>
    public string? RouterId { get; init; }

    public string? QosPolicyId { get; init; }

    /// <summary>ACTIVE or DOWN. Read-only.</summary>
    public string? Status { get; init; }

    public static ResourceKind<FloatingIp> Kind { get; } = new(
        "floatingips", "floatingip", "floatingips", NeutronJson.Default.FloatingIp, Bulk: false, "tags", "status", "router_id", "name");
}
