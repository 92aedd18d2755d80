namespace Demilune.Wire.Decoding;

/// <summary>Which datagrams may be tunnels. The defaults are Suricata's.</summary>
public sealed record TunnelOptions
{
    public static TunnelOptions Default { get; } = new();

    /// <summary>Layers of one packet, headers of links and tunnels together; a packet with more is not decoded further. Default 16.</summary>
    public int MaxLayers { get; init; } = 16;

    /// <summary>IPv6 in UDP (RFC 4380). Default true.</summary>
    public bool Teredo { get; init; } = true;

    /// <summary>Ports of either end; empty: any, since what is no IPv6 packet to the last byte is not taken for one. Default: any.</summary>
    public IReadOnlyList<ushort> TeredoPorts { get; init; } = [];

    /// <summary>RFC 7348. Default true.</summary>
    public bool Vxlan { get; init; } = true;

    /// <summary>Destination ports. Default 4789.</summary>
    public IReadOnlyList<ushort> VxlanPorts { get; init; } = [4789];

    /// <summary>RFC 8926. Default true.</summary>
    public bool Geneve { get; init; } = true;

    /// <summary>Ports of either end. Default 6081.</summary>
    public IReadOnlyList<ushort> GenevePorts { get; init; } = [6081];
}
