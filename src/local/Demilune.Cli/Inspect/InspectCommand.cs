using System.CommandLine;
using Demilune.Rules.Compile;
using Demilune.Rules.Syntax;

namespace Demilune.Cli.Inspect;

/// <summary><c>demilune inspect</c>: a capture through the engine, EVE out. Needs no cluster. Suricata's letters for its options.</summary>
public static class InspectCommand
{
    private const int Failed = 1;

    public static Command Create() => Create(Console.Error);

    /// <summary>As from a shell.</summary>
    /// <param name="arguments">Without the command's own name.</param>
    /// <param name="said">Gets what the user is told; events go where <c>-l</c> says.</param>
    /// <returns>The exit code.</returns>
    internal static int Run(IReadOnlyList<string> arguments, TextWriter said)
    {
        var parsed = Create(said).Parse(arguments);
        foreach (var error in parsed.Errors) said.WriteLine(error.Message);
        return parsed.Errors.Count > 0 ? Failed : parsed.Invoke(new() { Output = said, Error = said });
    }

    private static Command Create(TextWriter said)
    {
        var capture = new Argument<string>("capture") { Description = "A pcap or pcapng file, or a directory of them.", Arity = ArgumentArity.ZeroOrOne };
        var read = new Option<string?>("--read", "-r") { Description = "The same. A directory's files are read in the order in which they were written last." };
        var recursive = new Option<bool>("--pcap-file-recursive") { Description = "Read the directory's directories, too." };
        var continuous = new Option<bool>("--pcap-file-continuous") { Description = "Wait for further files in the directory until interrupted." };
        var delete = new Option<bool>("--pcap-file-delete") { Description = "Delete each capture when it has been read." };
        var rules = new Option<FileInfo[]>("--rules", "-S")
        {
            Description = "Rules in Suricata's language; may be given more than once.", AllowMultipleArgumentsPerToken = true,
        };
        var configuration = new Option<FileInfo?>("--configuration", "-c") { Description = "A suricata.yaml; what is known of it is read." };
        var set = new Option<string[]>("--set") { Description = "path=value, over the configuration; may be given more than once." };
        var logs = new Option<DirectoryInfo?>("--log-dir", "-l") { Description = "Write eve.json into this directory instead of to standard output." };
        var data = new Option<DirectoryInfo?>("--data-dir") { Description = "Where data sets are kept (dataset: save, state)." };
        var checksums = new Option<string?>("--checksums", "-k")
        {
            Description = "all (default): frames with wrong checksums are not looked at, as no receiver would; none: captured before the card filled them in.",
        };
        checksums.AcceptOnlyFromAmong("all", "none");
        var simulate = new Option<bool>("--simulate-ips") { Description = "Judge as in the wire: say what would have been blocked, and skip what would not have arrived." };
        var test = new Option<bool>("--test", "-T") { Description = "Only load the rules; fail if one is wrong." };
        var fatal = new Option<bool>("--init-errors-fatal") { Description = "Fail if a rule is wrong. Otherwise it is named and left out." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "No progress and no summary." };
        var analysis = new Option<bool>("--engine-analysis") { Description = "Only describe the rules, in Suricata's files: rules.json, rule_group.json." };
        // Accepted so that habits carry over; they say what is so anyway.
        var verbose = new Option<bool>("-v") { Hidden = true };
        var runMode = new Option<string?>("--runmode") { Hidden = true };
        var noRandom = new Option<bool>("--no-random") { Hidden = true };
        var command = new Command("inspect", "Runs a capture through the inspection engine and prints what it finds as EVE JSON.")
        {
            capture, read, recursive, continuous, delete, rules, configuration, set, logs, data, analysis, checksums, simulate, test, fatal, quiet, verbose, runMode, noRandom,
        };
        command.SetAction((parsed, stop) =>
        {
            var log = EngineLog.None;
            try
            {
                var written = Settings.Load(parsed.GetValue(configuration)?.FullName, parsed.GetValue(set) ?? []);
                log = EngineLog.Of(written, parsed.GetValue(logs)?.FullName);
                Announce(written, log);
                if (RunAs.Fault(written) is { } nobody) throw new InvalidDataException(nobody);
                var settings = EngineSettings.Of(written, parsed.GetValue(simulate));
                var onlyRules = parsed.GetValue(test) || parsed.GetValue(analysis);
                return Task.FromResult(Run(new()
                {
                    Captures = !onlyRules && (parsed.GetValue(read) ?? parsed.GetValue(capture)) is { } path
                        ? CapturesOf(path, written, parsed.GetValue(recursive), parsed.GetValue(continuous), parsed.GetValue(delete)) : null,
                    Rules = [.. (parsed.GetValue(rules) ?? []).Select(file => file.FullName)],
                    LogDirectory = parsed.GetValue(logs)?.FullName,
                    VerifyChecksums = parsed.GetValue(checksums) is { } asked ? asked == "all" : settings.VerifyChecksums ?? true,
                    Inline = settings.Inspector.Inline,
                    Settings = settings,
                    RuleErrorsAreFatal = parsed.GetValue(test) || parsed.GetValue(fatal),
                    IsTest = parsed.GetValue(test),
                    OnlyRules = onlyRules,
                    Describes = parsed.GetValue(analysis),
                    MostToServer = EngineAnalysis.Groups(written, "toserver-groups", 40),
                    MostToClient = EngineAnalysis.Groups(written, "toclient-groups", 20),
                    Surroundings = RuleSurroundings.Of(written, settings.Variables, parsed.GetValue(data)?.FullName),
                    Quiet = parsed.GetValue(quiet),
                    Said = said,
                    Log = log,
                }, stop));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                Say(said, failure.Message);
                log.Error("inspect", failure.Message);
                return Task.FromResult(Failed);
            }
        });
        return command;
    }

    private static int Run(InspectRequest request, CancellationToken stop)
    {
        if (request.Captures is null && !request.OnlyRules)
        {
            Say(request.Said, "which capture? demilune inspect FILE.pcap -S RULES");
            return Failed;
        }
        if (request.Captures is { Continuous: true, Recursive: true, IsDirectory: true })
        {
            Say(request.Said, "--pcap-file-continuous looks at one directory: leave out --pcap-file-recursive");
            return Failed;
        }
        var sources = request.Rules.Select(file => new RuleSource(Path.GetRelativePath(Environment.CurrentDirectory, file), File.ReadAllText(file)));
        var compiled = RuleSet.Compile(sources, request.Surroundings.Options with { Describes = request.Describes });
        foreach (var error in request.Surroundings.Errors)
        {
            request.Said.WriteLine(error);
            request.Log.Error(error.Topic, error.ToString());
        }
        foreach (var file in request.Surroundings.ReputationFiles) request.Log.Info("reputation", $"Loading reputation file: {file}");
        if (request.IsTest && request.Surroundings.Errors.Count > 0) return Failed;
        foreach (var remark in compiled.Remarks) request.Log.Info(remark.Topic, remark.ToString());
        foreach (var error in compiled.Errors)
        {
            request.Said.WriteLine(error);
            // Where errors are fatal the first is the one that counts.
            if (request is { RuleErrorsAreFatal: true, Describes: false } && error != compiled.Errors[0]) continue;
            request.Log.Error(error.Topic, error.Message);
            request.Log.Error("detect", $"error parsing signature \"{error.Text}\" from file {error.Source} at line {error.Line}");
        }
        if (request.Rules.Count > 0)
            request.Log.Info("detect", $"{request.Rules.Count} rule files processed. {compiled.Rules.Signatures.Count} rules successfully loaded, {compiled.Errors.Count} rules failed, {compiled.Skipped} rules skipped");
        if (request.Describes) EngineAnalysis.Write(compiled, request);
        request.Log.Info("detect", EngineAnalysis.Kinds(compiled.Rules));
        if (!request.Quiet) Say(request.Said, $"{compiled.Rules.Signatures.Count} rules loaded, {compiled.Errors.Count} refused");
        if (compiled.Errors.Count > 0 && request.RuleErrorsAreFatal)
        {
            request.Log.Error("suricata", "Loading signatures failed.");
            return Failed;
        }
        if (request.OnlyRules) return 0;
        using var output = new EveFiles(request);
        using var inspection = new CaptureInspection(compiled.Rules, request with { RulesCounted = (compiled.Rules.Signatures.Count, compiled.Errors.Count, compiled.Skipped) }, output);
        var captures = request.Captures!;
        foreach (var file in captures.All(TimeProvider.System, stop))
        {
            if (!TryRead(file, inspection, request, stop) && !captures.IsDirectory) return Failed;
            output.Flush();
        }
        var summary = inspection.Finish();
        request.Surroundings.Save();
        if (!request.Quiet)
        {
            Say(request.Said, $"{summary.Frames} frames, {summary.Flows} flows, {summary.Alerts} alerts, {summary.Anomalies} anomalies");
            if (summary.Skipped > 0) Say(request.Said, $"{summary.Skipped} frames are of a link that cannot be read");
            if (request.VerifyChecksums && summary.WrongChecksums > summary.Frames / 10)
                Say(request.Said, $"{summary.WrongChecksums} frames have a wrong checksum and were left out: if the capture was made on the sender, try -k none");
        }
        return stop.IsCancellationRequested && !captures.Continuous ? Failed : 0;
    }

    /// <summary>One capture.</summary>
    /// <returns>False if it is none, or cannot be read: of a directory it is passed over.</returns>
    private static bool TryRead(string file, CaptureInspection inspection, InspectRequest request, CancellationToken stop)
    {
        try
        {
            using (var bytes = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 20, FileOptions.SequentialScan))
            {
                // What came before the damage was good, and was judged: as Suricata.
                if (inspection.Read(bytes, file, stop) is { } damage) Say(request.Said, $"{file}: {damage}");
            }
            if (request.Captures!.DeletesRead && !stop.IsCancellationRequested) File.Delete(file);
            return true;
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Say(request.Said, $"{file}: {failure.Message}");
            request.Log.Warning("pcap", $"{file}: {failure.Message}");
            return false;
        }
    }

    private static CaptureFiles CapturesOf(string path, Settings settings, bool recursive, bool continuous, bool delete) => new()
    {
        Path = path,
        Recursive = recursive || settings.Flag("pcap-file.recursive") == true,
        Continuous = continuous || settings.Flag("pcap-file.continuous") == true,
        DeletesRead = delete || settings.Flag("pcap-file.delete-when-done") == true,
        Delay = TimeSpan.FromSeconds(settings.Size("pcap-file.delay") is > 0 and <= uint.MaxValue and var delay ? delay : 30),
        Interval = TimeSpan.FromSeconds(settings.Size("pcap-file.poll-interval") is > 0 and <= int.MaxValue / 1000 and var interval ? interval : 5),
    };

    /// <summary>What of the configuration is worth a word.</summary>
    private static void Announce(Settings settings, EngineLog log)
    {
        if (settings.Text("exception-policy") is { } policy) log.Info("exception-policy", $"master exception-policy set to: {policy}");
        if (settings.Has("decoder.erspan.typeI.enabled")) log.Warning("decode-erspan", "ERSPAN Type I is no longer configurable: it is always read, and the setting is ignored");
    }

    private static void Say(TextWriter said, string message) => said.WriteLine($"demilune inspect: {message}");
}
