using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Demilune.Contracts.FirewallLink;
using Demilune.Node.FirewallLink;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Node.Tests;

public sealed class FirewallSocketTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("demilune-link").FullName;
    private readonly EveBuffer _eve = new();
    private readonly FirewallSocket _socket;

    public FirewallSocketTests() => _socket = new(Path.Combine(_directory, "fw", "agent.sock"), "ns/fw", _eve, NullLogger.Instance, TimeSpan.FromMilliseconds(10));

    public void Dispose()
    {
        _socket.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_firewall_that_connects_is_told_everything_and_a_reconnected_one_again()
    {
        _socket.Publish(Policies(1), new(1, []));
        for (var round = 0; round < 2; round++)
        {
            using var engine = new Engine(_directory);
            Assert.NotNull((await engine.HearAsync()).Identities);
            Assert.Equal(1, (await engine.HearAsync()).Policies!.Revision);
        }
    }

    [Fact]
    public async Task Only_what_changed_is_sent_again()
    {
        var identities = new IdentityTable(1, []);
        _socket.Publish(Policies(1), identities);
        using var engine = new Engine(_directory);
        await engine.HearAsync();
        await engine.HearAsync();
        _socket.Publish(Policies(2), identities);
        Assert.Equal(2, (await engine.HearAsync()).Policies!.Revision);
    }

    [Fact]
    public async Task What_the_engine_says_is_kept_until_it_is_gone()
    {
        using (var engine = new Engine(_directory))
        {
            engine.Say("""{"hello":{"engine":"demilune","version":"1","realTime":false}}""" + "\n");
            engine.Say("""{"loaded":{"revision":3,"policies":[{"tag":7,"name":"p","revision":3,"ok":true,"rules":2,"errors":[]}]}}""" + "\n");
            engine.Say("""{"eve":{"event_type":"alert"}}""" + "\n");
            await Until(() => _socket.Engine is not null && _socket.Loaded is { Revision: 3 });
            await Until(() => _eve.Take(1).Lines is ["{\"event_type\":\"alert\"}"]);
        }

        await Until(() => _socket.Engine is null);
    }

    [Fact]
    public async Task One_with_real_time_scheduling_can_hurry_once_it_is_done_with_its_policies_and_until_there_are_others()
    {
        var heard = 0;
        _socket.PaceChanged += () => Interlocked.Increment(ref heard);
        _socket.Publish(Policies(3), new(1, []));
        using (var engine = new Engine(_directory))
        {
            engine.Say("""{"hello":{"engine":"demilune","version":"1","realTime":true}}""" + "\n");
            engine.Say("""{"loaded":{"revision":2,"policies":[]}}""" + "\n");
            await Until(() => _socket.Loaded is { Revision: 2 });
            Assert.False(_socket.CanHurry);
            engine.Say("""{"loaded":{"revision":3,"policies":[]}}""" + "\n");
            await Until(() => _socket.CanHurry);
            _socket.Publish(Policies(4), new(1, []));
            Assert.False(_socket.CanHurry);
            engine.Say("""{"loaded":{"revision":4,"policies":[]}}""" + "\n");
            await Until(() => _socket.CanHurry);
        }
        await Until(() => Volatile.Read(ref heard) == 4);
        Assert.False(_socket.CanHurry);
    }

    [Fact]
    public async Task A_line_without_end_or_of_nonsense_ends_the_connection_and_the_next_one_is_served()
    {
        foreach (var hostile in new[] { new string('x', FirewallSocket.MaxLineBytes + 2), "not json\n", "{\"hello\":7}\n" })
        {
            using var engine = new Engine(_directory);
            engine.Say(hostile);
            Assert.True(await engine.EndsAsync());
        }

        using var good = new Engine(_directory);
        good.Say("""{"hello":{"engine":"demilune","version":"1","realTime":false}}""" + "\n");
        await Until(() => _socket.Engine is not null);
    }

    private static PolicySet Policies(long revision) => new(revision, [new(7, "p", revision, true, [new("inline", "")])]);

    private static async Task Until(Func<bool> condition)
    {
        for (var waited = 0; !condition(); waited++)
        {
            Assert.True(waited < 500, "did not come true within 5 s");
            await Task.Delay(10);
        }
    }

    private sealed class Engine : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly StreamReader _reader;

        public Engine(string directory)
        {
            _socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(directory, "fw", "agent.sock")));
            _reader = new(new NetworkStream(_socket));
        }

        public async Task<ToFirewall> HearAsync() =>
            JsonSerializer.Deserialize((await _reader.ReadLineAsync())!, FirewallLinkJson.Default.ToFirewall)!;

        public void Say(string text)
        {
            try
            {
                _socket.Send(Encoding.UTF8.GetBytes(text));
            }
            catch (SocketException)
            {
                // Cut off in the middle of it: what the test is about.
            }
        }

        public async Task<bool> EndsAsync()
        {
            try
            {
                return await _reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(5)) is null;
            }
            catch (IOException)
            {
                return true;
            }
        }

        public void Dispose()
        {
            _reader.Dispose();
            _socket.Dispose();
        }
    }
}
