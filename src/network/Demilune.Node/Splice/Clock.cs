using System.Diagnostics;

namespace Demilune.Node.Splice;

/// <summary>The kernel's bpf_ktime_get_ns: nanoseconds since boot, without the time spent suspended. Stopwatch reads the same clock.</summary>
internal static class Clock
{
    public static ulong Now => (ulong)(Stopwatch.GetTimestamp() * (1_000_000_000.0 / Stopwatch.Frequency));
}
