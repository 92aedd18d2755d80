namespace Demilune.Local.Node;

/// <summary>Programs on this machine.</summary>
internal static class Programs
{
    /// <summary>Where Debian puts programs of the administrator, whatever PATH says.</summary>
    private static readonly string[] Always = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <returns>The full path, or null when it is not installed.</returns>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Concat(Always)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
