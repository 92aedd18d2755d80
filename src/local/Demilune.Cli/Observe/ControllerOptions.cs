using System.CommandLine;
using System.Net.Sockets;
using Demilune.Kubernetes.Api;

namespace Demilune.Cli.Observe;

/// <summary>
/// How a command reaches the controller: with the kubeconfig alone, through the API server's service proxy, so that it
/// works from wherever kubectl works.
/// </summary>
internal static class ControllerOptions
{
    public static readonly Option<string?> Kubeconfig = new("--kubeconfig")
    {
        Description = "The cluster's kubeconfig. Default: $KUBECONFIG, ~/.kube/config, or the running local cluster's.",
    };

    public static readonly Option<bool> Json = new("--json") { Description = "The records as they are, one JSON object a line." };

    private const string LocalKubeconfig = "/var/lib/demilune/local/kubeconfig";

    /// <summary>Gives each line of a REST resource to <paramref name="line"/>, with clear words for whatever goes wrong.</summary>
    /// <returns>The exit code: 0, 1 for an answer that is a refusal, 2 if nobody answered.</returns>
    public static async Task<int> ReadAsync(ParseResult parsed, string path, Action<string> line, CancellationToken stop)
    {
        try
        {
            using var api = KubernetesApi.Connect(Find(parsed.GetValue(Kubeconfig)));
            await foreach (var text in api.ReadServiceLinesAsync("demilune-system", "demilune-controller:rest", path, stop)) line(text);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (ApiException refusal)
        {
            await Console.Error.WriteLineAsync($"demilune: {refusal.Message}");
            await Console.Error.WriteLineAsync("Is the controller running? kubectl get endpointslices -n demilune-system");
            return 1;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException or k8s.Exceptions.KubeConfigException or TimeoutException)
        {
            await Console.Error.WriteLineAsync($"demilune: no Kubernetes API: {error.Message}");
            await Console.Error.WriteLineAsync("Name the cluster with --kubeconfig or $KUBECONFIG (./run prints the local cluster's).");
            return 2;
        }
    }

    internal static string? Find(string? said)
    {
        if (!string.IsNullOrEmpty(said)) return said;
        if (Environment.GetEnvironmentVariable("KUBECONFIG") is { Length: > 0 } set) return set;
        var home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        return File.Exists(home) ? home : File.Exists(LocalKubeconfig) ? LocalKubeconfig : null;
    }
}
