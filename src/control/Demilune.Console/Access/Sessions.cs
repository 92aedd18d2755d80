using System.Security.Cryptography;

namespace Demilune.Console.Access;

/// <summary>
/// Who is in. The browser holds a number without meaning, we hold the token: a stolen disk of a browser gives no access to the cluster, and a token
/// that the cluster no longer knows ends its session within <see cref="Recheck"/>.
/// </summary>
public sealed class Sessions(ITokenAuthority authority, TimeProvider time)
{
    /// <summary>How long a session lasts at the most: a working day.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(10);

    /// <summary>How old what the cluster said of a token may be.</summary>
    public static readonly TimeSpan Recheck = TimeSpan.FromMinutes(1);

    /// <summary>Whoever has a token could open them without end; the oldest makes room.</summary>
    private const int MaxSessions = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);

    /// <returns>The session's number, or null: the token lets nobody in.</returns>
    /// <exception cref="TokenAuthorityException">The cluster did not answer.</exception>
    public async Task<(string Id, Visitor Visitor)?> OpenAsync(string token, CancellationToken cancel)
    {
        if (await authority.RecogniseAsync(token, cancel) is not { } visitor) return null;
        var id = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_sessions.Count >= MaxSessions) _sessions.Remove(_sessions.MinBy(session => session.Value.Opened).Key);
            _sessions[id] = new(token, visitor, now, now);
        }
        return (id, visitor);
    }

    /// <returns>Who it is now, or null: the session is over.</returns>
    public async Task<Visitor?> FindAsync(string id, CancellationToken cancel)
    {
        Session? session;
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (!_sessions.TryGetValue(id, out session)) return null;
            if (now - session.Opened > Lifetime)
            {
                _sessions.Remove(id);
                return null;
            }
            if (now - session.Checked < Recheck) return session.Visitor;
        }
        Visitor? visitor;
        try
        {
            visitor = await authority.RecogniseAsync(session.Token, cancel);
        }
        catch (TokenAuthorityException)
        {
            // While the API server is away whoever was in goes on looking, as long as his session lasts: that is when he needs to see most.
            return session.Visitor;
        }
        lock (_gate)
        {
            if (visitor is null) _sessions.Remove(id);
            else if (_sessions.ContainsKey(id)) _sessions[id] = session with { Visitor = visitor, Checked = now };
        }
        return visitor;
    }

    public void Close(string id)
    {
        lock (_gate) _sessions.Remove(id);
    }

    private sealed record Session(string Token, Visitor Visitor, DateTimeOffset Opened, DateTimeOffset Checked);
}
