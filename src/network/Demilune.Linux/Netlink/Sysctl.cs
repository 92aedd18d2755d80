namespace Demilune.Linux.Netlink;

/// <summary>Kernel settings of the network namespace that the calling thread is in.</summary>
public static class Sysctl
{
    /// <param name="key">With slashes: <c>net/ipv6/conf/eth0/disable_ipv6</c>.</param>
    /// <exception cref="IOException">No such setting, or it does not take the value.</exception>
    public static void Write(string key, string value)
    {
        try
        {
            // /proc/sys/net shows the namespace of the thread that opens it.
            File.WriteAllText($"/proc/sys/{key}", value);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or DirectoryNotFoundException or FileNotFoundException)
        {
            throw new IOException($"set {key} to {value}: {error.Message}", error);
        }
    }

    /// <summary>Null: no such setting in this kernel.</summary>
    public static string? Read(string key) => File.Exists($"/proc/sys/{key}") ? File.ReadAllText($"/proc/sys/{key}").Trim() : null;
}
