using System.Runtime.InteropServices;

namespace Demilune.Linux.Interop;

/// <summary>sched.h. Thread id 0 is the calling thread.</summary>
internal static unsafe partial class Sched
{
    internal const int SCHED_OTHER = 0;
    internal const int SCHED_FIFO = 1;

    /// <summary>A child process starts as an ordinary one.</summary>
    internal const int SCHED_RESET_ON_FORK = 0x40000000;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sched_setscheduler(int thread, int policy, int* priority);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sched_setaffinity(int thread, nuint length, ulong* mask);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sched_getaffinity(int thread, nuint length, ulong* mask);
}
