using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Demilune.Rules.Analysis;
using Demilune.Rules.Compile;

namespace Demilune.Cli.Inspect;

/// <summary>Suricata's <c>--engine-analysis</c>: what the rules mean, for machines.</summary>
internal static class EngineAnalysis
{
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How many groups of ports the configuration wants to be told apart.</summary>
    public static int Groups(Settings settings, string name, int otherwise) =>
        settings.Text("detect.profile") == "custom" && int.TryParse(settings.Text($"detect.custom-values.{name}"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    /// <summary>Writes <c>rules.json</c>, a line for each rule in the order of the files, and <c>rule_group.json</c>.</summary>
    public static void Write(RuleSet rules, InspectRequest request)
    {
        var directory = request.LogDirectory ?? Environment.CurrentDirectory;
        Directory.CreateDirectory(directory);
        using (var file = File.Create(Path.Combine(directory, "rules.json")))
        {
            foreach (var signature in rules.Signatures.OrderBy(signature => signature.Source, StringComparer.Ordinal).ThenBy(signature => signature.Line))
            {
                using (var json = new Utf8JsonWriter(file, s_json)) RuleAnalysisWriter.Write(json, signature);
                file.WriteByte((byte)'\n');
            }
        }
        using var groups = File.Create(Path.Combine(directory, "rule_group.json"));
        using (var json = new Utf8JsonWriter(groups, s_json)) PortGroups.WriteAll(json, rules, request.MostToServer, request.MostToClient);
        groups.WriteByte((byte)'\n');
    }
}
