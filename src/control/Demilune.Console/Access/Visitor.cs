namespace Demilune.Console.Access;

/// <summary>Who has come in.</summary>
/// <param name="Name">As the cluster knows him.</param>
public sealed record Visitor(string Name, Role Role);

public enum Role
{
    /// <summary>Sees everything, changes nothing.</summary>
    Reader,

    /// <summary>May act, too.</summary>
    Administrator,
}

/// <summary>Knows the cluster's own tokens.</summary>
public interface ITokenAuthority
{
    /// <returns>Null: the token is none of the cluster's, or whoever has it may not look.</returns>
    /// <exception cref="TokenAuthorityException">The cluster did not answer.</exception>
    Task<Visitor?> RecogniseAsync(string token, CancellationToken cancel);
}

/// <summary>Nobody can be let in just now.</summary>
public sealed class TokenAuthorityException(string message, Exception inner) : Exception(message, inner);

/// <summary>Keeps who did what.</summary>
public interface IAudit
{
    /// <param name="who">A name, or an address of somebody who has none yet.</param>
    /// <param name="action">login, logout, acknowledge …</param>
    /// <param name="outcome">ok, or why not.</param>
    void Note(string who, string action, string target, string outcome);
}
