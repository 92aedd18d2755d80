using System.Globalization;

namespace Demilune.Console.Parts;

/// <summary>How figures and times are written everywhere.</summary>
internal static class Words
{
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Count(ulong number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>In UTC, as in every log.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Span(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => $"{time.TotalMilliseconds:F0} ms",
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F1} s"),
        { TotalHours: < 1 } => $"{time.Minutes} min {time.Seconds} s",
        _ => $"{(int)time.TotalHours} h {time.Minutes} min",
    };

    public static string Ago(DateTimeOffset? at, DateTimeOffset now) => at is not { } then ? "never" : (now - then) switch
    {
        { TotalSeconds: < 5 } => "now",
        { TotalMinutes: < 1 } past => $"{past.Seconds} s ago",
        { TotalHours: < 1 } past => $"{past.Minutes} min ago",
        { TotalDays: < 1 } past => $"{past.Hours} h ago",
        var past => $"{past.Days} d ago",
    };
}
