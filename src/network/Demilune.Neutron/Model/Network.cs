using System.Text.Json.Serialization;

namespace Demilune.Neutron;

/// <summary>A layer 2 segment.</summary>
public sealed record Network : StandardResource, IResource<Network>
{
    public bool? AdminStateUp { get; init; }
    public bool? Shared { get; init; }
    [JsonPropertyName("router:external")] public bool? External { get; init; }

    /// <summary>Bytes of an IP packet; default 1500 here.</summary>
    public int? Mtu { get; init; }

    /// <summary>Default of its ports.</summary>
    public bool? PortSecurityEnabled { get; init; }

    /// <summary>"demilune" in the built-in SDN. Read-only here.</summary>
    [JsonPropertyName("provider:network_type")] public string? NetworkType { get; init; }

    /// <summary>Of a network of type "demilune" its number in the datapath, 1..65535. Read-only here.</summary>
    [JsonPropertyName("provider:segmentation_id")] public int? SegmentationId { get; init; }

    /// <summary>The wire below, of those types that have one. Read-only here.</summary>
    [JsonPropertyName("provider:physical_network")] public string? PhysicalNetwork { get; init; }

    /// <summary>The number in the datapath of a network of another type; the built-in SDN's own, shown to nobody.</summary>
    [JsonPropertyName("demilune:number")] public int? Number { get; init; }

    public string? QosPolicyId { get; init; }
    public IReadOnlyList<string>? AvailabilityZoneHints { get; init; }

    /// <summary>ACTIVE or DOWN. Read-only.</summary>
    public string? Status { get; init; }

    /// <summary>Ids. Read-only.</summary>
    public IReadOnlyList<string>? Subnets { get; init; }

    public static ResourceKind<Network> Kind { get; } =
        new("networks", "network", "networks", NeutronJson.Default.Network, Bulk: true, "status", "subnets", "tags",
            "provider:network_type", "provider:segmentation_id", "provider:physical_network", "demilune:number");
}
