using System.Diagnostics;
using Demilune.Linux.Namespaces;

namespace Demilune.Firewall.Tests.EndToEnd;

/// <summary>A network namespace of this test, removed at the end with everything in it.</summary>
internal sealed class Namespace : IDisposable
{
    private readonly NetworkNamespace _namespace;

    public Namespace(string role)
    {
        Name = $"fw-{Guid.NewGuid().ToString("N")[..8]}-{role}";
        _namespace = NetworkNamespace.Create($"/run/netns/{Name}");
        Command.Run("ip", $"-n {Name} link set lo up");
    }

    public string Name { get; }

    /// <summary>Runs on a thread in the namespace: sockets that it opens stay in there.</summary>
    public T Inside<T>(Func<T> work) => _namespace.Run(work);

    public void Dispose()
    {
        _namespace.Dispose();
        NetworkNamespace.Delete(_namespace.Path);
    }
}

internal static class Command
{
    public static string Run(string file, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Result : throw new InvalidOperationException($"{file} {arguments}: {error}");
    }
}
