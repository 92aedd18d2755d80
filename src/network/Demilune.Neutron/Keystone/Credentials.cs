namespace Demilune.Neutron.Keystone;

/// <summary>By what a project is spoken for at Keystone v3.</summary>
public abstract record Credentials
{
    private Credentials()
    {
    }

    /// <summary>A user in a project.</summary>
    public sealed record Password(DomainObject User, string Secret, DomainObject Project) : Credentials
    {
        /// <summary>Never the secret: records are logged.</summary>
        public override string ToString() => $"user {User} in project {Project}";
    }

    /// <summary>A user's deputy for one project, which may do less and can be revoked alone.</summary>
    /// <param name="Credential">By name only together with <paramref name="User"/>.</param>
    /// <param name="User">Null: <paramref name="Credential"/> is known by its id.</param>
    public sealed record ApplicationCredential(string Credential, string Secret, DomainObject? User) : Credentials
    {
        /// <inheritdoc cref="Password.ToString"/>
        public override string ToString() => $"application credential {Credential}";
    }
}

/// <summary>A user or a project: by its id, or by its name in a domain.</summary>
/// <param name="Id">Null: by name.</param>
/// <param name="DomainId">Of the two ways to name the domain at most one is used; neither: Keystone's "default".</param>
public sealed record DomainObject(string? Id, string? Name, string? DomainId, string? DomainName)
{
    public override string ToString() => Name ?? Id ?? "";
}
