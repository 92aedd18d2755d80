using System.CommandLine;
using Demilune.Cli.Policies.Cases;

namespace Demilune.Cli.Policies;

/// <summary><c>demilune policy test DIR</c>: manifests against a truth table, without a cluster.</summary>
internal static class PolicyTestCommand
{
    private const int Failed = 1, Unreadable = 2;

    public static Command Create()
    {
        var path = new Argument<string>("path") { Description = "A directory of cases, or one case." };
        var junit = new Option<FileInfo?>("--junit") { Description = "Write the results into this file, for CI systems." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Say only what failed." };
        var command = new Command("test", "Holds policies to truth tables, without a cluster. Exit code 0: all hold; 1: some do not; 2: a case cannot be read (the others are run all the same).") { path, junit, quiet };
        command.SetAction(parsed => Run(parsed.GetValue(path)!, parsed.GetValue(junit), parsed.GetValue(quiet), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error));
        return command;
    }

    private static int Run(string path, FileInfo? junit, bool quiet, TextWriter output, TextWriter errors)
    {
        try
        {
            if (!Directory.Exists(path) && !File.Exists(path)) throw new InvalidDataException($"{path}: there is no such file or directory");
            var results = new List<CaseResult>();
            foreach (var one in CaseLibrary.Find(path))
            {
                var result = CaseRun.Run(one);
                results.Add(result);
                if (result.Unreadable is { } why)
                {
                    errors.WriteLine($"UNREADABLE {why}");
                    continue;
                }
                if (result.Failures.Count == 0 && quiet) continue;
                output.WriteLine($"{(result.Failures.Count == 0 ? "pass" : "FAIL")} {result.Name}: {result.About}");
                foreach (var failure in result.Failures) output.WriteLine($"     {failure}");
            }
            if (junit is not null) JUnitReport.Of(results).Save(junit.FullName);
            var (failed, unreadable) = (results.Count(result => result.Failures.Count > 0), results.Count(result => result.Unreadable is not null));
            output.WriteLine($"{results.Count} {(results.Count == 1 ? "case" : "cases")}, {results.Sum(result => result.Asked)} connections, {failed} cases failed{(unreadable > 0 ? $", {unreadable} cannot be read" : "")}");
            if (results.Count == 0) errors.WriteLine($"demilune policy test: no case (*.yaml) in {path}");
            if (unreadable > 0 || results.Count == 0) return Unreadable;
            return failed > 0 ? Failed : 0;
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"demilune policy test: {failure.Message}");
            return Unreadable;
        }
    }
}
