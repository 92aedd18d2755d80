using System.Text;
using Demilune.Cli.Inspect;
using Demilune.Rules.Classifications;
using Demilune.Rules.Datasets;
using Demilune.Rules.Headers;
using Demilune.Rules.Reputation;
using Demilune.Rules.Syntax;
using Demilune.Rules.Thresholds;

namespace Demilune.Fuzz.Targets;

/// <summary>The files beside the rules: each line is read or named as wrong, and the rest counts.</summary>
internal static class RuleFilesTarget
{
    private static readonly string s_file = Path.Combine(Path.GetTempPath(), $"demilune-fuzz-{Environment.ProcessId}.yaml");

    public static FuzzTarget Files { get; } = new("rule-files", "classification, reference, threshold and reputation files, data sets", Run);

    public static FuzzTarget Configuration { get; } = new("suricata-yaml", "a configuration in Suricata's layout", RunConfiguration);

    private static void Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var source = new RuleSource("fuzz", text);
        ClassificationConfig.Read(source, out var wrongClasses);
        ReferenceConfig.Read(source, out var wrongReferences);
        ThresholdConfig.Read(source, RuleVariables.Default, out var wrongThresholds);
        ReputationTable.Read(source, [source], out var wrongReputations);
        var lines = text.Count(character => character == '\n') + 1;
        foreach (var error in wrongClasses.Concat(wrongReferences).Concat(wrongThresholds).Concat(wrongReputations))
            if (error.Line < 1 || error.Line > lines || error.Message.Length == 0) throw new InvalidOperationException($"an error without a place or a reason: {error}");
        foreach (var type in Enum.GetValues<DatasetType>())
            if (!DatasetFile.TryRead(new("fuzz", type), text, hasReputations: false, "fuzz", out var reason) && string.IsNullOrEmpty(reason))
                throw new InvalidOperationException("refused without a reason");
    }

    private static void RunConfiguration(byte[] input)
    {
        File.WriteAllBytes(s_file, input);
        try { EngineSettings.Of(Settings.Load(s_file, []), inline: false); }
        catch (InvalidDataException) { }    // said with its reason, exit code 1
        finally { File.Delete(s_file); }
    }
}
