namespace Demilune.Cli.Cluster;

/// <summary>The real kubectl with the cluster's kubeconfig.</summary>
public sealed class Kubectl(string kubeconfig)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public Task<Outcome> RunAsync(CancellationToken stop, params string[] arguments) => RunAsync(Limit, stop, arguments);

    public Task<Outcome> RunAsync(TimeSpan limit, CancellationToken stop, params string[] arguments) => Shell.RunAsync(
        "kubectl", arguments, limit, stop, new Dictionary<string, string> { ["KUBECONFIG"] = kubeconfig });

    public Task<Outcome> ApplyAsync(string manifest, CancellationToken stop) => Shell.RunAsync(
        "kubectl", ["apply", "-f", "-"], Limit, stop, new Dictionary<string, string> { ["KUBECONFIG"] = kubeconfig }, manifest);

    /// <summary>A shell command in a pod's first container.</summary>
    public Task<Outcome> ExecAsync(string @namespace, string pod, string command, TimeSpan limit, CancellationToken stop) =>
        RunAsync(limit, stop, "exec", "-n", @namespace, pod, "--", "sh", "-c", command);

    /// <exception cref="ClusterException">kubectl failed.</exception>
    public async Task<string> NeedAsync(CancellationToken stop, params string[] arguments)
    {
        var outcome = await RunAsync(stop, arguments);
        return outcome.Succeeded ? outcome.Output : throw new ClusterException($"kubectl {string.Join(' ', arguments)}: {outcome.Summary}");
    }
}

/// <summary>The cluster did not do what was needed; the message says what and where to look.</summary>
public sealed class ClusterException(string message) : Exception(message);
