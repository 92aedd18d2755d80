using Demilune.Local.Node;

namespace Demilune.Local;

/// <summary><c>demilune-local --uninstall</c>: pods with all they have on the machine, then the cluster's own files.</summary>
internal static class Uninstall
{
    /// <summary>What the API server keeps; other files of the folder are not ours.</summary>
    private static readonly string[] Files = ["state.db", "state.db-wal", "state.db-shm", "kubeconfig"];

    public static async Task<int> RunAsync(LocalOptions options, CancellationToken cancellation)
    {
        using var logging = LoggerFactory.Create(log => log.AddConsole());
        try
        {
            await NodeRole.UninstallAsync(options, logging.CreateLogger<NodeRole>(), cancellation);
            foreach (var file in Files.Select(name => Path.Combine(options.Directory, name)).Where(File.Exists)) File.Delete(file);
            if (Path.Combine(options.Directory, "pki") is var keys && Directory.Exists(keys)) Directory.Delete(keys, recursive: true);
            foreach (var folder in (string[])[options.RunDirectory, options.Directory])
                if (Directory.Exists(folder) && Directory.GetFileSystemEntries(folder) is []) Directory.Delete(folder);
            return 0;
        }
        catch (Exception error) when (error is NodeException or IOException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"demilune-local: not everything could be removed: {error.Message}; run it again");
            return 1;
        }
    }
}
