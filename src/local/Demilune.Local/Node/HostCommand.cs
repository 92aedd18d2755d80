using System.Diagnostics;
using System.Text;

namespace Demilune.Local.Node;

/// <summary>Runs one of the machine's own commands (mount, ip, runc, a CNI plugin) to its end.</summary>
internal static class HostCommand
{
    /// <summary>More output than this from a command is a fault of the command; the rest is dropped.</summary>
    private const int MaxOutputCharacters = 4 << 20;

    /// <param name="timeout">Then the command and its children are killed and the answer says so.</param>
    /// <param name="environment">Null: this process's own. Otherwise exactly these variables.</param>
    /// <returns>Never throws for what the command does; <see cref="Outcome.Succeeded"/> tells.</returns>
    public static async Task<Outcome> RunAsync(
        string file, IReadOnlyList<string> arguments, TimeSpan timeout, CancellationToken cancellation,
        string? standardInput = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = new Process { StartInfo = StartInfo(file, arguments, environment) };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return new Outcome(127, "", $"cannot run {file}: {error.Message}");
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            var output = ReadAsync(process.StandardOutput, limit.Token);
            var error = ReadAsync(process.StandardError, limit.Token);
            await WriteAsync(process, standardInput, limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new Outcome(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            return new Outcome(124, "", $"{file} {string.Join(' ', arguments)} did not end within {timeout.TotalSeconds} s");
        }
    }

    /// <exception cref="NodeException">The command failed; the message is what it said.</exception>
    public static async Task<string> RequireAsync(string file, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var outcome = await RunAsync(file, arguments, TimeSpan.FromSeconds(30), cancellation);
        return outcome.Succeeded
            ? outcome.Output
            : throw new NodeException($"{file} {string.Join(' ', arguments)}: {outcome.Complaint}");
    }

    public static ProcessStartInfo StartInfo(string file, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8, StandardErrorEncoding = Encoding.UTF8, StandardInputEncoding = new UTF8Encoding(false),
        };
        if (environment is null) return start;
        start.Environment.Clear();
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return start;
    }

    private static async Task WriteAsync(Process process, string? text, CancellationToken cancellation)
    {
        try
        {
            if (text is not null) await process.StandardInput.WriteAsync(text.AsMemory(), cancellation);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The command ended without reading its input; its exit code says what that means.
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellation)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        for (int read; (read = await reader.ReadAsync(buffer, cancellation)) > 0;)
            if (text.Length < MaxOutputCharacters) text.Append(buffer, 0, read);
        return text.ToString();
    }

    /// <summary>How a command ended.</summary>
    internal sealed record Outcome(int ExitCode, string Output, string Error)
    {
        public bool Succeeded => ExitCode == 0;

        /// <summary>The words to show a user: standard error, else standard output, else the exit code.</summary>
        public string Complaint =>
            Error.Trim() is { Length: > 0 } error ? error : Output.Trim() is { Length: > 0 } output ? output : $"exit code {ExitCode}";
    }
}
