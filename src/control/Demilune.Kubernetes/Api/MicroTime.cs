namespace Demilune.Kubernetes.Api;

/// <summary>
/// Times of Leases. The API server takes them with exactly six digits of a second and nothing else, and the client's writer leaves
/// the digits out when all are zero: a lease of a whole second would be refused.
/// </summary>
internal static class MicroTime
{
    /// <summary>The same time to the microsecond, but never a whole second: then one microsecond later.</summary>
    public static DateTime Of(DateTimeOffset time)
    {
        var utc = time.UtcDateTime;
        var micros = utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerMicrosecond));
        return micros.Ticks % TimeSpan.TicksPerSecond == 0 ? micros.AddMicroseconds(1) : micros;
    }
}
