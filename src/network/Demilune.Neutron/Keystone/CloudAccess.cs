namespace Demilune.Neutron.Keystone;

/// <summary>Where a cloud is and who we are there.</summary>
/// <param name="Cloud">Its name, for messages.</param>
/// <param name="AuthUrl">Keystone, with or without /v3.</param>
public sealed record CloudAccess(string Cloud, Uri AuthUrl, Credentials Credentials)
{
    /// <summary>Null: the catalog's first.</summary>
    public string? Region { get; init; }

    /// <summary>Which of the catalog's addresses: "public" (default, as OpenStack's own tools have it), "internal" or "admin".</summary>
    public string Interface { get; init; } = "public";

    /// <summary>Where Neutron is, whatever the catalog says. Null: where the catalog says.</summary>
    public Uri? NetworkEndpoint { get; init; }
}

/// <summary>The cloud cannot be entered: nobody there, credentials refused, no Neutron in its catalog. Every request would fail alike.</summary>
public sealed class CloudAccessException(string message, Exception? cause = null) : HttpRequestException(message, cause);
