using System.Globalization;
using System.Text.RegularExpressions;
using Demilune.Cli.Cluster;

namespace Demilune.Cli.Walk;

/// <summary>What the running product weighs: memory of its processes, and how long the CNI plugin kept a pod waiting.</summary>
internal static partial class Footprint
{
    public static void Measure(LocalCluster cluster, List<(string Name, string Value)> measured)
    {
        var adds = File.ReadLines(cluster.Agent.LogFile).Select(line => AddOk().Match(line)).Where(match => match.Success)
            .Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).Order().ToArray();
        if (adds.Length > 0)
            measured.Add(("CNI ADD in the node agent, median / slowest", string.Create(CultureInfo.InvariantCulture, $"{adds[adds.Length / 2]:0} / {adds[^1]:0} ms ({adds.Length} pods)")));
        foreach (var name in new[] { "demilune-local", "demilune-controller", "demilune-node", "demilune-firewall" })
        {
            var resident = Resident(name, cluster.Layout.RunDirectory);
            if (resident > 0) measured.Add(($"resident memory of {name}", string.Create(CultureInfo.InvariantCulture, $"{resident / 1024} MB")));
        }
    }

    /// <returns>Kilobytes; 0 if there is no such process. The firewall sees another root, so its command line does not name our directory.</returns>
    private static long Resident(string name, string runDirectory)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                var command = File.ReadAllText(Path.Combine(process, "cmdline"));
                var program = command[..Math.Max(0, command.IndexOf('\0', StringComparison.Ordinal))];
                if (Path.GetFileName(program) != name) continue;
                if (name != "demilune-firewall" && !command.Contains(runDirectory, StringComparison.Ordinal)) continue;
                var line = File.ReadLines(Path.Combine(process, "status")).First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
                return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                // It ended while we looked, or is a kernel thread.
            }
        }

        return 0;
    }

    [GeneratedRegex(@"ADD \S+ \S+: ok in ([0-9.]+) ms")]
    private static partial Regex AddOk();
}
