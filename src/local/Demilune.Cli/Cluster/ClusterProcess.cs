using System.Diagnostics;

namespace Demilune.Cli.Cluster;

/// <summary>
/// One process of the local cluster: started with its output in a log file, its number noted so that the next start
/// finds what an unclean end left behind.
/// </summary>
public sealed class ClusterProcess(string name, string program, IReadOnlyList<string> arguments, ClusterLayout layout)
{
    private Process? _process;

    public string Name => name;

    public string LogFile => Path.Combine(layout.Logs, name + ".log");

    private string PidFile => Path.Combine(layout.RunDirectory, name + ".pid");

    /// <exception cref="InvalidOperationException">It has not been started.</exception>
    public int Id => _process?.Id ?? throw new InvalidOperationException($"{name} has not been started");

    public bool IsRunning => _process is { HasExited: false };

    /// <exception cref="InvalidOperationException">The program is not there.</exception>
    public void Start()
    {
        if (!File.Exists(program)) throw new InvalidOperationException($"{program} is missing: build first (./run does)");
        System.IO.Directory.CreateDirectory(layout.Logs);
        System.IO.Directory.CreateDirectory(layout.RunDirectory);
        // setsid: Ctrl-C at the terminal reaches only us; we end the others in order. The shell appends to the log and
        // then becomes the program, so that the log lives on when we do not.
        var start = new ProcessStartInfo("setsid") { UseShellExecute = false, RedirectStandardInput = true };
        start.ArgumentList.Add("sh");
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$@\" >> \"$0\" 2>&1 < /dev/null");
        start.ArgumentList.Add(LogFile);
        start.ArgumentList.Add(program);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "1";
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        File.WriteAllText(PidFile, $"{_process.Id}\n");
    }

    /// <summary>SIGTERM, and SIGKILL if it does not end within <paramref name="grace"/>.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        if (_process is null) return;
        if (!_process.HasExited)
        {
            Signal.Send(_process.Id, Signal.Terminate);
            using var limit = new CancellationTokenSource(grace);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Kill();
            }
        }

        _process.Dispose();
        _process = null;
        File.Delete(PidFile);
    }

    /// <summary>SIGKILL, as a crash would be.</summary>
    public void Kill()
    {
        if (!IsRunning) return;
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>Ends what an earlier start of this process left running.</summary>
    /// <returns>True if there was something.</returns>
    public bool EndLeftover()
    {
        if (!File.Exists(PidFile)) return false;
        var found = int.TryParse(File.ReadAllText(PidFile), out var pid) && IsOurs(pid);
        if (found)
        {
            Signal.Send(pid, Signal.Kill);
            for (var waited = 0; IsOurs(pid) && waited < 500; waited++) Thread.Sleep(10);
        }

        File.Delete(PidFile);
        return found;
    }

    /// <summary>The last lines of its log: what to show when it did not come up.</summary>
    public string LastWords(int lines = 12) =>
        File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(lines)) : "(it wrote nothing)";

    // A number may have been given to another process since.
    private bool IsOurs(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(program, StringComparison.Ordinal)
                && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
