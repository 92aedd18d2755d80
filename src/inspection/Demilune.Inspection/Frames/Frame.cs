using Demilune.Wire.Captures;
using Demilune.Wire.Decoding;

namespace Demilune.Inspection.Frames;

/// <summary>
/// A frame as it came in: a link header and what follows it, and the words that came beside the bytes. A 802.1Q
/// tag that the kernel took out of the bytes is given as <see cref="Tag"/>; one that is still in them is read from there.
/// </summary>
/// <param name="bytes">From the link header on. May be a merge of many segments (64 KB and more).</param>
/// <param name="arrival">The interface by which it came.</param>
public readonly ref struct Frame(ReadOnlySpan<byte> bytes, Interface arrival)
{
    /// <summary>From the link header on.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>What they begin with. Default: Ethernet.</summary>
    public PacketKind Kind { get; init; } = PacketKind.Ethernet;

    /// <summary>LINKTYPE_ number of the link. Default: Ethernet's.</summary>
    public int Link { get; init; } = LinkType.Ethernet;

    /// <summary>The interface by which it came.</summary>
    public Interface Arrival { get; } = arrival;

    /// <summary>The policy tag (802.1Q VID), or 0: look into the bytes; when there is none either, the set's default policy judges.</summary>
    public int Tag { get; init; }

    /// <summary>The flow's id on the wire, or 0: there are no flow words in the Ethernet addresses (a capture, a plain bridge).</summary>
    public uint FlowId { get; init; }

    /// <summary>The network that the addresses belong to: two networks may use the same addresses. 0 when unknown.</summary>
    public int Network { get; init; }

    /// <summary>Low 16 bits of the flow's epoch: another epoch with the same addresses is another flow.</summary>
    public int Epoch { get; init; }

    /// <summary>Its number in a capture, from 1, so that an event can be found there (EVE's <c>pcap_cnt</c>). 0: it comes from no capture.</summary>
    public long Number { get; init; }

    /// <summary>
    /// The kernel vouches for the transport checksum, or has yet to write it (virtio_net_hdr: DATA_VALID, NEEDS_CSUM). Otherwise it is
    /// verified here, because a receiver would throw away what an inspector that does not look had judged.
    /// </summary>
    public bool ChecksumTrusted { get; init; }
}

/// <summary>The two legs of a bump in the wire.</summary>
public enum Interface : byte
{
    /// <summary>By which the original direction of a flow enters.</summary>
    In,

    /// <summary>By which replies enter.</summary>
    Out,
}
