namespace Demilune.Sdn.Identity;

/// <summary>Who stands behind a token.</summary>
public interface ITokenCheck
{
    /// <summary>Where tokens are had: what a refusal tells the client, "http://127.0.0.1:5000/v3". Null: relative to the request.</summary>
    Uri? AuthUrl { get; }

    /// <returns>Null: nobody (unknown, expired, or without a project).</returns>
    /// <exception cref="HttpRequestException">Whoever knows cannot be asked now.</exception>
    ValueTask<Grant?> FindAsync(string token, CancellationToken ct);
}

/// <summary>What a token stands for.</summary>
/// <param name="Project">Its project's id.</param>
/// <param name="Roles">Names: "admin" may everything; "member" works in its project; who has neither only reads.</param>
public sealed record Grant(string Project, IReadOnlyList<string> Roles)
{
    /// <summary>This process itself: an administrator, in the project that there is without tokens, so that switching them on loses nothing.</summary>
    public static Grant Cluster { get; } = new(Caller.ClusterProject, ["admin"]);

    internal Caller Caller => new(Project, Roles.Contains("admin", StringComparer.OrdinalIgnoreCase))
    {
        OnlyReads = !Roles.Any(role => role.Equals("admin", StringComparison.OrdinalIgnoreCase)
            || role.Equals("member", StringComparison.OrdinalIgnoreCase) || role.Equals("_member_", StringComparison.OrdinalIgnoreCase)),
    };
}
