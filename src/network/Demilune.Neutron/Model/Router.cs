using System.Text.Json.Serialization;

namespace Demilune.Neutron;

/// <summary>Forwards between networks, and to the outside through a gateway.</summary>
public sealed record Router : StandardResource, IResource<Router>
{
    public bool? AdminStateUp { get; init; }

    /// <summary>Null: no gateway. An empty object in an update takes the gateway away.</summary>
    public ExternalGateway? ExternalGatewayInfo { get; init; }

    /// <summary>Beside those to its own subnets.</summary>
    public IReadOnlyList<HostRoute>? Routes { get; init; }

    public IReadOnlyList<string>? AvailabilityZoneHints { get; init; }

    /// <summary>ACTIVE or DOWN. Read-only.</summary>
    public string? Status { get; init; }

    /// <summary>Of its domain in the datapath; the built-in SDN's own, shown to nobody.</summary>
    [JsonPropertyName("demilune:number")] public int? Number { get; init; }

    public static ResourceKind<Router> Kind { get; } =
        new("routers", "router", "routers", NeutronJson.Default.Router, Bulk: false, "tags", "status", "demilune:number");
}

/// <summary>Where a router meets the outside.</summary>
public sealed record ExternalGateway
{
    /// <summary>A network that is external.</summary>
    public string? NetworkId { get; init; }

    /// <summary>True (default): what leaves has the gateway's address.</summary>
    public bool? EnableSnat { get; init; }

    public IReadOnlyList<FixedIp>? ExternalFixedIps { get; init; }

    public string? QosPolicyId { get; init; }
}
