using Demilune.Contracts.Frames;

namespace Demilune.Firewall.Packets;

/// <summary>When the packet thread has to say that it is alive. Times are nanoseconds of any steady clock.</summary>
internal sealed class HeartbeatSchedule(bool realTime)
{
    /// <summary>How long the splice waits if the thread runs as SCHED_FIFO: its measured worst delay on a loaded machine was 5 ms.</summary>
    public const long RealTimeDeadline = 10_000_000;

    /// <summary>The same for an ordinary thread, whose worst delay was 54 ms.</summary>
    public const long OrdinaryDeadline = 100_000_000;

    /// <summary>One heartbeat more than the contract asks, so that a late one does not make it fewer.</summary>
    public long Interval { get; } = (realTime ? RealTimeDeadline : OrdinaryDeadline) / (SpliceFrame.HeartbeatsPerDeadline + 1);

    /// <summary>When the next one is due. At first, at once.</summary>
    public long Due { get; private set; } = long.MinValue;

    /// <returns>True if one is due now; the next is then an interval away.</returns>
    public bool Take(long now)
    {
        if (now < Due) return false;
        // From now, not from when it was due: a thread that was held up must not send a burst.
        Due = now + Interval;
        return true;
    }
}
