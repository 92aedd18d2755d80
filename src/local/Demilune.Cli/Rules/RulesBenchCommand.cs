using System.CommandLine;
using System.Diagnostics;
using Demilune.Cli.Policies;

namespace Demilune.Cli.Rules;

/// <summary><c>demilune rules bench -S RULES -r CAPTURE</c>: what each rule has cost on real traffic, the most expensive first.</summary>
internal static class RulesBenchCommand
{
    public static Command Create()
    {
        var top = new Option<int>("--top") { Description = "How many rules to show.", DefaultValueFactory = _ => 25 };
        var command = new Command("bench", "Reads a capture and says what each rule has cost, the most expensive first, and when it is tried.")
        {
            RulesCommand.Files, RulesCommand.Capture, RulesCommand.Configuration, RulesCommand.Set, top,
        };
        command.SetAction(Answer.Of("rules bench", (parsed, output, stop) =>
        {
            var capture = parsed.GetValue(RulesCommand.Capture) ?? throw new InvalidDataException("which capture? demilune rules bench -S FILE.rules -r FILE.pcap");
            var (compiled, request) = RulesCommand.Load(parsed, parsed.GetValue(RulesCommand.Files)!);
            // Once unwatched first, so that what is told is not the time it takes to compile methods.
            RulesExplainCommand.Watch(capture, compiled.Rules, request, stop);
            var start = Stopwatch.GetTimestamp();
            var profile = RulesExplainCommand.Watch(capture, compiled.Rules, request, stop);
            var whole = Stopwatch.GetElapsedTime(start);
            var costs = compiled.Rules.Signatures.Select(signature => (Signature: signature, Cost: profile[signature.Index])).Where(pair => pair.Cost.Considered > 0)
                .OrderByDescending(pair => pair.Cost.Nanoseconds).ToArray();
            var tries = TimeSpan.FromMicroseconds(costs.Sum(pair => pair.Cost.Nanoseconds) / 1e3);
            output.WriteLine($"{whole.TotalMilliseconds:F0} ms for the capture, {tries.TotalMilliseconds:F1} ms of it in {costs.Sum(pair => pair.Cost.Tried)} tries of {costs.Length} of {compiled.Rules.Signatures.Count} rules");
            output.WriteLine($"{"sid",10} {"µs",10} {"share",7} {"considered",11} {"tried",9} {"matched",8} {"ns/try",8}  tried");
            foreach (var (signature, cost) in costs.Take(parsed.GetValue(top)))
                output.WriteLine($"{signature.Sid,10} {cost.Nanoseconds / 1e3,10:F1} {cost.Nanoseconds / 1e4 / Math.Max(0.001, tries.TotalMilliseconds),6:F1}% {cost.Considered,11} {cost.Tried,9} {cost.Matched,8} {(cost.Tried == 0 ? 0 : cost.Nanoseconds / cost.Tried),8}  {RuleWording.Of(signature.Prefilter)}");
            return Task.FromResult(0);
        }));
        return command;
    }
}
