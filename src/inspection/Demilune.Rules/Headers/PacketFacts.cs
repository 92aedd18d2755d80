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

    /// <summary>The packet belongs to no flow: a fragment, a protocol that has none, or headers that could not be read.</summary>
    public bool Stateless;

    public AppProtocol App;

    /// <summary>What is at hand is this piece of the protocol.</summary>
    public Buffers.FrameType Frame;

    /// <summary>Bytes of transport payload in this packet.</summary>
    public int PayloadLength;

    public byte Ttl, Tos;
    public ushort IpId;

    /// <summary>Fragment bits as in the header's top three bits: 4 reserved, 2 don't fragment, 1 more fragments.</summary>
    public byte FragmentBits;

    /// <summary>As in the header: units of eight bytes for IPv4, bytes for IPv6.</summary>
    public ushort FragmentOffset;

    /// <summary>It was put together from fragments.</summary>
    public bool IsDefragmented;

    /// <summary>A bit for each decoder event, numbered by <see cref="Compile.RuleSetOptions.DecodeEvent"/>.</summary>
    public UInt128 DecodeEvents;

    /// <summary>IPv4 options that it has, in the bits of <c>ipopts</c>.</summary>
    public ushort IpOptions;

    /// <summary>Which checksums are wrong.</summary>
    public WrongChecksums WrongChecksums;

    /// <summary>Nobody looked at checksums: all count as right.</summary>
    public bool ChecksumsIgnored;

    /// <summary>CWR ECE URG ACK PSH RST SYN FIN, from bit 7 down.</summary>
    public byte TcpFlags;
    public uint TcpSequence, TcpAcknowledgment;
    public ushort TcpWindow, TcpMaximumSegment, TcpUrgent;

    public byte IcmpType, IcmpCode;
    /// <summary>Of those messages that have them; <see cref="HasIcmpId"/>.</summary>
    public ushort IcmpId, IcmpSequence;
    public bool HasIcmpId;

    /// <summary>What an ICMPv6 "packet too big" tells; 0 of others.</summary>
    public uint IcmpMtu;

    /// <summary>Whole seconds since the flow began.</summary>
    public long FlowAge;

    /// <summary>Bytes sent so far by each side of the flow's TCP stream (<c>stream_size</c>).</summary>
    public long ClientStreamBytes, ServerStreamBytes;

    /// <summary>What is odd about this segment: a bit of <see cref="Headers.StreamEvents.Bit"/> each.</summary>
    public UInt128 StreamEvents;
}

/// <summary>Checksums that do not fit.</summary>
[Flags]
public enum WrongChecksums : byte
{
    None = 0,
    Ip = 1,
    Transport = 2,
}
