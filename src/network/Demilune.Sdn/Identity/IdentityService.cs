using System.Security.Cryptography;
using System.Text;

namespace Demilune.Sdn.Identity;

/// <summary>Issues tokens to the users of a directory and knows them again. Tokens do not outlive the process: clients ask anew. Safe for concurrent use.</summary>
/// <param name="directory">Who there is.</param>
/// <param name="time">How old tokens are.</param>
/// <param name="path">Where a changed directory is kept; null: it is not, and ends with the process.</param>
public sealed class IdentityService(IdentityDirectory directory, TimeProvider time, string? path = null) : ITokenCheck
{
    /// <summary>Keystone's default.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Bounds the memory that a client in a loop can take; the oldest go first.</summary>
    private const int MaxTokens = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Token> _tokens = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    private volatile IdentityDirectory _directory = directory;

    /// <summary>With the users of a file, into which changes are written back.</summary>
    /// <inheritdoc cref="IdentityDirectory.Read" path="/exception"/>
    public static IdentityService Open(string path, TimeProvider time) => new(IdentityDirectory.Read(path), time, path);

    public Uri? AuthUrl => null;

    /// <summary>Who there is now.</summary>
    internal IdentityDirectory Directory => _directory;

    /// <summary>Changes who there is. Tokens of users, projects and roles that are no more are worth nothing from then on.</summary>
    /// <returns>The status that <paramref name="change"/> says; from 400 on nothing has changed.</returns>
    /// <exception cref="IOException">The file cannot be written; nothing has changed.</exception>
    internal int Change(Func<IdentityDirectory, (IdentityDirectory Now, int Status)> change)
    {
        lock (_lock)
        {
            var (now, status) = change(_directory);
            if (status >= 400) return status;
            if (path is not null) now.Write(path);
            _directory = now;
            foreach (var token in _tokens.Values.Where(token => !IsStill(now, token)).ToList()) _tokens.Remove(token.Text);
            return status;
        }
    }

    private static bool IsStill(IdentityDirectory directory, Token token) =>
        directory.Users.FirstOrDefault(user => user.Name == token.User.Name) is { } user && user.Password == token.User.Password
        && user.Projects.TryGetValue(token.Project, out var roles) && token.Roles.All(roles.Contains);

    public ValueTask<Grant?> FindAsync(string token, CancellationToken ct) =>
        ValueTask.FromResult(Find(token) is { Project: { } project } found ? new Grant(IdentityDirectory.IdOf("project", project), found.Roles) : null);

    /// <summary>The token while it is valid.</summary>
    internal Token? Find(string token)
    {
        lock (_lock) return _tokens.TryGetValue(token, out var found) && found.Expires > time.GetUtcNow() ? found : null;
    }

    internal void Revoke(string token)
    {
        lock (_lock) _tokens.Remove(token);
    }

    /// <summary>Null: name or password is wrong; which of the two is not said.</summary>
    internal Account? Authenticate(Func<Account, bool> isNamed, string password)
    {
        var user = _directory.Users.FirstOrDefault(isNamed);
        // Compared even if there is no such user, so that time does not tell.
        return SameSecret(user?.Password ?? "", password) && user is not null ? user : null;
    }

    internal Account? AuthenticateCredential(string id, string secret) =>
        _directory.Users.FirstOrDefault(user => user.ApplicationCredentials.ContainsKey(id)) is { } owner
        && SameSecret(owner.ApplicationCredentials[id], secret) ? owner : null;

    /// <param name="project">Name; the user must have a role in it.</param>
    internal Token Issue(Account user, string project, string method)
    {
        var now = time.GetUtcNow();
        var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(48)).Replace('+', '-').Replace('/', '_');
        var token = new Token(text, user, project, user.Projects[project], method, now, now + Lifetime);
        lock (_lock)
        {
            _tokens[text] = token;
            _order.Enqueue(text);
            while (_order.Count > MaxTokens || _order.TryPeek(out var oldest) && !(_tokens.TryGetValue(oldest, out var kept) && kept.Expires > now))
                _tokens.Remove(_order.Dequeue());
        }
        return token;
    }

    private static bool SameSecret(string expected, string given) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(expected)), SHA256.HashData(Encoding.UTF8.GetBytes(given)));
}

/// <summary>A token that was issued.</summary>
internal sealed record Token(
    string Text, Account User, string Project, IReadOnlyList<string> Roles, string Method, DateTimeOffset Issued, DateTimeOffset Expires)
{
    public bool IsAdmin => Roles.Contains("admin", StringComparer.OrdinalIgnoreCase);
}
