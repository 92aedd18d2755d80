using Demilune.Linux.Interop;
using static Demilune.Linux.Interop.Socket;

namespace Demilune.Linux.PacketIo;

/// <summary>Sleeps until a frame arrives on either of two sockets.</summary>
public static unsafe class PacketWait
{
    /// <returns>True if a frame (or an error to fetch) is there, false after <paramref name="timeoutNanos"/> nanoseconds or a signal.</returns>
    public static bool Any(PacketSocket first, PacketSocket second, long timeoutNanos)
    {
        var descriptors = stackalloc pollfd[2];
        descriptors[0] = new() { fd = first.Descriptor, events = POLLIN };
        descriptors[1] = new() { fd = second.Descriptor, events = POLLIN };
        var timeout = new timespec { tv_sec = (nint)(timeoutNanos / 1_000_000_000), tv_nsec = (nint)(timeoutNanos % 1_000_000_000) };
        return ppoll(descriptors, 2, &timeout, null) > 0;
    }
}
