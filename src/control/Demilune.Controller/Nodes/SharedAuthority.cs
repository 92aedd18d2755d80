using Demilune.Kubernetes;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using k8s.Models;

namespace Demilune.Controller.Nodes;

/// <summary>
/// By which several controllers are one to their nodes: whichever comes first writes its authority's certificate and keys into a Secret, the others take
/// them over before they open their doors.
/// </summary>
/// <remarks>Whoever can read that Secret can be the controller to every node, and every node to the controller: nobody mounts it.</remarks>
internal sealed partial class SharedAuthority(KubernetesApi api, string name, string directory, TimeProvider time, ILogger<SharedAuthority> log)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);

    /// <summary>A server's certificate is each controller's own, signed by the one authority.</summary>
    private static readonly string[] s_files = ["ca.crt", "ca.key", "tokens.key"];

    /// <summary>Returns when the directory has what the Secret has. Waits for a Kubernetes that is not there yet.</summary>
    /// <exception cref="IOException">The directory cannot be written, or the Secret lacks something; the message says what.</exception>
    public async Task TakeAsync(CancellationToken stop)
    {
        var failing = false;
        while (true)
        {
            try
            {
                await SystemNamespace.EnsureAsync(api, stop);
                if ((await FindAsync(stop) ?? await OfferAsync(stop)) is { } shared)
                {
                    Adopt(shared);
                    return;
                }
            }
            catch (Exception error) when (error is ApiException or HttpRequestException or TimeoutException)
            {
                if (!failing) NotYet(log, name, error.Message);
                failing = true;
                await Task.Delay(RetryInterval, time, stop);
            }
        }
    }

    private Task<V1Secret?> FindAsync(CancellationToken stop) => api.FindAsync<V1Secret>(ResourceType.Secrets, new ObjectKey(Group.SystemNamespace, name), stop);

    /// <returns>Null: another one was faster.</returns>
    private async Task<V1Secret?> OfferAsync(CancellationToken stop)
    {
        LinkIdentity.LoadOrCreate(directory, time).Certificate.Dispose();
        try
        {
            return await api.CreateAsync(ResourceType.Secrets, new V1Secret
            {
                ApiVersion = "v1", Kind = "Secret", Type = "Opaque",
                Metadata = new() { Name = name, NamespaceProperty = Group.SystemNamespace },
                Data = s_files.ToDictionary(file => file, file => File.ReadAllBytes(Path.Combine(directory, file))),
            }, stop);
        }
        catch (ApiException refusal) when (refusal.IsConflict)
        {
            return null;
        }
    }

    private void Adopt(V1Secret shared)
    {
        Directory.CreateDirectory(directory);
        foreach (var file in s_files)
        {
            if (shared.Data is null || !shared.Data.TryGetValue(file, out var content))
                throw new IOException($"Secret {Group.SystemNamespace}/{name} has no \"{file}\": delete it to have a new one made; node agents then need the new authority.");
            var path = Path.Combine(directory, file);
            if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(content)) continue;
            LinkIdentity.WriteSecret(path, System.Text.Encoding.UTF8.GetString(content));
            // Signed by another authority than the one that is in force now.
            File.Delete(Path.Combine(directory, "server.crt"));
        }
    }

    [LoggerMessage(3416, LogLevel.Warning, "Secret {Name} with the node link's authority cannot be read or written, so nobody can attach yet: {Reason} It is tried again")]
    private static partial void NotYet(ILogger log, string name, string reason);
}
