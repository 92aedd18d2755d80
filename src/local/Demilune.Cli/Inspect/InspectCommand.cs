using System.CommandLine;
using Demilune.Firewall.Regex;
using Demilune.Inspection;
using Demilune.Rules.Compile;
using Demilune.Rules.Syntax;

namespace Demilune.Cli.Inspect;

/// <summary><c>demilune inspect</c>: a capture through the engine, EVE out. Needs no cluster. Suricata's letters for its options.</summary>
public static class InspectCommand
{
    private const int Failed = 1;

    public static Command Create()
    {
        var capture = new Argument<FileInfo>("capture") { Description = "A pcap or pcapng file.", Arity = ArgumentArity.ZeroOrOne };
        var rules = new Option<FileInfo[]>("--rules", "-S")
        {
            Description = "Rules in Suricata's language; may be given more than once.", Required = true, AllowMultipleArgumentsPerToken = true,
        };
        var logs = new Option<DirectoryInfo?>("--log-dir", "-l") { Description = "Write eve.json into this directory instead of to standard output." };
        var checksums = new Option<string>("--checksums", "-k")
        {
            Description = "all: frames with wrong checksums are not looked at, as no receiver would; none: captured before the card filled them in.",
            DefaultValueFactory = _ => "all",
        };
        checksums.AcceptOnlyFromAmong("all", "none");
        var simulate = new Option<bool>("--simulate-ips") { Description = "Judge as in the wire: say what would have been blocked, and skip what would not have arrived." };
        var test = new Option<bool>("--test", "-T") { Description = "Only load the rules; fail if one is wrong." };
        var fatal = new Option<bool>("--init-errors-fatal") { Description = "Fail if a rule is wrong. Otherwise it is named and left out." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "No progress and no summary." };
        var command = new Command("inspect", "Runs a capture through the inspection engine and prints what it finds as EVE JSON.")
        {
            capture, rules, logs, checksums, simulate, test, fatal, quiet,
        };
        command.SetAction((parsed, stop) =>
        {
            try
            {
                return Task.FromResult(Run(new()
                {
                    Capture = parsed.GetValue(test) ? null : parsed.GetValue(capture)?.FullName,
                    Rules = [.. (parsed.GetValue(rules) ?? []).Select(file => file.FullName)],
                    LogDirectory = parsed.GetValue(logs)?.FullName,
                    VerifyChecksums = parsed.GetValue(checksums) == "all",
                    Inline = parsed.GetValue(simulate),
                    RuleErrorsAreFatal = parsed.GetValue(test) || parsed.GetValue(fatal),
                    OnlyRules = parsed.GetValue(test),
                    Quiet = parsed.GetValue(quiet),
                }, stop));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                Say(failure.Message);
                return Task.FromResult(Failed);
            }
        });
        return command;
    }

    private static int Run(InspectRequest request, CancellationToken stop)
    {
        if (request.Capture is null && !request.OnlyRules)
        {
            Say("which capture? demilune inspect FILE.pcap -S RULES");
            return Failed;
        }
        var sources = request.Rules.Select(file => new RuleSource(Path.GetRelativePath(Environment.CurrentDirectory, file), File.ReadAllText(file)));
        var compiled = RuleSet.Compile(sources, new()
        {
            Regex = PcreRegexEngine.BestAvailable(), Provides = Inspector.Provides, Recognises = Inspector.Recognises,
        });
        foreach (var error in compiled.Errors) Console.Error.WriteLine(error);
        if (!request.Quiet) Say($"{compiled.Rules.Signatures.Count} rules loaded, {compiled.Errors.Count} refused");
        if (compiled.Errors.Count > 0 && request.RuleErrorsAreFatal) return Failed;
        if (request.OnlyRules) return 0;
        using var capture = new FileStream(request.Capture!, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 20, FileOptions.SequentialScan);
        using var output = Output(request.LogDirectory);
        CaptureSummary summary;
        try
        {
            summary = CaptureInspection.Run(capture, compiled.Rules, request, output, stop);
        }
        catch (InvalidDataException failure)
        {
            Say($"{request.Capture}: {failure.Message}");
            return Failed;
        }
        if (!request.Quiet)
        {
            Say($"{summary.Frames} frames, {summary.Flows} flows, {summary.Alerts} alerts, {summary.Anomalies} anomalies");
            if (summary.Skipped > 0) Say($"{summary.Skipped} frames are of a link that carries no Ethernet and no IP");
            if (request.VerifyChecksums && summary.WrongChecksums > summary.Frames / 10)
                Say($"{summary.WrongChecksums} frames have a wrong checksum and were left out: if the capture was made on the sender, try -k none");
        }
        if (summary.Damage is null) return stop.IsCancellationRequested ? Failed : 0;
        Say($"{request.Capture}: {summary.Damage}");
        return Failed;
    }

    private static Stream Output(string? directory)
    {
        if (directory is null) return new BufferedStream(Console.OpenStandardOutput(), 1 << 16);
        Directory.CreateDirectory(directory);
        return new FileStream(Path.Combine(directory, "eve.json"), FileMode.Append, FileAccess.Write, FileShare.Read, 1 << 16);
    }

    private static void Say(string message) => Console.Error.WriteLine($"demilune inspect: {message}");
}
