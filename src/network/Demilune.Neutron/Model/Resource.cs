namespace Demilune.Neutron;

/// <summary>What every object of Neutron has.</summary>
/// <remarks>
/// A property that is null was not said. In an answer: the server does not know the attribute. In a create: the server's
/// default applies. In an update: the attribute stays as it is. Read-only attributes are never sent.
/// </remarks>
public abstract record Resource
{
    /// <summary>UUID, given by the server; empty until then.</summary>
    public string Id { get; init; } = "";

    /// <summary>The project that owns the object; null in a create: that of the token.</summary>
    public string? ProjectId { get; init; }

    /// <summary>At most 255 characters, not unique.</summary>
    public string? Name { get; init; }

    /// <summary>At most 255 characters.</summary>
    public string? Description { get; init; }
}

/// <summary>An object that also keeps tags, a revision and its times: all but those of networking-sfc.</summary>
public abstract record StandardResource : Resource
{
    /// <summary>RFC 3339, UTC. Read-only.</summary>
    public string? CreatedAt { get; init; }

    /// <summary>RFC 3339, UTC. Read-only.</summary>
    public string? UpdatedAt { get; init; }

    /// <summary>Grows with each change of the object or of what belongs to it; compared by If-Match. Read-only.</summary>
    public long? RevisionNumber { get; init; }

    /// <summary>At most 50, each at most 255 characters. Changed by the tags calls only; ports also take them when created.</summary>
    public IReadOnlyList<string>? Tags { get; init; }
}
