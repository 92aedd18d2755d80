using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Demilune.Local.Node.Containers;

/// <summary>
/// The machine's OCI runtime (runc, else crun), each container watched by its own conmon: conmon keeps log and exit code while this process
/// is away, which is why a restart of the node restarts no pod.
/// </summary>
internal sealed class OciRuntime(NodePaths paths, string runtime, string conmon)
{
    private string? _version;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    public string Name => Path.GetFileName(runtime);

    /// <summary>What <c>nodeInfo.containerRuntimeVersion</c> says: <c>runc://1.1.5</c>.</summary>
    public string Version => _version ??= $"{Name}://{ReadVersion()}";

    /// <summary>Finds the programs on this machine.</summary>
    /// <exception cref="NodeException">One is missing.</exception>
    public static OciRuntime Find(NodePaths paths) => new(
        paths,
        // runc first: crun refuses machines with cgroups v1 and v2 side by side.
        Programs.Find("runc") ?? Programs.Find("crun") ?? throw new NodeException("neither runc nor crun is installed (Debian package runc or crun)"),
        Programs.Find("conmon") ?? throw new NodeException("conmon is not installed (Debian package conmon)"));

    /// <summary>Creates and starts the container of a finished bundle.</summary>
    /// <exception cref="NodeException">The runtime refused; nothing of it is left but the bundle.</exception>
    public async Task StartAsync(string id, string logPath, bool terminal, bool stdin, CancellationToken cancellation)
    {
        var bundle = paths.Bundle(id);
        Directory.CreateDirectory(Path.GetDirectoryName(logPath)!);
        // A process that was killed between create and start may have left a container of this name.
        await DeleteAsync(id, cancellation);
        File.Delete(paths.Exit(id));
        List<string> arguments =
        [
            "-c", "_OCI_SYNCPIPE=3 exec \"$@\" 3>&1", "sh", conmon, "-c", id, "-u", SocketName(id), "-n", id, "-r", runtime, "--runtime-arg", $"--root={paths.RuntimeRoot}",
            "-b", bundle, "-p", PidFile(bundle), "-P", Path.Combine(bundle, "conmon.pid"), "-l", $"k8s-file:{logPath}", "--exit-dir", paths.Exits,
            "--socket-dir-path", paths.Sockets, "--log-level", "error",
        ];
        if (terminal) arguments.Add("-t");
        if (stdin) arguments.Add("-i");
        await CreateAsync(arguments, cancellation);
        var start = await RunAsync(cancellation, "start", id);
        if (start.Succeeded) return;
        await DeleteAsync(id, cancellation);
        throw new NodeException(start.Complaint, "RunContainerError");
    }

    /// <summary>conmon answers once, in one line of JSON, when the container was created or could not be; then it goes into the background.</summary>
    private static async Task CreateAsync(List<string> arguments, CancellationToken cancellation)
    {
        using var process = new Process { StartInfo = HostCommand.StartInfo("/bin/sh", arguments) };
        process.Start();
        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(StartLimit);
        string? answer;
        try
        {
            answer = await process.StandardOutput.ReadLineAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NodeException($"conmon did not answer within {StartLimit.TotalSeconds} s", "RunContainerError");
        }
        if (answer is null) throw new NodeException($"conmon: {(await process.StandardError.ReadToEndAsync(limit.Token)).Trim()}", "RunContainerError");
        using var reply = JsonDocument.Parse(answer);
        var pid = reply.RootElement.TryGetProperty("data", out var data) ? data.GetInt32() : reply.RootElement.GetProperty("pid").GetInt32();
        if (pid > 0) return;
        var message = reply.RootElement.TryGetProperty("message", out var said) ? said.GetString() : null;
        throw new NodeException(message?.Trim() ?? $"the container runtime failed ({pid})", "RunContainerError");
    }

    /// <param name="signal">A name (TERM) or a number.</param>
    /// <returns>False: it runs no more.</returns>
    public async Task<bool> SignalAsync(string id, string signal, CancellationToken cancellation) => (await RunAsync(cancellation, "kill", id, signal)).Succeeded;

    /// <summary>Ends it if it runs, and removes what the runtime knows of it. Safe to repeat.</summary>
    public async Task DeleteAsync(string id, CancellationToken cancellation)
    {
        if (Directory.Exists(Path.Combine(paths.RuntimeRoot, id))) await RunAsync(cancellation, "delete", "--force", id);
        File.Delete(Path.Combine(paths.Sockets, SocketName(id)));       // a link to the bundle
    }

    /// <summary>Whether the container's first process lives, and is the one that was started (a process id comes back).</summary>
    public bool IsRunning(string id) => Pid(id) is { } pid && StartTicks(pid) is { } ticks && ticks == ReadTicks(id);

    /// <summary>Remembers which process the container's is.</summary>
    public void Remember(string id)
    {
        if (Pid(id) is { } pid && StartTicks(pid) is { } ticks)
            File.WriteAllText(Path.Combine(paths.Bundle(id), "ticks"), ticks.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The exit code conmon left, with the time; null while there is none.</summary>
    public (int Code, DateTimeOffset At)? Exit(string id)
    {
        try
        {
            var file = new FileInfo(paths.Exit(id));
            return file.Exists && int.TryParse(File.ReadAllText(file.FullName), CultureInfo.InvariantCulture, out var code) ? (code, file.LastWriteTimeUtc) : null;
        }
        catch (IOException)
        {
            return null;    // conmon renames it into place; the next look sees it
        }
    }

    /// <summary>Whether its conmon lives: then an exit code is still to come.</summary>
    public bool IsWatched(string id)
    {
        try
        {
            var conmonPid = File.ReadAllText(Path.Combine(paths.Bundle(id), "conmon.pid")).Trim();
            // A process id comes back, but not with this container's name in its arguments.
            return File.ReadAllText($"/proc/{conmonPid}/cmdline").Contains(id, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    public int? Pid(string id)
    {
        try
        {
            return int.TryParse(File.ReadAllText(PidFile(paths.Bundle(id))), CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The command line that runs something inside the container.</summary>
    public IReadOnlyList<string> ExecCommand(string id, IReadOnlyList<string> command, bool terminal) =>
        [runtime, "--root", paths.RuntimeRoot, "exec", .. terminal ? ["-t"] : (string[])[], id, .. command];

    /// <summary>Tells conmon that its log file was moved away.</summary>
    public Task ReopenLogAsync(string id, CancellationToken cancellation) => ControlAsync(id, "2 0 0", cancellation);

    public Task ResizeAsync(string id, TerminalRow size, CancellationToken cancellation) => ControlAsync(id, $"1 {size.Rows} {size.Columns}", cancellation);

    /// <summary>Where to attach to the container's own process: packets, the first byte says which stream.</summary>
    public string AttachSocket(string id) => Path.Combine(paths.Sockets, SocketName(id), "attach");

    /// <summary>Opening the pipe would wait for ever if conmon had died.</summary>
    private Task<HostCommand.Outcome> ControlAsync(string id, string message, CancellationToken cancellation) => HostCommand.RunAsync(
        "timeout", ["1", "sh", "-c", "echo \"$1\" >\"$2\"", "sh", message, Path.Combine(paths.Bundle(id), "ctl")], TimeSpan.FromSeconds(2), cancellation);

    private Task<HostCommand.Outcome> RunAsync(CancellationToken cancellation, params string[] arguments) =>
        HostCommand.RunAsync(runtime, ["--root", paths.RuntimeRoot, .. arguments], StartLimit, cancellation);

    private long? ReadTicks(string id) =>
        Path.Combine(paths.Bundle(id), "ticks") is var file && File.Exists(file) && long.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var ticks) ? ticks : null;

    /// <summary>Field 22 of proc_pid_stat(5); the name in field 2 may contain anything but ends at the last parenthesis.</summary>
    private static long? StartTicks(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private string ReadVersion()
    {
        using var process = Process.Start(HostCommand.StartInfo(runtime, ["--version"]))!;
        var first = process.StandardOutput.ReadLine() ?? "";
        process.StandardOutput.ReadToEnd();
        return first.Split(' ')[^1];
    }

    private static string PidFile(string bundle) => Path.Combine(bundle, "pid");

    /// <summary>Short, since a socket's path may have 107 bytes.</summary>
    private static string SocketName(string id) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id)))[..12];
}

/// <summary>A terminal's size in the order the kernel has it.</summary>
internal readonly record struct TerminalRow(ushort Rows, ushort Columns);
