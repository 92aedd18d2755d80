using System.Collections.Frozen;
using System.Net.Sockets;
using System.Text;
using Demilune.Firewall.Packets;
using Demilune.Inspection;
using Demilune.Inspection.Policies;
using Demilune.Linux.PacketIo;
using Demilune.Rules.Compile;

namespace Demilune.Firewall.Tests.EndToEnd;

/// <summary>What real peers see of a firewall that judges.</summary>
public sealed class BlockingTests
{
    private const int Tag = 42;     // words.bpf.c

    public BlockingTests() => Assert.SkipWhen(Line.WhyNot is not null, Line.WhyNot ?? "");

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task An_ordinary_request_is_answered(AddressFamily family)
    {
        using var line = new Line();
        using var loop = new RunningLoop(line, Judge(Tag));
        var (client, server) = await ConnectAsync(line, family);
        using (client) using (server)
        {
            await client.SendAsync(Encoding.ASCII.GetBytes("GET /good HTTP/1.1\r\nHost: x\r\n\r\n"));
            Assert.StartsWith("GET /good", await ReadAsync(server), StringComparison.Ordinal);
            await server.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 204 No Content\r\n\r\n"));
            Assert.StartsWith("HTTP/1.1 204", await ReadAsync(client), StringComparison.Ordinal);
        }
        Assert.Equal(0, loop.Counters.FramesDropped);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task An_attack_never_arrives_and_both_sides_are_reset(AddressFamily family)
    {
        using var line = new Line();
        using var loop = new RunningLoop(line, Judge(Tag));
        using var verdicts = new Verdicts(line.Server, "s");
        var (client, server) = await ConnectAsync(line, family);
        using (client) using (server)
        {
            await client.SendAsync(Encoding.ASCII.GetBytes("GET /EVIL HTTP/1.1\r\nHost: x\r\n\r\n"));
            var atServer = await Assert.ThrowsAsync<SocketException>(() => ReadAsync(server));
            Assert.Equal(SocketError.ConnectionReset, atServer.SocketErrorCode);
            var atClient = await Assert.ThrowsAsync<SocketException>(() => ReadAsync(client));
            Assert.Equal(SocketError.ConnectionReset, atClient.SocketErrorCode);
            // The splice is told to drop the rest of this very flow: words.bpf.c calls it by the client's port.
            Assert.Equal((2, ((System.Net.IPEndPoint)client.LocalEndPoint!).Port, 7), await verdicts.FirstAsync());
        }
    }

    [Fact]
    public async Task An_attack_in_one_byte_segments_never_arrives()
    {
        using var line = new Line();
        using var loop = new RunningLoop(line, Judge(Tag));
        var (client, server) = await ConnectAsync(line, AddressFamily.InterNetwork);
        using (client) using (server)
        {
            client.NoDelay = true;
            var arrived = new StringBuilder();
            var receiving = Task.Run(async () =>
            {
                while (true) arrived.Append(await ReadAsync(server));
            });
            await Assert.ThrowsAsync<SocketException>(async () =>
            {
                foreach (var octet in Encoding.ASCII.GetBytes("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n"))
                {
                    await client.SendAsync(new[] { octet });
                    await Task.Delay(1);
                }
                await ReadAsync(client);
            });
            await Assert.ThrowsAsync<SocketException>(() => receiving);
            Assert.DoesNotContain("\r\n\r\n", arrived.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Frames_of_a_tag_that_names_no_policy_are_dropped()
    {
        using var line = new Line();
        using var loop = new RunningLoop(line, Judge(Tag + 1));
        using var listener = line.Listen(8080);
        using var client = line.NewClient();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ConnectAsync(Line.ServerAddress, 8080, patience.Token).AsTask());
        Assert.False(listener.Pending());
        Assert.True(loop.Counters.FramesDropped > 0);
        Assert.Equal(0, loop.Counters.FramesForwarded);
    }

    [Fact]
    public async Task Without_policies_there_is_no_heartbeat_and_with_them_there_is()
    {
        using var line = new Line();
        var judge = new InspectingJudge(new Inspector(new()), new IgnoredEvents());
        using var loop = new RunningLoop(line, judge);
        await Task.Delay(200);
        Assert.Equal(0, loop.Counters.Heartbeats);
        Assert.NotEqual(0, loop.Counters.LastTurn);
        judge.Publish(PolicySetSnapshot.Empty);
        await Task.Delay(200);
        Assert.NotEqual(0, loop.Counters.Heartbeats);
    }

    private static InspectingJudge Judge(int tag)
    {
        var compiled = RuleSet.Compile([new("test", TestRules.Evil)], new());
        Assert.Empty(compiled.Errors);
        var judge = new InspectingJudge(new Inspector(new()), new IgnoredEvents());
        var policy = new InspectionPolicy(tag, "web", 1, Prevent: true, compiled.Rules);
        judge.Publish(new(1, new Dictionary<int, InspectionPolicy> { [tag] = policy }.ToFrozenDictionary(), null));
        return judge;
    }

    private static async Task<(Socket Client, Socket Server)> ConnectAsync(Line line, AddressFamily family)
    {
        using var listener = line.Listen(8080);
        var client = line.NewClient(family);
        await client.ConnectAsync(family == AddressFamily.InterNetwork ? Line.ServerAddress : Line.ServerAddress6, 8080, Patience());
        return (client.Client, await listener.AcceptSocketAsync(Patience()));
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var bytes = new byte[4096];
        var length = await socket.ReceiveAsync(bytes, Patience());
        return length > 0 ? Encoding.ASCII.GetString(bytes, 0, length) : throw new EndOfStreamException();
    }

    private static CancellationToken Patience() => new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token;
}
