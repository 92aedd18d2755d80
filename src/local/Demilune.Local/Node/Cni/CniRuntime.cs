using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Local.Node.Cni;

/// <summary>The pod that a network is made for.</summary>
/// <param name="ContainerId">Of the sandbox: another one each time the pod gets another.</param>
/// <param name="Namespace">Path of the network namespace; may be gone at DEL.</param>
internal sealed record CniPod(string ContainerId, string Namespace, string PodNamespace, string PodName, string PodUid);

/// <summary>Calls CNI plugins as a container runtime does (CNI 1.1 §2-3).</summary>
/// <param name="folders">Where plugins are looked for, in order.</param>
internal sealed class CniRuntime(IReadOnlyList<string> folders)
{
    /// <summary>Every runtime's name for a pod's first interface.</summary>
    private const string Interface = "eth0";

    /// <summary>ADD returns when the pod's policy is in force, which may wait for a controller that is starting.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs the chain; each plugin gets what the one before it returned.</summary>
    /// <returns>The last result, to be kept for DEL.</returns>
    /// <exception cref="NodeException">A plugin refused. The caller still owes a DEL.</exception>
    public async Task<JsonNode> AddAsync(CniNetwork network, CniPod pod, CancellationToken cancellation)
    {
        JsonNode? result = null;
        foreach (var plugin in network.Plugins)
        {
            var output = await CallAsync("ADD", network, plugin, pod, result, cancellation);
            try
            {
                result = JsonNode.Parse(output) ?? throw new NodeException(Says("ADD", plugin, network, "printed null instead of a result"));
            }
            catch (JsonException error)
            {
                throw new NodeException(Says("ADD", plugin, network, $"printed no valid result: {error.Message}"), inner: error);
            }
        }
        return result!;
    }

    /// <summary>Runs the chain backwards. Plugins take a network that is not there for removed, so this is safe to repeat.</summary>
    /// <param name="result">What ADD returned; null when it did not come to an end.</param>
    /// <exception cref="NodeException">A plugin refused; those before it in the chain were not asked, and the caller tries again later.</exception>
    public async Task DeleteAsync(CniNetwork network, CniPod pod, JsonNode? result, CancellationToken cancellation)
    {
        foreach (var plugin in network.Plugins.Reverse()) await CallAsync("DEL", network, plugin, pod, result, cancellation);
    }

    /// <summary>Addresses of a result, in its order, without their prefix lengths.</summary>
    /// <exception cref="NodeException">It has none: the pod would be unreachable.</exception>
    public static ImmutableArray<string> Addresses(JsonNode result) =>
        (result["ips"] as JsonArray ?? []).Select(ip => ip?["address"]?.GetValue<string>().Split('/')[0]).OfType<string>().ToImmutableArray() is { IsEmpty: false } addresses
            ? addresses
            : throw new NodeException("the CNI plugin returned no address (ips)");

    private async Task<string> CallAsync(string command, CniNetwork network, JsonObject plugin, CniPod pod, JsonNode? previous, CancellationToken cancellation)
    {
        var type = plugin["type"]!.GetValue<string>();
        var path = folders.Select(folder => Path.Combine(folder, type)).FirstOrDefault(File.Exists)
            ?? throw new NodeException(Says(command, plugin, network, $"not found in {string.Join(':', folders)}"));
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["CNI_COMMAND"] = command,
            ["CNI_CONTAINERID"] = pod.ContainerId,
            ["CNI_NETNS"] = pod.Namespace,
            ["CNI_IFNAME"] = Interface,
            ["CNI_ARGS"] = $"IgnoreUnknown=1;K8S_POD_NAMESPACE={pod.PodNamespace};K8S_POD_NAME={pod.PodName};K8S_POD_INFRA_CONTAINER_ID={pod.ContainerId};K8S_POD_UID={pod.PodUid}",
            ["CNI_PATH"] = string.Join(':', folders),
            ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin",
        };
        var outcome = await HostCommand.RunAsync(path, [], Limit, cancellation, network.Request(plugin, previous), environment);
        return outcome.Succeeded ? outcome.Output : throw new NodeException(Says(command, plugin, network, Complaint(outcome)));
    }

    /// <summary>The plugin's own error (CNI 1.1 §5 "Error"), or what else it said.</summary>
    private static string Complaint(HostCommand.Outcome outcome)
    {
        try
        {
            if (JsonNode.Parse(outcome.Output) is JsonObject error && error["msg"]?.GetValue<string>() is { Length: > 0 } message)
                return $"{message}{(error["details"]?.GetValue<string>() is { Length: > 0 } details ? $": {details}" : "")} (code {error["code"]})";
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // It did not speak JSON, then its standard error is what there is.
        }
        return outcome.Complaint;
    }

    private static string Says(string command, JsonObject plugin, CniNetwork network, string what) =>
        $"CNI {command} of plugin {plugin["type"]} (network {network.Name}): {what}";
}
