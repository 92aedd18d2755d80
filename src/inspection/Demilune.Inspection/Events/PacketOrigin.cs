using Demilune.Wire.Decoding;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Events;

/// <summary>What was around a packet: its link, its VLANs, the tunnel that it came through.</summary>
public readonly record struct PacketOrigin
{
    /// <summary>The outermost first.</summary>
    public Vlans Vlans { get; init; }
    public PacketSource Source { get; init; }

    /// <summary>Tunnels around it; 0: none.</summary>
    public int Depth { get; init; }

    /// <summary>The packet that came on the wire, if this one came within it or was completed by it.</summary>
    public TunnelEnds Tunnel { get; init; }

    /// <summary>LINKTYPE_ number of what its bytes begin with.</summary>
    public int Link { get; init; }

    /// <summary>48 bits each, if <see cref="HasEthernet"/>.</summary>
    public ulong EthernetSource { get; init; }
    public ulong EthernetDestination { get; init; }
    public bool HasEthernet { get; init; }
}

/// <summary>Between whom a tunnel goes.</summary>
public readonly record struct TunnelEnds
{
    public IpAddress Source { get; init; }
    public IpAddress Destination { get; init; }

    /// <summary>0 if the protocol has none.</summary>
    public ushort SourcePort { get; init; }
    public ushort DestinationPort { get; init; }
    public byte Protocol { get; init; }
    public PacketSource PacketSource { get; init; }
}
