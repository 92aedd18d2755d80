using System.Diagnostics;

namespace Demilune.Cli.Cluster;

/// <summary>Signals by the shell's own <c>kill</c>: the framework sends only SIGKILL, and native calls live in another room.</summary>
internal static class Signal
{
    public const string Terminate = "TERM";
    public const string Kill = "KILL";

    public static void Send(int pid, string signal)
    {
        using var kill = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"kill -{signal} {pid} 2> /dev/null"]));
        kill?.WaitForExit();
    }
}
