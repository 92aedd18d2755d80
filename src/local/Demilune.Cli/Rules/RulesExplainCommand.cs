using System.CommandLine;
using System.Diagnostics;
using Demilune.Cli.Inspect;
using Demilune.Cli.Policies;
using Demilune.Inspection.Detection;
using Demilune.Rules.Compile;
using Demilune.Rules.State;

namespace Demilune.Cli.Rules;

/// <summary><c>demilune rules explain SID</c>: when a rule is tried, what it then asks for, and on a capture how far it comes.</summary>
internal static class RulesExplainCommand
{
    public static Command Create()
    {
        var sids = new Argument<uint[]>("sid") { Description = "Of the rules to explain.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("explain", "Says when a rule is tried and what it asks for; with a capture, how far it came in it and why it did not match.")
        {
            sids, RulesCommand.Files, RulesCommand.Capture, RulesCommand.Configuration, RulesCommand.Set,
        };
        command.SetAction(Answer.Of("rules explain", (parsed, output, stop) =>
        {
            var (compiled, request) = RulesCommand.Load(parsed, parsed.GetValue(RulesCommand.Files)!);
            var profile = parsed.GetValue(RulesCommand.Capture) is { } capture ? Watch(capture, compiled.Rules, request, stop) : null;
            var isAnswered = true;
            foreach (var sid in parsed.GetValue(sids)!)
            {
                var found = compiled.Rules.Signatures.Where(signature => signature.Sid == sid).ToArray();
                foreach (var signature in found) Explain(signature, compiled.Rules, profile, output);
                foreach (var error in compiled.Errors.Where(error => error.Sid == sid)) output.WriteLine($"{error}\n  It is not loaded.");
                if (found.Length > 0 || compiled.Errors.Any(error => error.Sid == sid)) continue;
                output.WriteLine($"There is no rule with sid {sid} in these files.");
                isAnswered = false;
            }
            return Task.FromResult(isAnswered ? 0 : 1);
        }));
        return command;
    }

    /// <summary>Reads a capture with the rules watched; nothing is written.</summary>
    internal static RuleProfile Watch(FileInfo capture, RuleSet rules, InspectRequest request, CancellationToken stop)
    {
        var profile = new RuleProfile(rules, static () => (long)Stopwatch.GetElapsedTime(0).TotalNanoseconds);
        using var bytes = new FileStream(capture.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 20, FileOptions.SequentialScan);
        var settings = request.Settings;
        using var nowhere = new EveFiles(Stream.Null, new());
        CaptureInspection.Run(bytes, rules, request with { VerifyChecksums = settings.VerifyChecksums ?? false, Profile = profile }, nowhere, stop);
        return profile;
    }

    private static void Explain(Signature signature, RuleSet rules, RuleProfile? profile, TextWriter output)
    {
        output.WriteLine($"{signature.Source}:{signature.Line}: sid {signature.Sid} rev {signature.Rev}, {signature.Message}");
        output.WriteLine($"  action      {Action(signature)}, number {signature.Index + 1} of {rules.Signatures.Count} in the order in which rules apply");
        output.WriteLine($"  applies to  {RuleWording.Of(signature.Header)}, {RuleWording.Of(signature.Directions)}");
        output.WriteLine($"  tried       {RuleWording.Of(signature.Prefilter)}");
        foreach (var test in signature.Tests)
            output.WriteLine($"  looks into  {RuleWording.NameOf(test.Buffer)}{string.Concat(test.TransformNames.Select(name => $", {name}"))}: {test.StepCount} {(test.StepCount == 1 ? "condition" : "conditions")}");
        foreach (var operation in signature.Flowbits) output.WriteLine($"  flow bit    {Of(operation, rules)}");
        foreach (var (_, doubt) in RuleDoubts.Of(rules).Where(pair => pair.Signature == signature)) output.WriteLine($"  but         it {doubt}");
        if (profile is not null) output.WriteLine($"  here        {Outcome(signature, profile[signature.Index])}");
    }

    private static string Action(Signature signature) => signature.NoAlert ? $"{signature.Action.ToString().ToLowerInvariant()} (told to nobody)" : $"{signature.Action.ToString().ToLowerInvariant()}, priority {signature.Priority}";

    private static string Of(FlowbitOperation operation, RuleSet rules)
    {
        var names = string.Join('|', operation.Bits.Select(bit => rules.FlowbitNames[bit]));
        if (!operation.IsCondition) return $"{operation.Action.ToString().ToLowerInvariant()} {names}";
        var setters = rules.Signatures.Where(other => other.Flowbits.Any(set => set.Action is FlowbitAction.Set or FlowbitAction.Toggle && set.Bits.Intersect(operation.Bits).Any())).Select(other => other.Sid);
        return $"{operation.Action.ToString().ToLowerInvariant()} {names}, which is set by {(setters.Any() ? $"sid {string.Join(", ", setters.Take(8))}{(setters.Count() > 8 ? " …" : "")}" : "no rule")}";
    }

    /// <summary>The first of its conditions, in the order in which they are asked, that nothing in the capture has met.</summary>
    internal static string Outcome(Signature signature, RuleCost cost) => cost switch
    {
        { Considered: 0 } => $"never tried: {(signature.Prefilter is { Literal.IsEmpty: false } prefilter ? $"{RuleWording.NameOf(prefilter.Buffer)} never held what it is looked for by" : "nothing that it looks into was there")}",
        { Fitted: 0 } => $"{Times(cost.Considered, "candidate")}, but protocol, addresses, ports, direction or state of the flow never fitted",
        { Tried: 0 } => $"{Times(cost.Fitted, "candidate")} of the right kind, but its flow bits, counters or host bits never allowed it",
        { Matched: 0 } => $"{Times(cost.Tried, "try", "tries")}, no match: {Missing(signature, cost.Held)}",
        _ => $"{Times(cost.Tried, "try", "tries")}, {Times(cost.Matched, "match", "matches")} (what thresholds suppress included)",
    };

    private static string Missing(Signature signature, uint held)
    {
        var missing = signature.Tests.Where((_, index) => (held >> index & 1) == 0).Select(test => RuleWording.NameOf(test.Buffer)).Distinct();
        return missing.Any() ? $"what it asks of {string.Join(", ", missing)} did not hold" : "its conditions held one by one, never together";
    }

    private static string Times(long count, string one, string? many = null) => $"{count} {(count == 1 ? one : many ?? one + "s")}";
}
