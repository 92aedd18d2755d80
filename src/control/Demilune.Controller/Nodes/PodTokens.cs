using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using k8s.Models;

namespace Demilune.Controller.Nodes;

/// <summary>
/// Tokens of node agents that are pods: kubelet gets them, and a kubelet gets them for pods that are bound to its own node only. So it is the cluster that
/// says on which node somebody is.
/// </summary>
internal sealed class PodTokens(KubernetesApi api)
{
    /// <summary>What a token has to be made for: one for the API server is not good here, nor one for here there.</summary>
    public const string Audience = "demilune-node-link";

    /// <summary>The agents' service account.</summary>
    private const string Agents = "system:serviceaccount:demilune-system:demilune-node";

    /// <summary>Characters of a token; those of clusters have one or two thousand.</summary>
    private const int MaxLength = 16 << 10;

    private static readonly ResourceType Reviews = new("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", Namespaced: false);

    /// <returns>Null: no token of an agent's pod that is there.</returns>
    public async Task<string?> NodeOfAsync(string token, CancellationToken cancel)
    {
        // Whoever can reach us can make us ask: not about what cannot be a JWT.
        if (token.Length > MaxLength || token.Count(c => c == '.') != 2) return null;
        var review = await api.CreateAsync(Reviews, new V1TokenReview
        {
            ApiVersion = Reviews.ApiVersion, Kind = Reviews.Kind, Metadata = new(), Spec = new() { Token = token, Audiences = [Audience] },
        }, cancel);
        // A server that knows nothing of audiences answers without them.
        if (review.Status is not { Authenticated: true, User: { Username: Agents } user, Audiences: { } audiences } || !audiences.Contains(Audience)) return null;
        if (Extra(user, "pod-name") is not { } name || Extra(user, "pod-uid") is not { } uid) return null;
        var pod = await api.FindAsync<V1Pod>(ResourceType.Pods, new ObjectKey(Group.SystemNamespace, name), cancel);
        return pod?.Metadata.Uid == uid && pod.Spec.NodeName is { Length: > 0 } node ? node : null;
    }

    private static string? Extra(V1UserInfo user, string name) =>
        user.Extra is { } extra && extra.TryGetValue($"authentication.kubernetes.io/{name}", out var values) && values is [var value] ? value : null;
}
