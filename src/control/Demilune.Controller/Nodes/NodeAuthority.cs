namespace Demilune.Controller.Nodes;

/// <summary>Which node is calling. Each has a token of its own: who takes over one can read and say what is that one's, and nothing else.</summary>
/// <param name="pods">Null: there is no cluster whose tokens could be asked about.</param>
internal sealed class NodeAuthority(LinkIdentity identity, PodTokens? pods)
{
    private const string Scheme = "Bearer ";

    /// <returns>Null: the caller is no node.</returns>
    /// <exception cref="Kubernetes.Api.ApiException">The API server cannot say; <see cref="HttpRequestException"/> and the like: it cannot be reached.</exception>
    public async Task<string?> NodeOfAsync(string? authorization, CancellationToken cancel)
    {
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return null;
        var token = authorization[Scheme.Length..].Trim();
        if (identity.NodeOf(token) is { } own) return own;
        return pods is null ? null : await pods.NodeOfAsync(token, cancel);
    }
}
