namespace Demilune.Inspection.Verdicts;

/// <summary>Why a frame was dropped. The names, in lower case with underscores, are what EVE's <c>drop.reason</c> says.</summary>
public enum DropReason : byte
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>A drop or reject rule matched in this frame.</summary>
    Rules,

    /// <summary>The flow was blocked earlier.</summary>
    FlowBlocked,

    /// <summary>The headers lie about lengths, or end too early.</summary>
    Malformed,

    /// <summary>A checksum is wrong: the receiver would drop it too.</summary>
    Checksum,

    /// <summary>The tag names no policy that is loaded.</summary>
    UnknownPolicy,

    /// <summary>The flow table is full of established flows.</summary>
    FlowTableFull,

    /// <summary>Frames for which nobody sent a SYN, and the mid-stream policy says drop.</summary>
    MidStream,

    /// <summary>No such segment can be acceptable to the receiver: outside the window, or an older timestamp (PAWS).</summary>
    StreamWindow,

    /// <summary>Flags that have no business in the connection's state.</summary>
    StreamState,

    /// <summary>A retransmission says something else than the first copy, which was judged.</summary>
    StreamOverlap,

    /// <summary>Urgent data: whether the receiver's application sees that byte cannot be known here.</summary>
    StreamUrgent,

    /// <summary>As much unacknowledged or reordered data is held as may be; the sender will send it again.</summary>
    StreamMemory,

    /// <summary>IP fragments overlap, are too many, too small, or reach past the largest datagram.</summary>
    Fragment,

    /// <summary>The message can be read in two ways (request smuggling and the like), or not at all.</summary>
    Ambiguous,

    /// <summary>The policy's allow-list has no such request, name or protocol.</summary>
    AccessList,

    /// <summary>A limit of a parser: header size, decompression bomb, pipelining depth.</summary>
    ParserLimit,
}
