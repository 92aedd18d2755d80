using System.CommandLine;
using Demilune.Cli.Inspect;
using Demilune.Rules.Compile;
using Demilune.Rules.Syntax;

namespace Demilune.Cli.Rules;

/// <summary><c>demilune rules</c>: for people who write rules.</summary>
public static class RulesCommand
{
    internal static readonly Option<FileInfo?> Configuration = new("--configuration", "-c") { Description = "A suricata.yaml: variables, classes, thresholds." };
    internal static readonly Option<string[]> Set = new("--set") { Description = "path=value, over the configuration; may be given more than once." };
    internal static readonly Option<FileInfo?> Capture = new("--read", "-r") { Description = "A capture to try the rules on." };
    internal static readonly Option<FileInfo[]> Files = new("--rules", "-S") { Description = "Rules in Suricata's language; may be given more than once.", AllowMultipleArgumentsPerToken = true, Required = true };

    public static Command Create() => new("rules", "Checks rules, explains them, and measures what they cost.")
    {
        RulesCheckCommand.Create(),
        RulesExplainCommand.Create(),
        RulesBenchCommand.Create(),
    };

    /// <summary>Rules as <c>demilune inspect</c> would load them.</summary>
    internal static (CompiledRules Compiled, InspectRequest Request) Load(ParseResult parsed, IReadOnlyList<FileInfo> files)
    {
        var written = Settings.Load(parsed.GetValue(Configuration)?.FullName, parsed.GetValue(Set) ?? []);
        var settings = EngineSettings.Of(written, inline: false);
        var surroundings = RuleSurroundings.Of(written, settings.Variables, null);
        var sources = files.Select(file => new RuleSource(Path.GetRelativePath(Environment.CurrentDirectory, file.FullName), File.ReadAllText(file.FullName)));
        var compiled = RuleSet.Compile(sources, surroundings.Options);
        return (compiled with { Errors = [.. surroundings.Errors, .. compiled.Errors] }, new() { Settings = settings, Surroundings = surroundings, Quiet = true });
    }
}
