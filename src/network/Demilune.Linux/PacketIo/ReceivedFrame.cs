using Demilune.Linux.Interop;

namespace Demilune.Linux.PacketIo;

/// <summary>A frame in a <see cref="ReceiveBatch"/>, in place: valid until the batch is filled again.</summary>
public readonly unsafe ref struct ReceivedFrame
{
    internal readonly byte* Slot;
    internal readonly int Length;
    internal readonly ushort TagProtocol;
    private readonly bool _truncated;

    internal ReceivedFrame(byte* slot, int length, bool truncated, ushort tagProtocol, ushort tagControl)
    {
        Slot = slot;
        Length = length;
        _truncated = truncated;
        TagProtocol = tagProtocol;
        TagControl = tagControl;
    }

    /// <summary>From the destination address on. The outermost 802.1Q tag is not among the bytes.</summary>
    public ReadOnlySpan<byte> Bytes => new(Slot + FrameSlot.FrameOffset, Length);

    /// <summary>Its two Ethernet addresses, to be written anew before it is forwarded. The frame has at least these 12 bytes.</summary>
    public Span<byte> Addresses => new(Slot + FrameSlot.FrameOffset, Math.Min(Length, FrameSlot.AddressesLength));

    public bool HasTag => TagProtocol != 0;

    /// <summary>TCI of the outermost 802.1Q tag: priority, drop eligibility, and the tag in the low 12 bits.</summary>
    public ushort TagControl { get; }

    public int Tag => TagControl & 0xfff;

    /// <summary>True if the frame was larger than a slot: its end is lost, it cannot be forwarded.</summary>
    public bool IsTruncated => _truncated;

    /// <summary>True if the transport checksum is still to be computed, by whoever puts the frame on a wire: it cannot be verified.</summary>
    public bool IsChecksumPending => (Offload->flags & AfPacket.VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;

    /// <summary>True if the kernel has verified the transport checksum.</summary>
    public bool IsChecksumVerified => (Offload->flags & AfPacket.VIRTIO_NET_HDR_F_DATA_VALID) != 0;

    /// <summary>True if the frame is a merge of segments, to be cut again before it meets a wire.</summary>
    public bool IsSuperFrame => Offload->gso_type != AfPacket.VIRTIO_NET_HDR_GSO_NONE;

    /// <summary>Payload bytes of each segment of a super-frame, else 0.</summary>
    public int SegmentSize => Offload->gso_size;

    private AfPacket.virtio_net_hdr* Offload => (AfPacket.virtio_net_hdr*)Slot;
}
