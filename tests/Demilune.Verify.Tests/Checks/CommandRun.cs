using System.Diagnostics;
using Demilune.Verify.Tests.Cases;

namespace Demilune.Verify.Tests.Checks;

/// <summary>Cases that say by themselves how the engine is called: in a shell, with our command where Suricata's would be.</summary>
internal static class CommandRun
{
    /// <returns>Its exit code.</returns>
    public static int Of(string command, VerifyCase wanted, string output, TextWriter said)
    {
        var sources = Directory.CreateTempSubdirectory("demilune-verify-sources-");
        try
        {
            Prepare(sources.FullName);
            var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = wanted.Directory, RedirectStandardOutput = true, RedirectStandardError = true };
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(command);
            (start.Environment["SRCDIR"], start.Environment["TEST_DIR"], start.Environment["OUTPUT_DIR"]) = (sources.FullName, wanted.Directory, output);
            using var shell = Process.Start(start)!;
            var errors = shell.StandardError.ReadToEndAsync();
            said.Write(shell.StandardOutput.ReadToEnd());
            shell.WaitForExit();
            said.Write(errors.Result);
            return shell.ExitCode;
        }
        finally
        {
            sources.Delete(recursive: true);
        }
    }

    /// <summary>What a tree of Suricata's sources has that such commands name.</summary>
    private static void Prepare(string directory)
    {
        Directory.CreateDirectory(Path.Combine(directory, "src"));
        Directory.CreateDirectory(Path.Combine(directory, "etc"));
        var program = Path.Combine(directory, "src", "suricata");
        File.WriteAllText(program, $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "demilune.dll")}' inspect --init-errors-fatal \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "as-shipped.yaml"), Path.Combine(directory, "suricata.yaml"));
        foreach (var name in (string[])["classification.config", "reference.config"])
            foreach (var target in (string[])["", "etc"])
                File.Copy(Path.Combine(Corpus.Directory!, "..", name), Path.Combine(directory, target, name));
    }
}
