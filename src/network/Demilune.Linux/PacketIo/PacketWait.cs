using Demilune.Linux.Interop;
using static Demilune.Linux.Interop.Socket;

namespace Demilune.Linux.PacketIo;

/// <summary>How a packet thread sleeps.</summary>
public static unsafe class PacketWait
{
    /// <summary>Sleeps until a frame arrives on either of two sockets.</summary>
    /// <returns>True if a frame (or an error to fetch) is there, false after <paramref name="timeoutNanos"/> nanoseconds or a signal.</returns>
    public static bool Any(PacketSocket first, PacketSocket second, long timeoutNanos)
    {
        var descriptors = stackalloc pollfd[2];
        descriptors[0] = new() { fd = first.Descriptor, events = POLLIN };
        descriptors[1] = new() { fd = second.Descriptor, events = POLLIN };
        var timeout = Timespec(timeoutNanos);
        return ppoll(descriptors, 2, &timeout, null) > 0;
    }

    /// <summary>Sleeps for <paramref name="nanos"/> nanoseconds whatever arrives, so that others may run.</summary>
    public static void Pause(long nanos)
    {
        var timeout = Timespec(nanos);
        ppoll(null, 0, &timeout, null);
    }

    private static timespec Timespec(long nanos) =>
        new() { tv_sec = (nint)(nanos / 1_000_000_000), tv_nsec = (nint)(nanos % 1_000_000_000) };
}
