using System.CommandLine;
using Demilune.Cli.Policies;

namespace Demilune.Cli.Rules;

/// <summary><c>demilune rules check FILE…</c>: every wrong rule by file, line and column; and what is right but cannot be meant.</summary>
internal static class RulesCheckCommand
{
    public static Command Create()
    {
        var files = new Argument<FileInfo[]>("files") { Description = "Rules in Suricata's language.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("check", "Names every rule that is wrong, by file, line and column, and those that can never fire. Fails if one is wrong.") { files, RulesCommand.Configuration, RulesCommand.Set };
        command.SetAction(Answer.Of("rules check", (parsed, output, _) =>
        {
            var (compiled, _) = RulesCommand.Load(parsed, parsed.GetValue(files)!);
            foreach (var error in compiled.Errors) output.WriteLine(error);
            foreach (var (signature, doubt) in RuleDoubts.Of(compiled.Rules).OrderBy(pair => pair.Signature.Source, StringComparer.Ordinal).ThenBy(pair => pair.Signature.Line))
                output.WriteLine($"{signature.Source}:{signature.Line}: {doubt} (sid {signature.Sid})");
            output.WriteLine($"{compiled.Rules.Signatures.Count} rules are right, {compiled.Errors.Count} wrong{(compiled.Skipped > 0 ? $", {compiled.Skipped} not for this engine by their own word" : "")}");
            return Task.FromResult(compiled.Errors.Count == 0 ? 0 : 1);
        }));
        return command;
    }
}
