using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Demilune.Firewall.Suricata;

/// <summary>What Suricata's log says of rules that it loaded: the command that loads them only says whether it was obeyed.</summary>
/// <remarks>Of a file, not of its two output streams: errors go to one and sums to the other, and which came first is lost.</remarks>
internal static partial class RuleLoading
{
    private const int MaxErrors = 100, MaxReason = 1_000;

    /// <summary>Pure. The log of one command, from its beginning.</summary>
    public static RulesLoaded Read(string log)
    {
        var errors = new List<RuleError>();
        var (loaded, failed, why) = (0, 0, "");
        foreach (var line in log.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (level, message) = Parse(line);
            if (Failure().Match(message) is { Success: true } failure)
            {
                failed++;
                if (errors.Count < MaxErrors) errors.Add(new(failure.Groups["file"].Value, Number(failure, "line"), why));
                why = "";
            }
            else if (Summary().Match(message) is { Success: true } summary)
            {
                (loaded, failed) = (Number(summary, "loaded"), Number(summary, "failed"));
            }
            else if (level == "Error")
            {
                // The reason of a failure comes in the lines before it.
                why = why.Length is 0 or > MaxReason ? message : $"{why}; {message}";
            }
        }
        return new(loaded, failed, errors);
    }

    /// <summary>One line of the log.</summary>
    public static (string Level, string Message) Parse(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return (json.RootElement.GetProperty("log_level").GetString() ?? "", json.RootElement.GetProperty("engine").GetProperty("message").GetString() ?? "");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Before its log is set up, and when it aborts, it speaks plainly.
            return ("Error", line);
        }
    }

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^error parsing signature ""(?s:.*)"" from file (?<file>.+) at line (?<line>\d{1,9})$")]
    private static partial System.Text.RegularExpressions.Regex Failure();

    [GeneratedRegex(@"\d+ rule files processed\. (?<loaded>\d{1,9}) rules successfully loaded, (?<failed>\d{1,9}) rules failed")]
    private static partial System.Text.RegularExpressions.Regex Summary();
}

/// <param name="Errors">The first of those that failed.</param>
internal sealed record RulesLoaded(int Loaded, int Failed, IReadOnlyList<RuleError> Errors);

/// <param name="File">As Suricata opened it.</param>
internal sealed record RuleError(string File, int Line, string Message);
