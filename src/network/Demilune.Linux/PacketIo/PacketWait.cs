using Demilune.Linux.Interop;
using static Demilune.Linux.Interop.Socket;

namespace Demilune.Linux.PacketIo;

/// <summary>How a packet thread sleeps.</summary>
public static unsafe class PacketWait
{
    /// <summary>Sleeps until a frame arrives on either of two sockets.</summary>
    /// <returns>On which there is a frame (or an error to fetch); none after <paramref name="timeoutNanos"/> nanoseconds or a signal.</returns>
    public static Readable Any(PacketSocket first, PacketSocket second, long timeoutNanos)
    {
        var descriptors = stackalloc pollfd[2];
        descriptors[0] = new() { fd = first.Descriptor, events = POLLIN };
        descriptors[1] = new() { fd = second.Descriptor, events = POLLIN };
        var timeout = Timespec(timeoutNanos);
        if (ppoll(descriptors, 2, &timeout, null) <= 0) return Readable.None;
        return (descriptors[0].revents != 0 ? Readable.First : 0) | (descriptors[1].revents != 0 ? Readable.Second : 0);
    }

    /// <summary>Sleeps until a frame (or an error to fetch) is on the socket, at most <paramref name="timeoutNanos"/> nanoseconds.</summary>
    public static void On(PacketSocket socket, long timeoutNanos)
    {
        var descriptor = new pollfd { fd = socket.Descriptor, events = POLLIN };
        var timeout = Timespec(timeoutNanos);
        ppoll(&descriptor, 1, &timeout, null);
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

/// <summary>Which of two sockets has something to fetch.</summary>
[Flags]
public enum Readable : byte
{
    None = 0,
    First = 1,
    Second = 2,
    Both = First | Second,
}
