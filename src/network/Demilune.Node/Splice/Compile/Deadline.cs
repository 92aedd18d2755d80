using Demilune.Contracts.Nodes;

namespace Demilune.Node.Splice.Compile;

/// <summary>How long a firewall may be silent before it counts as dead, in milliseconds.</summary>
/// <remarks>
/// Never less than its packet thread can keep: an ordinary thread waits for its CPU for tens of milliseconds on a busy node, and one before all others
/// waits for the engine's garbage collector while that takes over policies. Neither must look like a death.
/// </remarks>
internal static class Deadline
{
    /// <summary>What nobody asked otherwise for, and the least where nothing shorter can be kept.</summary>
    public const uint Ordinary = 100;

    /// <summary>The least for a thread of SCHED_FIFO that nobody holds up.</summary>
    public const uint Hurried = 10;

    /// <param name="firewall">Null: the pair is nobody's yet.</param>
    /// <param name="canHurry">It can keep a short one now.</param>
    public static uint Of(Firewall? firewall, bool canHurry) =>
        Math.Max(firewall is { HeartbeatDeadlineMs: > 0 and var asked } ? asked : Ordinary, canHurry ? Hurried : Ordinary);
}
