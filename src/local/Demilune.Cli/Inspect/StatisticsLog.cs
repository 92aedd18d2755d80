using System.Globalization;
using Demilune.Inspection;

namespace Demilune.Cli.Inspect;

/// <summary>The counters as a table, for people and for scripts that are older than EVE: Suricata's <c>stats.log</c>. Written once, when the captures are over.</summary>
internal static class StatisticsLog
{
    private const string Rule = "------------------------------------------------------------------------------------";

    /// <summary>Where the configuration wants it; null: nowhere.</summary>
    public static string? FileOf(Settings settings) => settings.Flag("stats.enabled") == false ? null
        : settings.Items("outputs").Where(item => item.Name == "stats" && settings.Flag($"{item.Path}.enabled") == true)
            .Select(item => settings.Text($"{item.Path}.filename") ?? "stats.log").FirstOrDefault();

    /// <summary>Adds a table of what was counted at all.</summary>
    /// <param name="lines">Gets it.</param>
    /// <param name="counters">Those of the inspector.</param>
    /// <param name="time">Of the last packet: nanoseconds since 1970.</param>
    public static void Write(TextWriter lines, Counters counters, long time)
    {
        var date = DateTime.UnixEpoch.AddTicks(time / 100).ToString("M/d/yyyy -- HH:mm:ss", CultureInfo.InvariantCulture);
        lines.WriteLine(Rule);
        lines.WriteLine($"Date: {date} (uptime: 0d, 00h 00m 00s)");
        lines.WriteLine(Rule);
        WriteRow(lines, "Counter", "TM Name", "Value");
        lines.WriteLine(Rule);
        foreach (var (name, value) in counters.All)
            if (value != 0) WriteRow(lines, name, "Total", value.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteRow(TextWriter lines, string name, string module, string value) => lines.WriteLine($"{name,-45} | {module,-25} | {value}");
}
