using Demilune.Console.Access;
using Microsoft.Extensions.Time.Testing;

namespace Demilune.Console.Tests.Access;

public sealed class SessionsTests : ITokenAuthority
{
    private readonly FakeTimeProvider _time = new();
    private Visitor? _visitor = new("somebody", Role.Administrator);
    private bool _away;

    public Task<Visitor?> RecogniseAsync(string token, CancellationToken cancel) =>
        _away ? throw new TokenAuthorityException("away", new IOException()) : Task.FromResult(token == "good" ? _visitor : null);

    [Fact]
    public async Task A_token_that_the_cluster_does_not_know_opens_nothing() => Assert.Null(await new Sessions(this, _time).OpenAsync("bad", default));

    [Fact]
    public async Task A_session_ends_when_its_token_is_withdrawn()
    {
        var sessions = new Sessions(this, _time);
        var (id, _) = (await sessions.OpenAsync("good", default))!.Value;
        _visitor = null;
        Assert.NotNull(await sessions.FindAsync(id, default));
        _time.Advance(Sessions.Recheck);
        Assert.Null(await sessions.FindAsync(id, default));
        _visitor = new("somebody", Role.Administrator);
        Assert.Null(await sessions.FindAsync(id, default));
    }

    [Fact]
    public async Task A_role_that_was_taken_away_is_gone_at_the_next_look()
    {
        var sessions = new Sessions(this, _time);
        var (id, _) = (await sessions.OpenAsync("good", default))!.Value;
        _visitor = new("somebody", Role.Reader);
        _time.Advance(Sessions.Recheck);
        Assert.Equal(Role.Reader, (await sessions.FindAsync(id, default))!.Role);
    }

    [Fact]
    public async Task While_the_api_server_is_away_whoever_was_in_stays_in_and_nobody_comes_in()
    {
        var sessions = new Sessions(this, _time);
        var (id, _) = (await sessions.OpenAsync("good", default))!.Value;
        _away = true;
        _time.Advance(Sessions.Recheck);
        Assert.NotNull(await sessions.FindAsync(id, default));
        await Assert.ThrowsAsync<TokenAuthorityException>(() => sessions.OpenAsync("good", default));
        _time.Advance(Sessions.Lifetime);
        Assert.Null(await sessions.FindAsync(id, default));
    }

    [Fact]
    public async Task Who_opens_sessions_without_end_closes_the_oldest()
    {
        var sessions = new Sessions(this, _time);
        var (first, _) = (await sessions.OpenAsync("good", default))!.Value;
        for (var i = 0; i < 1_000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await sessions.OpenAsync("good", default);
        }
        Assert.Null(await sessions.FindAsync(first, default));
    }
}
