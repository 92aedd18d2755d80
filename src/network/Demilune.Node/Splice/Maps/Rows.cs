using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Demilune.Node.Splice.Maps;

// The rows of bpf/maps.h that user space writes or reads, field by field in the same order: an ABI that a test compares with
// the C side. Integers are of this machine unless the C says __be16.

// Of the tables whose rows have two versions, these are the versions (VersionedTable).

/// <summary>16 bytes; IPv4 as ::ffff:a.b.c.d.</summary>
[InlineArray(16)]
internal struct Address16
{
    private byte _first;
}

[InlineArray(6)]
internal struct Mac6
{
    private byte _first;
}

[StructLayout(LayoutKind.Sequential)]
internal struct PortRow
{
    public ulong Policy, Classes, Pair;
    public uint Network;
    public byte Kind, Flags;
    public Mac6 Mac;
    public ushort RouterIpv4, RouterIpv6;

    public const byte Security = 1, Up = 2, Learns = 4, Shaped = 8, Apart = 16, Exists = 32;
}

[StructLayout(LayoutKind.Sequential)]
internal struct AddressKey
{
    public uint Network;
    public Address16 Address;
}

[StructLayout(LayoutKind.Sequential)]
internal struct AddressRow
{
    public ulong Identity;
    public uint Interface;
    public Mac6 Mac;
    public byte Flags, Pad1;
    public uint Pad2;

    public const byte Straight = 1;
}

[StructLayout(LayoutKind.Sequential)]
internal struct PrefixKey
{
    public uint Length, Network;
    public Address16 Address;
}

[StructLayout(LayoutKind.Sequential)]
internal struct OverlayRow
{
    public Address16 Node;
    public uint Interface, On;
}

[StructLayout(LayoutKind.Sequential)]
internal struct RemoteRow
{
    public Address16 Node;
}

[StructLayout(LayoutKind.Sequential)]
internal struct RouteRow
{
    public Address16 Via;
}

[StructLayout(LayoutKind.Sequential)]
internal struct LearntKey
{
    public uint Interface;
    public Address16 Address;
}

/// <summary>Expires: nanoseconds since boot.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LearntRow
{
    public ulong Identity, Expires;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ListenerRow
{
    public ulong Until;
    public uint Interface, Pad;
}

[StructLayout(LayoutKind.Sequential)]
internal struct RulesKey
{
    public ulong Subject, Identity;
    public byte Direction, Family;
    public ushort Page;
    public uint Pad;
}

[StructLayout(LayoutKind.Sequential)]
internal struct RuleRow
{
    public byte ProtocolMin, ProtocolMax;
    public ushort PortMin, PortMax;
}

[InlineArray(RulesPage.Length)]
internal struct RuleRows
{
    private RuleRow _first;
}

[StructLayout(LayoutKind.Sequential)]
internal struct RulesPage
{
    public const int Length = 16, MaxPages = 8;

    public byte Count, More;
    public RuleRows Rules;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ClassRow
{
    public ulong Chain;
    public ushort Tag, SourceMin, SourceMax, PortMin, PortMax;
    public byte Protocol, OnFailure;
    public uint Pad;
}

[InlineArray(RulesPage.Length)]
internal struct ClassRows
{
    private ClassRow _first;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ClassesPage
{
    public byte Count, More;
    private Mac6 _pad;
    public ClassRows Classes;
}

[InlineArray(ChainRow.MaxPairs)]
internal struct PairKeys
{
    private ulong _first;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ChainRow
{
    public const int MaxPairs = 16;

    public uint Count, Pad;
    public PairKeys Pairs;
}

[StructLayout(LayoutKind.Sequential)]
internal struct PairRow
{
    public ulong LastIn, LastOut, Deadline;
    public uint InInterface, OutInterface, Instance, Incarnation, Flags, Pad;

    public const uint PlainFrames = 1;
}

[StructLayout(LayoutKind.Sequential)]
internal struct PairCountersRow
{
    public ulong ToIn, FromOut, ToOut, FromIn, DroppedClosed, PassedOpen, Flows, Heartbeats;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ConfigRow
{
    public ulong Generation;
}

[StructLayout(LayoutKind.Sequential)]
internal struct EventRow
{
    public ulong Time;
    public Address16 Source, Destination;
    public ushort SourcePort, DestinationPort;      // __be16
    public ushort Network, Tag;
    public byte Kind, Verdict, Protocol, Reason;
    public uint Pad;
    public ulong PacketsToServer, PacketsToClient;
}
