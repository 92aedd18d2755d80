using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Local.Tables;

/// <summary>One column of <c>kubectl get</c>.</summary>
/// <param name="Priority">0 always shown; above, with <c>-o wide</c> only.</param>
/// <param name="Cell">The value in one object; null shows as &lt;none&gt;.</param>
internal sealed record Column(string Name, string Type, Func<JsonElement, DateTimeOffset, JsonNode?> Cell, int Priority = 0, string Format = "", string Description = "")
{
    public static Column Age { get; } = new("Age", "string", (o, now) => AgeOf(o, now, "metadata", "creationTimestamp"), Description: "CreationTimestamp of the object.");

    /// <summary>A column of text read from one path.</summary>
    public static Column At(string name, params string[] path) => new(name, "string", (o, _) => o.Text(path));

    public static Column Of(string name, Func<JsonElement, JsonNode?> cell, string type = "string", int priority = 0) => new(name, type, (o, _) => cell(o), priority);

    public static JsonNode? AgeOf(JsonElement o, DateTimeOffset now, params ReadOnlySpan<string> path) =>
        o.Text(path) is { } text && DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var then) ? Duration(now - then) : "<unknown>";

    /// <summary>Two significant units at most, as kubectl writes durations.</summary>
    public static string Duration(TimeSpan span)
    {
        var seconds = (long)span.TotalSeconds;
        if (seconds < -1) return "<invalid>";
        if (seconds < 0) return "0s";
        if (seconds < 120) return $"{seconds}s";
        var minutes = seconds / 60;
        if (minutes < 10) return seconds % 60 is 0 ? $"{minutes}m" : $"{minutes}m{seconds % 60}s";
        if (minutes < 180) return $"{minutes}m";
        var hours = minutes / 60;
        if (hours < 8) return minutes % 60 is 0 ? $"{hours}h" : $"{hours}h{minutes % 60}m";
        if (hours < 48) return $"{hours}h";
        var days = hours / 24;
        if (hours < 192) return hours % 24 is 0 ? $"{days}d" : $"{days}d{hours % 24}h";
        if (days < 365 * 2) return $"{days}d";
        return days < 365 * 8 && days % 365 is not 0 ? $"{days / 365}y{days % 365}d" : $"{days / 365}y";
    }
}
