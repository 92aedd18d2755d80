namespace Demilune.Contracts.Frames;

/// <summary>
/// What the splice writes into the Ethernet header of a frame that it sends into a firewall, and what our own engine
/// may answer. The C side is <c>bpf/frames.h</c>; a test compares the two.
/// </summary>
/// <remarks>
/// <code>
///  data frame    destination 02:d1:FF:FF:FF:FF   FF = flow id (big-endian), never 0
///                source      02:d1:NN:NN:EE:EE   NN = network, EE = low 16 bits of the flow's epoch
///                802.1Q      vid = policy tag, then the packet as it was
///  control frame ethertype   88b5 (IEEE local experimental), no tag; then
///                [0] type    1 heartbeat, 2 verdict, 3 probe
///                [1] verdict 0 none, 1 bypass, 2 drop
///                [2..3]      zero
///                [4..7]      flow id (big-endian); heartbeat: instance, a number that the engine drew at random when it
///                            started. Another instance knows none of the flows of the one before it, and gets none of
///                            them. 0: does not say; then an engine that was silent past its deadline counts as another.
///                [8..9]      epoch (big-endian)
///                padded with zeros to 60 bytes
/// </code>
/// A data frame leaves the firewall by the other interface, unchanged in its Ethernet header. The original direction
/// of a flow enters "in" and leaves by "out"; replies enter "out" and leave by "in". A frame that the engine makes
/// itself (a reset, a 403) carries the flow's words too. Frames whose flow id, network or interface do not belong to
/// the flow that their addresses name are dropped and counted: a firewall can touch only flows it was given.
/// Control frames are the same on both interfaces. An engine that knows nothing of this (another vendor's) just
/// forwards frames. Beside it somebody sends probes by both interfaces: the splice sends each back as a heartbeat, and
/// what leaves by the other interface has been through the engine. Such an engine gets frames as from a cable: cut to
/// the MTU, with their checksums.
/// </remarks>
public static class SpliceFrame
{
    /// <summary>First two bytes of both addresses of a data frame (locally administered, unicast).</summary>
    public const ushort AddressPrefix = 0x02d1;

    /// <summary>Ethertype of control frames: IEEE Std 802 local experimental ethertype 1.</summary>
    public const ushort ControlEtherType = 0x88b5;

    /// <summary>Bytes of a whole control frame: the smallest Ethernet frame, without its checksum.</summary>
    public const int ControlLength = 60;

    /// <summary>How many heartbeats fit into the deadline: four may be lost before the firewall counts as dead.</summary>
    public const int HeartbeatsPerDeadline = 5;
}

/// <summary>Byte 0 of a control frame.</summary>
public enum ControlType : byte
{
    /// <summary>The packet thread of the firewall is alive. Written by that thread, never by another.</summary>
    Heartbeat = 1,

    /// <summary>The engine's word on a whole flow.</summary>
    Verdict = 2,

    /// <summary>Asks the splice to send it back as a heartbeat, through an engine that cannot send any itself.</summary>
    Probe = 3,
}

/// <summary>Byte 1 of a control frame.</summary>
public enum FlowVerdict : byte
{
    /// <summary>None: a heartbeat.</summary>
    None = 0,

    /// <summary>Let the rest of the flow go straight, in the kernel.</summary>
    Bypass = 1,

    /// <summary>Drop every further packet of the flow, in the kernel, in both directions.</summary>
    Drop = 2,
}
