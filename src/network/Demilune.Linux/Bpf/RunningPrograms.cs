using System.Runtime.InteropServices;

namespace Demilune.Linux.Bpf;

/// <summary>Programs that are at work on a packet just now.</summary>
public static partial class RunningPrograms
{
    private const int MembarrierGlobal = 1;

    // A program runs for microseconds; this is for the one that a hypervisor takes the processor from.
    private static readonly TimeSpan LongestRun = TimeSpan.FromMilliseconds(50);

    private static readonly nint Number = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 324,
        Architecture.Arm64 => 283,
        var other => throw new PlatformNotSupportedException($"membarrier(2): no system call number known for {other}"),
    };

    /// <summary>Returns when every program that ran when it was called has ended: some 10 ms, in which this thread sleeps.</summary>
    /// <remarks>
    /// Networking programs run inside of an RCU read-side section, and membarrier(2) with MEMBARRIER_CMD_GLOBAL returns after a grace period. A kernel with CPUs
    /// that run without a tick (nohz_full) refuses it: there time has to do.
    /// </remarks>
    public static void AwaitEnd()
    {
        if (Membarrier(Number, MembarrierGlobal, 0, 0) < 0) Thread.Sleep(LongestRun);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Membarrier(nint number, nint command, nint flags, nint cpu);
}
