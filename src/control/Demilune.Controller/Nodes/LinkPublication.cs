using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Kubernetes;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;

namespace Demilune.Controller.Nodes;

/// <summary>
/// Gives the node agents of a cluster what they need to know us by: the ConfigMap demilune-system/node-link with our authority's certificate, which their pods
/// mount beside the token that kubelet gets for them.
/// </summary>
internal sealed partial class LinkPublication(KubernetesApi kubernetes, LinkIdentity identity, TimeProvider time, ILogger<LinkPublication> log) : BackgroundService
{
    private const string Name = "node-link";

    /// <summary>Applied again and again: whoever deletes or changes it gets it back.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failing = false;
        while (true)
        {
            try
            {
                await SystemNamespace.EnsureAsync(kubernetes, stoppingToken);
                await kubernetes.ApplyAsync(ResourceType.ConfigMaps, new ObjectKey(Group.SystemNamespace, Name), Content(identity), Group.FieldManager, stoppingToken);
                failing = false;
            }
            catch (Exception error) when (error is ApiException or HttpRequestException or IOException or TimeoutException or JsonException)
            {
                if (!failing) NotPublished(log, error.Message);
                failing = true;
            }
            await Task.Delay(failing ? RetryInterval : Interval, time, stoppingToken);
        }
    }

    private static string Content(LinkIdentity identity) => new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = Name, ["namespace"] = Group.SystemNamespace },
        ["data"] = new JsonObject { ["ca.crt"] = identity.Authority },
    }.ToJsonString();

    [LoggerMessage(3414, LogLevel.Warning, "ConfigMap node-link cannot be written, so new node agents cannot attach: {Reason} It is tried again")]
    private static partial void NotPublished(ILogger log, string reason);
}
