using System.Diagnostics;

namespace Demilune.Firewall.Packets;

/// <summary>
/// Time of day that never runs backwards, in nanoseconds since 1970: the steady clock, to which the difference from the
/// wall clock is added. The difference is followed once a second, so that an adjusted wall clock is adopted.
/// </summary>
/// <remarks>One thread.</remarks>
internal sealed class PacketClock
{
    private const long FollowInterval = 1_000_000_000;

    private long _difference = WallNanos() - SteadyNanos();
    private long _followed = SteadyNanos();
    private long _last;

    /// <summary>Nanoseconds of the steady clock.</summary>
    public static long SteadyNanos() => Stopwatch.Frequency == 1_000_000_000
        ? Stopwatch.GetTimestamp()
        : (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    /// <param name="steady">What <see cref="SteadyNanos"/> said.</param>
    public long TimeOfDay(long steady)
    {
        if (steady - _followed > FollowInterval)
        {
            _followed = steady;
            _difference = WallNanos() - steady;
        }
        return _last = Math.Max(_last, steady + _difference);
    }

    private static long WallNanos() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
