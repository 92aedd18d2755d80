using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Cli.Inspect;
using Demilune.Verify.Tests.Cases;

namespace Demilune.Verify.Tests.Checks;

/// <summary>Runs the offline engine on a case as its user would, and looks at what it wrote.</summary>
internal static class CaseRun
{
    public static CaseOutcome Of(string name)
    {
        var output = Directory.CreateTempSubdirectory("demilune-verify-");
        try
        {
            return new(name, Failure(VerifyCase.Load(name), output.FullName));
        }
        catch (Exception crash)
        {
            return new(name, $"crash: {crash.GetType().Name}: {crash.Message} {crash.StackTrace?.Split('\n')[0].Trim()}");
        }
        finally
        {
            output.Delete(recursive: true);
        }
    }

    private static string? Failure(VerifyCase wanted, string output)
    {
        using var said = new StringWriter();
        string[] arguments =
        [
            "-c", wanted.Configuration, "-l", output, "--init-errors-fatal",
            .. wanted.Rules is null ? (string[])[] : ["-S", wanted.Rules],
            .. wanted.Capture is null ? (string[])[] : ["-r", wanted.Capture],
            // As the suite's own runner: a case whose name says so is one of IPS mode.
            .. wanted.Name.Contains("ips", StringComparison.Ordinal) ? (string[])["--simulate-ips"] : [],
            .. wanted.Arguments.Select(argument => argument.Replace("${OUTPUT_DIR}", output, StringComparison.Ordinal)
                .Replace("${TEST_DIR}", wanted.Directory, StringComparison.Ordinal)),
        ];
        var exit = wanted.Command is { } command ? CommandRun.Of(command, wanted, output, said) : InspectCommand.Run(arguments, said);
        File.WriteAllText(Path.Combine(output, "stderr"), said.ToString());
        if (exit != wanted.ExitCode) return $"exit: {exit} instead of {wanted.ExitCode}: {FirstLines(said.ToString())}";
        var records = new Dictionary<string, IReadOnlyList<JsonElement>>();
        foreach (var check in wanted.Checks)
            foreach (var (kind, body) in check)
                if (Failure(kind, body, records, wanted, output) is { } failure) return failure;
        return null;
    }

    private static string? Failure(string kind, JsonNode? body, Dictionary<string, IReadOnlyList<JsonElement>> records, VerifyCase wanted, string output)
    {
        if (body is not JsonObject check || !IsOfOurVersion(check["requires"])) return null;
        switch (kind)
        {
            case "filter":
                var seen = Records((string?)check["filename"] ?? "eve.json", records, output);
                var match = check["match"] as JsonObject ?? [];
                var count = seen.Count(record => EveFilter.Matches(match, record));
                var expected = int.Parse(check["count"]!.ToString(), CultureInfo.InvariantCulture);
                return count == expected ? null : $"filter: {count} instead of {expected} of {match.ToJsonString()}";
            case "stats":
                var last = Records("eve.json", records, output).LastOrDefault(record => record.TryGetProperty("stats", out _));
                if (last.ValueKind == JsonValueKind.Undefined) return "stats: no record";
                var wrong = check.FirstOrDefault(pair => !EveFilter.Matches(new() { [$"stats.{pair.Key}"] = pair.Value?.DeepClone() }, last));
                return wrong.Key is null ? null : $"stats: {wrong.Key} is not {wrong.Value}";
            case "shell":
                var said = Shell(check["args"]!.ToString(), output, out var exit);
                if (check["expect"] is { } text) return said.Trim() == text.ToString() ? null : $"shell: '{said.Trim()}' instead of '{text}' from {check["args"]}";
                return exit == 0 ? null : $"shell: exit {exit} from {check["args"]}";
            case "file-compare":
                var (ours, theirs) = (Path.Combine(output, (string)check["filename"]!), Path.Combine(wanted.Directory, (string)check["expected"]!));
                return File.Exists(ours) && File.ReadAllText(ours) == File.ReadAllText(theirs) ? null : $"file-compare: {check["filename"]} differs";
            default:
                return $"check: there is no check by '{kind}'";
        }
    }

    private static bool IsOfOurVersion(JsonNode? requires)
    {
        if (requires is not JsonObject conditions) return true;
        return (conditions["min-version"] is not { } least || Compare(least.ToString()) >= 0)
            && (conditions["lt-version"] is not { } below || Compare(below.ToString()) < 0)
            && (conditions["gt-version"] is not { } above || Compare(above.ToString()) > 0);

        static int Compare(string version)
        {
            var parts = version.Split('.').Select(part => int.Parse(part, CultureInfo.InvariantCulture)).Concat([0, 0, 0]).Take(3).ToArray();
            return new Version(7, 0, 10).CompareTo(new Version(parts[0], parts[1], parts[2]));
        }
    }

    private static IReadOnlyList<JsonElement> Records(string file, Dictionary<string, IReadOnlyList<JsonElement>> known, string output)
    {
        if (known.TryGetValue(file, out var records)) return records;
        var path = Path.Combine(output, file);
        // rules.json is one document, eve.json a document a line.
        records = !File.Exists(path) ? [] : [.. File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonDocument.Parse(line).RootElement)];
        known.Add(file, records);
        return records;
    }

    private static string Shell(string command, string directory, out int exit)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        using var shell = Process.Start(start)!;
        shell.ErrorDataReceived += static (_, _) => { };
        shell.BeginErrorReadLine();
        var said = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        exit = shell.ExitCode;
        return said;
    }

    private static string FirstLines(string text) => string.Join(" | ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(3));
}
