namespace Demilune.Neutron;

/// <summary>A port that carries other ports' frames, told apart by VLAN: for pods inside of virtual machines.</summary>
public sealed record Trunk : StandardResource, IResource<Trunk>
{
    public string? PortId { get; init; }
    public bool? AdminStateUp { get; init; }

    /// <summary>Given when created, later changed by add_subports and remove_subports only.</summary>
    public IReadOnlyList<SubPort>? SubPorts { get; init; }

    /// <summary>ACTIVE, DOWN, BUILD, DEGRADED or ERROR. Read-only.</summary>
    public string? Status { get; init; }

    public static ResourceKind<Trunk> Kind { get; } =
        new("trunks", "trunk", "trunks", NeutronJson.Default.Trunk, Bulk: false, "tags", "status");
}

/// <summary>A port that a trunk carries.</summary>
public sealed record SubPort
{
    public string? PortId { get; init; }

    /// <summary>"vlan".</summary>
    public string? SegmentationType { get; init; }

    /// <summary>The VLAN, 1 to 4094; unique within the trunk.</summary>
    public int? SegmentationId { get; init; }
}
