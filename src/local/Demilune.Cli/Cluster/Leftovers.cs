namespace Demilune.Cli.Cluster;

/// <summary>What a local cluster leaves on a machine if it could not clean up, found by looking and not by remembering.</summary>
public static class Leftovers
{
    public static bool Exist(ClusterLayout layout) => Directory.Exists(layout.Directory) || Find(layout).Count > 0;

    /// <returns>One line each, for people.</returns>
    public static IReadOnlyList<string> Find(ClusterLayout layout)
    {
        var found = new List<string>();
        if (Directory.Exists(layout.RunDirectory) && Directory.EnumerateFileSystemEntries(layout.RunDirectory).Any()) found.Add($"files in {layout.RunDirectory}");
        if (Directory.Exists(layout.BpfDirectory) && Directory.EnumerateFileSystemEntries(layout.BpfDirectory).Any()) found.Add($"pins in {layout.BpfDirectory}");
        found.AddRange(File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4])
            .Where(point => point.StartsWith(layout.RunDirectory + "/", StringComparison.Ordinal) || point.StartsWith(layout.Directory + "/", StringComparison.Ordinal))
            .Select(point => $"mount {point}"));
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsDigit(Path.GetFileName(path)[0])))
        {
            if (CommandLine(process) is { } command && int.Parse(Path.GetFileName(process), System.Globalization.CultureInfo.InvariantCulture) != Environment.ProcessId
                && command.Contains(layout.RunDirectory, StringComparison.Ordinal)
                && (command.Contains("demilune-", StringComparison.Ordinal) || command.Contains("crun", StringComparison.Ordinal)))
                found.Add($"process {Path.GetFileName(process)} ({command[..Math.Min(60, command.Length)]})");
        }

        return found;
    }

    private static string? CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;    // it ended while we looked
        }
    }
}
