using System.Diagnostics;

namespace Demilune.Cli.Cluster;

/// <summary>A program run to its end.</summary>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
public sealed record Outcome(int Exit, string Output, string Errors, TimeSpan Took)
{
    public bool Succeeded => Exit == 0;

    /// <summary>What it said, shortened to a line.</summary>
    public string Summary => (Errors.Trim() is { Length: > 0 } errors ? errors : Output.Trim()).ReplaceLineEndings(" ");
}

/// <summary>Runs other programs.</summary>
public static class Shell
{
    /// <summary>Exit code of a program that was ended because its time was over.</summary>
    public const int TimedOut = 124;

    public static async Task<Outcome> RunAsync(
        string program, IEnumerable<string> arguments, TimeSpan limit, CancellationToken stop,
        IReadOnlyDictionary<string, string>? environment = null, string? input = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limited.CancelAfter(limit);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync(limited.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            stop.ThrowIfCancellationRequested();
            return new(TimedOut, await output, $"{program} was ended after {limit.TotalSeconds:0} s", Stopwatch.GetElapsedTime(started));
        }

        return new(process.ExitCode, await output, await errors, Stopwatch.GetElapsedTime(started));
    }
}
