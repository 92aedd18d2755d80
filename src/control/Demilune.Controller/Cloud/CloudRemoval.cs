using Demilune.Neutron;
using Demilune.Raven;

namespace Demilune.Controller.Cloud;

/// <summary>Leaves a cloud as it was before this cluster came.</summary>
internal static class CloudRemoval
{
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(ControllerOptions options, TextWriter output, TextWriter errors, CancellationToken stop)
    {
        if (options.OsCloud.Length == 0)
        {
            await errors.WriteLineAsync("demilune-controller: --remove-network is for a cloud's network (--os-cloud); the built-in one is a file in --data-directory");
            return 2;
        }
        try
        {
            var neutron = CloudConnection.Open(CloudsFile.Load(options.OsCloud, options.OsClientConfigFile), TimeProvider.System);
            var left = await NetworkRemoval.RunAsync(neutron, options.ClusterName, output.WriteLine, stop);
            foreach (var one in left) await errors.WriteLineAsync($"not removed: {one}");
            if (left.Count == 0) await output.WriteLineAsync($"nothing of cluster {options.ClusterName} is left in cloud {options.OsCloud}");
            return left.Count == 0 ? 0 : 1;
        }
        catch (Exception failure) when (failure is CloudConfigException or HttpRequestException or NeutronException)
        {
            await errors.WriteLineAsync($"demilune-controller: {failure.Message}");
            return 1;
        }
    }
}
