namespace Demilune.Local.Node;

/// <summary>Mounts in this process's mount namespace.</summary>
internal static class Mounts
{
    /// <summary>Every mount point at or below a folder, deepest first.</summary>
    public static IReadOnlyList<string> Below(string folder) => Below(folder, File.ReadAllText("/proc/self/mountinfo"));

    /// <summary>Pure half: field 5 of proc_pid_mountinfo(5), octal escapes undone.</summary>
    internal static IReadOnlyList<string> Below(string folder, string mountInfo)
    {
        var prefix = folder.TrimEnd('/');
        return [.. mountInfo.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .Where(fields => fields.Length > 4)
            .Select(fields => Unescape(fields[4]))
            .Where(point => point == prefix || point.StartsWith(prefix + "/", StringComparison.Ordinal))
            .Reverse()];    // the file is in mount order: what was mounted last goes first
    }

    /// <summary>Unmounts everything at or below the folder; what is busy is detached and goes when its last user does.</summary>
    /// <exception cref="NodeException">The kernel refused.</exception>
    public static async Task RemoveBelowAsync(string folder, CancellationToken cancellation)
    {
        foreach (var point in Below(folder)) await HostCommand.RequireAsync("umount", ["--lazy", point], cancellation);
    }

    public static bool IsMounted(string path) => Below(path) is [.., var last] && last == path;

    public static Task MountAsync(string type, string source, string target, string options, CancellationToken cancellation) =>
        HostCommand.RequireAsync("mount", ["-t", type, "-o", options, source, target], cancellation);

    private static string Unescape(string field) =>
        field.Contains('\\', StringComparison.Ordinal)
            ? field.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
                .Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal)
            : field;
}
