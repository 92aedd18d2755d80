using System.Diagnostics.CodeAnalysis;

namespace Demilune.Rules.Headers;

/// <summary>What a rule may ask about the packet at hand and its flow. Filled by the caller, oriented as the packet travels.</summary>
[SuppressMessage("Design", "CA1051:Do not declare visible instance fields", Justification = "A plain record of a packet, passed by reference and filled in place.")]
public struct PacketFacts
{
    /// <summary>Sender and receiver of this packet; an IPv4 address is its IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2).</summary>
    public UInt128 Source, Destination;

    /// <summary>IANA protocol number: 6, 17, 1, 58…</summary>
    public byte IpProtocol;
    public bool IsIpv6;

    /// <summary>Zero when the protocol has no ports.</summary>
    public ushort SourcePort, DestinationPort;

    public FlowDirections Direction;

    /// <summary>Both sides have spoken (TCP: the handshake is complete).</summary>
    public bool Established;

    /// <summary>No flow could be found or made for this packet.</summary>
    public bool Stateless;

    public AppProtocol App;

    /// <summary>Bytes of transport payload in this packet.</summary>
    public int PayloadLength;

    public byte Ttl, Tos;
    public ushort IpId;

    /// <summary>Fragment bits as in the header's top three bits: 4 reserved, 2 don't fragment, 1 more fragments.</summary>
    public byte FragmentBits;
    public ushort FragmentOffset;

    /// <summary>CWR ECE URG ACK PSH RST SYN FIN, from bit 7 down.</summary>
    public byte TcpFlags;
    public uint TcpSequence, TcpAcknowledgment;
    public ushort TcpWindow, TcpMaximumSegment;

    public byte IcmpType, IcmpCode;
    public ushort IcmpId, IcmpSequence;

    /// <summary>Bytes sent so far by each side of the flow's TCP stream (<c>stream_size</c>).</summary>
    public long ClientStreamBytes, ServerStreamBytes;
}
