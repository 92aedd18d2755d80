namespace Demilune.Neutron;

/// <summary>Where the client's X-Auth-Token comes from. What it throws, every request throws.</summary>
public interface ITokenSource
{
    /// <param name="refused">The token that Neutron answered 401 to, if that is why it is asked again.</param>
    /// <returns>Null: send none.</returns>
    ValueTask<string?> GetTokenAsync(string? refused, CancellationToken ct);

    /// <returns>Where Neutron is, with or without /v2.0; null: where the client was told.</returns>
    ValueTask<Uri?> GetEndpointAsync(CancellationToken ct) => ValueTask.FromResult<Uri?>(null);
}

/// <summary>No token: Neutron's auth_strategy noauth, and the built-in SDN on the loopback.</summary>
public sealed class NoAuth : ITokenSource
{
    public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken ct) => ValueTask.FromResult<string?>(null);
}
