using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Demilune.Linux.Interop;

namespace Demilune.Linux.PacketIo;

/// <summary>
/// Where one frame lies in native memory.
/// <code>
///   0  virtio_net_hdr      what is still to be done to the frame (checksum, segments)
///  16  control message     receive only: the 802.1Q tag that the kernel took out
///  60  room for a tag      the two addresses move here, and the tag goes where they ended
///  64  frame
/// </code>
/// </summary>
internal static unsafe class FrameSlot
{
    internal const int ControlOffset = 16;
    internal const int ControlLength = 40;      // CMSG_SPACE(sizeof tpacket_auxdata) = 16 + 24
    internal const int TagLength = 4;
    internal const int AddressesLength = 12;
    internal const int FrameOffset = 64;

    /// <summary>
    /// Puts the tag back into the frame, and moves what the offload header says about positions in it.
    /// The frame then begins <see cref="TagLength"/> bytes before <see cref="FrameOffset"/>.
    /// </summary>
    internal static void InsertTag(byte* slot, ushort protocol, ushort tci)
    {
        var frame = slot + FrameOffset;
        Unsafe.CopyBlockUnaligned(frame - TagLength, frame, AddressesLength);
        frame[8] = (byte)(protocol >> 8);
        frame[9] = (byte)protocol;
        frame[10] = (byte)(tci >> 8);
        frame[11] = (byte)tci;
        var offload = (AfPacket.virtio_net_hdr*)slot;
        if ((offload->flags & AfPacket.VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0) offload->csum_start += TagLength;
        if (offload->hdr_len != 0) offload->hdr_len += TagLength;
    }

    internal static byte* Allocate(int count, int stride) => (byte*)NativeMemory.AlignedAlloc((nuint)count * (nuint)stride, 64);

    internal static void Free(byte* slots) => NativeMemory.AlignedFree(slots);
}
