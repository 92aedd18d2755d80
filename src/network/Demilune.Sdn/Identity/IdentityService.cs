using System.Security.Cryptography;
using System.Text;

namespace Demilune.Sdn.Identity;

/// <summary>Issues tokens to the users of a directory and knows them again. Tokens do not outlive the process: clients ask anew. Safe for concurrent use.</summary>
public sealed class IdentityService(IdentityDirectory directory, TimeProvider time) : ITokenCheck
{
    /// <summary>Keystone's default.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Bounds the memory that a client in a loop can take; the oldest go first.</summary>
    private const int MaxTokens = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Token> _tokens = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    public Uri? AuthUrl => null;

    internal IEnumerable<Account> Users => directory.Users;

    internal IEnumerable<string> Projects => directory.Users.SelectMany(user => user.Projects.Keys).Distinct(StringComparer.Ordinal);

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
        var user = directory.Users.FirstOrDefault(isNamed);
        // Compared even if there is no such user, so that time does not tell.
        return SameSecret(user?.Password ?? "", password) && user is not null ? user : null;
    }

    internal Account? AuthenticateCredential(string id, string secret) =>
        directory.Users.FirstOrDefault(user => user.ApplicationCredentials.ContainsKey(id)) is { } owner
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
    string Text, Account User, string Project, IReadOnlyList<string> Roles, string Method, DateTimeOffset Issued, DateTimeOffset Expires);
