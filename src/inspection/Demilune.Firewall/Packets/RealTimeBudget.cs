namespace Demilune.Firewall.Packets;

/// <summary>
/// How long a real-time thread may go on. One that takes more than 95 % of a CPU is stopped by the kernel for up to 50 ms, five heartbeat
/// deadlines, at a moment of the kernel's choice (sched_rt_runtime_us; the fair server of newer kernels gives the same share to the others). So it rests
/// of its own will, shortly and often. Times are nanoseconds of any steady clock.
/// </summary>
internal sealed class RealTimeBudget(long start)
{
    /// <summary>What is accounted for at a time. Short against a deadline of 10 ms together with <see cref="Rest"/>.</summary>
    public const long Period = 9_400_000;

    /// <summary>Rest that each period owes: 6 % of both.</summary>
    public const long Rest = 600_000;

    private long _since = start;
    private long _rested;

    /// <summary>The thread has slept, for whatever reason.</summary>
    public void Rested(long nanos) => _rested += nanos;

    /// <returns>How long to rest now; 0 nearly always.</returns>
    public long Owed(long now)
    {
        // Its own time counts, not what passed while it slept.
        if (now - _since - _rested < Period) return 0;
        var owed = Math.Max(0, Rest - _rested);
        (_since, _rested) = (now + owed, 0);
        return owed;
    }
}
