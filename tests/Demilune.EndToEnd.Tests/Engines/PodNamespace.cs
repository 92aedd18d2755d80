using Demilune.Cli.Walk;
using Demilune.Linux.Namespaces;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>A pod's network, for traffic of ours that nothing but the datapath stands before.</summary>
internal static class PodNamespace
{
    public static async Task<NetworkNamespace> OpenAsync(Scene scene, string pod, CancellationToken stop)
    {
        var inside = (await scene.ExecAsync(pod, "readlink /proc/self/ns/net", stop)).Output.Trim();
        return NetworkNamespace.Open(Directory.EnumerateDirectories("/proc").Where(path => char.IsDigit(Path.GetFileName(path)[0]))
            .Select(path => Path.Combine(path, "ns", "net")).First(path => LinkOf(path) == inside));
    }

    private static string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;    // it ended meanwhile
        }
    }
}
