using System.Runtime.InteropServices;
using Demilune.Linux.Interop;

namespace Demilune.Linux.PacketIo;

/// <summary>How the calling thread is scheduled. Must run on the thread it is about.</summary>
public static unsafe class RealTime
{
    /// <summary>
    /// Asks for SCHED_FIFO, so that the thread runs the moment a frame is there however busy the machine is.
    /// Needs CAP_SYS_NICE and, where CPU time of real-time threads is given out by cgroup, a share of it.
    /// </summary>
    /// <param name="priority">1 to 99. 1 is above every ordinary thread and below every other real-time one.</param>
    /// <param name="error">What the kernel said if the answer is no.</param>
    public static bool TryEnter(int priority, out string? error)
    {
        var done = Sched.sched_setscheduler(0, Sched.SCHED_FIFO | Sched.SCHED_RESET_ON_FORK, &priority) == 0;
        error = done ? null : Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
        return done;
    }

    /// <summary>Keeps the thread on one CPU, 0 to 1023.</summary>
    /// <returns>False if there is no such CPU for this process.</returns>
    public static bool TryPinTo(int cpu)
    {
        const int words = 16;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)cpu, words * 64u, nameof(cpu));
        var mask = stackalloc ulong[words];
        new Span<ulong>(mask, words).Clear();
        mask[cpu / 64] = 1UL << (cpu % 64);
        return Sched.sched_setaffinity(0, words * sizeof(ulong), mask) == 0;
    }
}
