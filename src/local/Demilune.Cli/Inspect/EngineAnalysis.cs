using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Demilune.Rules.Analysis;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;

namespace Demilune.Cli.Inspect;

/// <summary>Suricata's <c>--engine-analysis</c>: what the rules mean, for machines, and in short for people.</summary>
internal static class EngineAnalysis
{
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How many groups of ports the configuration wants to be told apart.</summary>
    public static int Groups(Settings settings, string name, int otherwise) =>
        settings.Text("detect.profile") == "custom" && int.TryParse(settings.Text($"detect.custom-values.{name}"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    /// <summary>Writes <c>rules.json</c>, a line for each rule in the order of the files, and <c>rule_group.json</c>.</summary>
    public static void Write(CompiledRules compiled, InspectRequest request)
    {
        var rules = compiled.Rules;
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
        WriteText(compiled, request, directory);
        using var groups = File.Create(Path.Combine(directory, "rule_group.json"));
        using (var json = new Utf8JsonWriter(groups, s_json)) PortGroups.WriteAll(json, rules, request.MostToServer, request.MostToClient);
        groups.WriteByte((byte)'\n');
    }

    /// <summary>How many signatures look at what.</summary>
    public static string Kinds(RuleSet rules)
    {
        var byKind = rules.Signatures.CountBy(signature => signature.Kind).ToDictionary();
        int Count(params SignatureKind[] kinds) => kinds.Sum(kind => byKind.GetValueOrDefault(kind));
        return $"{rules.Signatures.Count} signatures processed. {Count(SignatureKind.Addresses)} are IP-only rules, {Count(SignatureKind.Packet, SignatureKind.Stream)} are inspecting packet payload, "
            + $"{Count(SignatureKind.Transaction, SignatureKind.Protocol)} inspect application layer, {rules.DecodingRules.Count} are decoder event only";
    }

    /// <summary><c>rules_analysis.txt</c>: each rule with what is worth knowing of it.</summary>
    private static void WriteText(CompiledRules compiled, InspectRequest request, string directory)
    {
        using var text = File.CreateText(Path.Combine(directory, "rules_analysis.txt"));
        foreach (var signature in compiled.Rules.Signatures.OrderBy(signature => signature.Source, StringComparer.Ordinal).ThenBy(signature => signature.Line))
        {
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"== Sid: {signature.Sid} =="));
            text.WriteLine(signature.Text);
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    Rule looks at: {(signature.Tests.Count == 0 ? signature.Kind.ToString().ToLowerInvariant() : string.Join(", ", signature.Tests.Select(test => BufferCatalog.Get(test.Buffer).Name).Distinct()))}."));
            foreach (var remark in compiled.Remarks.Where(remark => remark.Sid == signature.Sid)) text.WriteLine($"    Warning: {remark.Message}");
            if (signature.FileStorage is not null && request.Settings.FileStore is null)
                text.WriteLine("    Warning: Rule requires file-store but the output file-store is not enabled.");
            text.WriteLine();
        }
        foreach (var error in compiled.Errors)
        {
            text.WriteLine("== Sid: UNKNOWN ==");
            text.WriteLine(error.Text);
            text.WriteLine($"    FAILURE: {error.Message}");
            text.WriteLine();
        }
    }
}
