using Demilune.Contracts.FirewallLink;
using Demilune.Firewall.Link;
using Demilune.Firewall.Policies;
using Demilune.Inspection.Policies;

namespace Demilune.Firewall.Tests.Link;

public sealed class AgentLinkTests : IAsyncLifetime
{
    private readonly string _path = FakeAgent.NewPath();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PolicySetSnapshot> _published = [];
    private readonly TaskCompletionSource<IdentityTable> _identities = new();
    private readonly AgentLink _link;
    private Task _running = Task.CompletedTask;

    public AgentLinkTests()
    {
        var intake = new PolicyIntake(new("/nowhere"), new(), _published.Add);
        _link = new(_path, new("demilune", "1.2.3", RealTime: true), (set, _) => Task.FromResult(intake.Load(set)), _identities.SetResult, _ => { }, _ => { });
    }

    public ValueTask InitializeAsync()
    {
        _running = _link.RunAsync(_stop.Token);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(5));
        Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);
    }

    [Fact]
    public async Task The_first_line_says_who_we_are()
    {
        using var agent = new FakeAgent(_path);
        using var connection = await agent.AcceptAsync();
        Assert.Equal(new("demilune", "1.2.3", true), (await connection.ReadAsync()).Hello);
    }

    [Fact]
    public async Task A_policy_set_is_answered_and_published()
    {
        using var agent = new FakeAgent(_path);
        using var connection = await agent.AcceptAsync();
        await connection.SendAsync(new ToFirewall { Policies = new(5, [new(7, "web", 3, true, [new("inline", TestRules.Evil)])]) });
        var loaded = await connection.ReadAsync(line => line.Loaded);
        Assert.Equal(5, loaded.Revision);
        Assert.Equal(7, Assert.Single(loaded.Policies).Tag);
        Assert.NotNull(Assert.Single(_published).For(7));
    }

    [Fact]
    public async Task Identities_are_handed_on()
    {
        using var agent = new FakeAgent(_path);
        using var connection = await agent.AcceptAsync();
        await connection.SendAsync(new ToFirewall { Identities = new(1, [new(1, ["10.0.0.1"], "shop", "web", new Dictionary<string, string>())]) });
        Assert.Equal("web", Assert.Single((await _identities.Task.WaitAsync(FakeAgent.Patience())).Identities).Pod);
    }

    [Fact]
    public async Task Events_that_came_while_nobody_listened_arrive_after_the_hello()
    {
        _link.SendEve("""{"event_type":"alert","n":1}"""u8);
        _link.SendEve("""{"event_type":"alert","n":2}"""u8);
        using var agent = new FakeAgent(_path);
        using var connection = await agent.AcceptAsync();
        Assert.NotNull((await connection.ReadAsync()).Hello);
        Assert.Equal(1, (await connection.ReadAsync()).Eve!.Value.GetProperty("n").GetInt32());
        Assert.Equal(2, (await connection.ReadAsync()).Eve!.Value.GetProperty("n").GetInt32());
    }

    [Fact]
    public void Only_the_newest_events_wait_and_the_others_are_counted()
    {
        for (var i = 0; i < AgentLink.MaxWaiting + 10; i++) _link.SendEve("{}"u8);
        Assert.Equal(10, _link.Lost);
    }

    [Fact]
    public async Task The_link_comes_back_after_the_agent_does()
    {
        for (var i = 0; i < 3; i++)
        {
            using var agent = new FakeAgent(_path);
            using var connection = await agent.AcceptAsync();
            Assert.NotNull((await connection.ReadAsync()).Hello);
        }
    }

    [Theory]
    [InlineData("no json\n")]
    [InlineData("{\"policies\":{\"revision\":\"x\"}}\n")]
    [InlineData("[]\n")]
    public async Task A_line_that_is_no_message_ends_the_connection_and_a_new_one_begins(string line)
    {
        using var agent = new FakeAgent(_path);
        using (var connection = await agent.AcceptAsync())
        {
            await connection.SendAsync(System.Text.Encoding.UTF8.GetBytes(line));
            using var next = await agent.AcceptAsync();
            Assert.NotNull((await next.ReadAsync()).Hello);
        }
    }
}
