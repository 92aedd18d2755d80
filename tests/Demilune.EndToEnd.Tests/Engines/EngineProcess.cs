using System.Globalization;
using Demilune.Cli.Cluster;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>The process inside a firewall's container that judges, not what stands beside it.</summary>
internal static class EngineProcess
{
    /// <summary>One of each instance.</summary>
    public static IEnumerable<int> All(ClusterLayout layout, string engine)
    {
        var (program, marker) = engine == "suricata" ? ("suricata", "--af-packet\0") : ("demilune-firewall", "--in\0");
        foreach (var path in Directory.EnumerateDirectories("/proc").Where(path => char.IsDigit(Path.GetFileName(path)[0])))
        {
            var isOne = false;
            try
            {
                var command = File.ReadAllText(Path.Combine(path, "cmdline"));
                // Other clusters on this machine have theirs: its socket's directory tells whose it is.
                isOne = Path.GetFileName(command.Split('\0')[0]).Equals(program, StringComparison.Ordinal) && command.Contains(marker, StringComparison.Ordinal)
                    && File.ReadAllText(Path.Combine(path, "mountinfo")).Contains($"{Path.GetFileName(layout.RunDirectory)}/firewall/", StringComparison.Ordinal);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile.
            }
            if (isOne) yield return int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture);
        }
    }
}
