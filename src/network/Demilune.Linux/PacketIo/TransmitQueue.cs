using System.Runtime.InteropServices;
using Demilune.Linux.Interop;
using static Demilune.Linux.Interop.AfPacket;
using static Demilune.Linux.Interop.Socket;

namespace Demilune.Linux.PacketIo;

/// <summary>
/// Frames on their way out of an interface, in order: received ones from where they lie, without a copy, and own
/// ones. <see cref="Flush"/> before the batch that a forwarded frame lies in is filled again.
/// </summary>
/// <remarks>Belongs to one thread. A frame that the kernel refuses is dropped and counted: whoever sent it will send it again.</remarks>
public sealed unsafe class TransmitQueue : IDisposable
{
    /// <summary>Bytes of an own frame with its tag: a reset, an answer of one segment, a control frame.</summary>
    public const int OwnFrameBytes = 2048 - FrameSlot.FrameOffset;

    private const int OwnStride = 2048;

    private readonly PacketSocket _socket;
    private readonly int _capacity;
    private readonly byte* _own;
    private readonly mmsghdr* _messages;
    private readonly iovec* _vectors;
    private int _queued;
    private int _ownUsed;
    private bool _disposed;

    public TransmitQueue(PacketSocket socket, int capacity = 4 * ReceiveBatch.DefaultCount)
    {
        _socket = socket;
        _capacity = capacity;
        _own = FrameSlot.Allocate(capacity, OwnStride);
        _messages = (mmsghdr*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(mmsghdr));
        _vectors = (iovec*)NativeMemory.AllocZeroed((nuint)capacity * 2, (nuint)sizeof(iovec));
        for (var i = 0; i < capacity; i++)
        {
            _messages[i].msg_hdr.msg_iov = _vectors + 2 * i;
            _messages[i].msg_hdr.msg_iovlen = 2;
        }
    }

    /// <summary>Frames that left.</summary>
    public long Sent { get; private set; }

    /// <summary>Frames that the kernel refused (queue of the other end full, interface down, no memory).</summary>
    public long Refused { get; private set; }

    /// <summary>Errno of the last refusal, 0 if none.</summary>
    public int LastRefusal { get; private set; }

    /// <summary>Queues a received frame as it came: same bytes, same tag, same offload metadata.</summary>
    /// <exception cref="ArgumentException">The frame is truncated.</exception>
    public void Forward(in ReceivedFrame frame)
    {
        if (frame.IsTruncated) throw new ArgumentException("a truncated frame cannot be forwarded", nameof(frame));
        if (!frame.HasTag)
        {
            Enqueue(frame.Slot, FrameSlot.FrameOffset, frame.Length);
            return;
        }
        FrameSlot.InsertTag(frame.Slot, frame.TagProtocol, frame.TagControl);
        Enqueue(frame.Slot, FrameSlot.FrameOffset - FrameSlot.TagLength, frame.Length + FrameSlot.TagLength);
    }

    /// <summary>Queues a copy of a frame that was made here. Its checksums are its own; nothing is left to the kernel.</summary>
    /// <param name="frame">From the destination address on, without the tag.</param>
    /// <param name="tagControl">TCI of the 802.1Q tag to put in, or 0 for none.</param>
    /// <returns>False if the frame is no Ethernet frame or larger than <see cref="OwnFrameBytes"/>.</returns>
    public bool TrySend(ReadOnlySpan<byte> frame, ushort tagControl = 0)
    {
        if (frame.Length is < 14 or > OwnFrameBytes) return false;
        if (_queued == _capacity) Flush();
        var slot = _own + (nint)_ownUsed++ * OwnStride;
        *(virtio_net_hdr*)slot = default;
        frame.CopyTo(new(slot + FrameSlot.FrameOffset, OwnFrameBytes));
        var tagLength = 0;
        if (tagControl != 0)
        {
            FrameSlot.InsertTag(slot, ETH_P_8021Q, tagControl);
            tagLength = FrameSlot.TagLength;
        }
        Enqueue(slot, FrameSlot.FrameOffset - tagLength, frame.Length + tagLength);
        return true;
    }

    /// <summary>Sends everything that is queued. Never waits.</summary>
    /// <exception cref="InterfaceGoneException">It was deleted.</exception>
    public void Flush()
    {
        var done = 0;
        while (done < _queued)
        {
            var sent = sendmmsg(_socket.Descriptor, _messages + done, (uint)(_queued - done), MSG_DONTWAIT);
            if (sent > 0)
            {
                done += sent;
                Sent += sent;
                continue;
            }
            // The error belongs to the first of the remaining frames.
            var errno = Marshal.GetLastPInvokeError();
            if (errno == EINTR) continue;
            if (errno is ENXIO or ENODEV) throw new InterfaceGoneException(_socket.InterfaceName);
            LastRefusal = errno;
            Refused++;
            done++;
        }
        _queued = 0;
        _ownUsed = 0;
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        FrameSlot.Free(_own);
        NativeMemory.Free(_messages);
        NativeMemory.Free(_vectors);
    }

    private void Enqueue(byte* slot, int frameOffset, int length)
    {
        if (_queued == _capacity) Flush();
        var vectors = _vectors + 2 * _queued++;
        vectors[0] = new() { iov_base = slot, iov_len = (nuint)sizeof(virtio_net_hdr) };
        vectors[1] = new() { iov_base = slot + frameOffset, iov_len = (nuint)length };
    }
}
