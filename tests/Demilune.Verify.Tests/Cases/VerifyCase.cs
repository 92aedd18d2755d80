using System.Text.Json.Nodes;

namespace Demilune.Verify.Tests.Cases;

/// <summary>One case of the suite: how the engine is run, and what has to be found afterwards.</summary>
/// <param name="Name">Its path.</param>
/// <param name="Directory">Where its files are.</param>
/// <param name="Arguments">In Suricata's words.</param>
/// <param name="Capture">Null: nothing is read.</param>
/// <param name="Rules">Null: none.</param>
/// <param name="Configuration">Always one: its own, or the one shipped.</param>
/// <param name="ExitCode">Expected.</param>
/// <param name="Command">Runs something else than the engine.</param>
/// <param name="Checks">In order.</param>
internal sealed record VerifyCase(
    string Name, string Directory, IReadOnlyList<string> Arguments, string? Capture, string? Rules, string Configuration, int ExitCode, string? Command,
    IReadOnlyList<JsonObject> Checks)
{
    public static VerifyCase Load(string name)
    {
        var directory = Path.Combine(Corpus.Directory!, name);
        var yaml = YamlValue.Load(Path.Combine(directory, "test.yaml")) as JsonObject ?? [];
        var own = Path.Combine(directory, "suricata.yaml");
        return new(name, directory, [.. WordsOf(yaml["args"])], CaptureOf(directory, yaml), RulesOf(directory, yaml),
            File.Exists(own) ? own : Path.Combine(AppContext.BaseDirectory, "as-shipped.yaml"),
            yaml["exit-code"] is { } code ? int.Parse(code.ToString(), System.Globalization.CultureInfo.InvariantCulture) : 0, (string?)yaml["command"],
            [.. (yaml["checks"] as JsonArray ?? []).OfType<JsonObject>()]);
    }

    private static IEnumerable<string> WordsOf(JsonNode? args) => args switch
    {
        JsonArray lines => lines.SelectMany(line => Words(line!.ToString())),
        JsonValue line => Words(line.ToString()),
        _ => [],
    };

    private static string[] Words(string line) => line.Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string? CaptureOf(string directory, JsonObject yaml)
    {
        if (yaml["pcap"] is { } named)
            return named.GetValueKind() == System.Text.Json.JsonValueKind.False ? null : Path.GetFullPath(Path.Combine(directory, named.ToString()));
        return System.IO.Directory.EnumerateFiles(directory).Where(file => Path.GetExtension(file) is ".pcap" or ".pcapng").Order(StringComparer.Ordinal).FirstOrDefault();
    }

    private static string? RulesOf(string directory, JsonObject yaml)
    {
        // Without a name, the one file of rules that lies there.
        if (yaml["rules"] is null) return System.IO.Directory.EnumerateFiles(directory, "*.rules").Order(StringComparer.Ordinal).FirstOrDefault();
        var file = Path.GetFullPath(Path.Combine(directory, yaml["rules"]!.ToString()));
        return File.Exists(file) ? file : null;
    }
}
