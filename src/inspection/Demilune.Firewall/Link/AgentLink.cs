using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;
using Demilune.Contracts.FirewallLink;

namespace Demilune.Firewall.Link;

/// <summary>
/// Our end of the link to the node agent: connects for ever, hands on what the agent says, sends events and counters.
/// While nobody listens the newest events wait, up to <see cref="MaxWaiting"/>; inspection does not notice.
/// </summary>
internal sealed class AgentLink
{
    /// <summary>Bytes of a line from the agent (contract).</summary>
    public const int MaxLineBytes = 64 << 20;

    /// <summary>Lines that wait for the agent; older ones go first. With their matched bytes some 8 MiB.</summary>
    public const int MaxWaiting = 4096;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly string _path;
    private readonly EngineHello _hello;
    private readonly Func<PolicySet, CancellationToken, Task<PolicySetLoaded>> _policies;
    private readonly Action<IdentityTable> _identities;
    private readonly Action<EngineRouting> _routing;
    private readonly Action<string> _log;
    private readonly Channel<byte[]> _waiting;
    private long _lost;

    /// <param name="path">The agent's socket. It need not exist yet.</param>
    /// <param name="hello">Said first on each connection.</param>
    /// <param name="policies">Is given each policy set; its answer goes back.</param>
    /// <param name="identities">Is given each identity table.</param>
    /// <param name="routing">Is given each routing table.</param>
    /// <param name="log">Hears when the connection comes and goes.</param>
    public AgentLink(
        string path, EngineHello hello, Func<PolicySet, CancellationToken, Task<PolicySetLoaded>> policies, Action<IdentityTable> identities,
        Action<EngineRouting> routing, Action<string> log)
    {
        _path = path;
        _hello = hello;
        _policies = policies;
        _identities = identities;
        _routing = routing;
        _log = log;
        _waiting = Channel.CreateBounded<byte[]>(
            new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref _lost));
    }

    /// <summary>Lines that were given up because the agent did not listen.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Queues an EVE record. Never waits.</summary>
    /// <param name="eve">One JSON object, without a line end.</param>
    public void SendEve(ReadOnlySpan<byte> eve)
    {
        // The record is JSON already: {"eve":RECORD}
        var line = new byte["{\"eve\":".Length + eve.Length + "}\n".Length];
        "{\"eve\":"u8.CopyTo(line);
        eve.CopyTo(line.AsSpan("{\"eve\":".Length));
        "}\n"u8.CopyTo(line.AsSpan(line.Length - 2));
        _waiting.Writer.TryWrite(line);
    }

    /// <summary>Queues counters. Never waits.</summary>
    public void SendStats(EngineStats stats) => _waiting.Writer.TryWrite(Line(new() { Stats = stats }));

    /// <summary>Connects and serves until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var pause = ShortestPause;
        string? said = null;
        while (!stop.IsCancellationRequested)
        {
            string reason;
            try
            {
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(_path), stop);
                _log($"agent {_path}: connected");
                (pause, said) = (ShortestPause, null);
                await ServeAsync(socket, stop);
                reason = "it closed the connection";
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is SocketException or IOException or InvalidDataException or JsonException or OperationCanceledException)
            {
                reason = error.Message;
            }
            // The same refusal again and again is one piece of news.
            if (reason != said) _log($"agent {_path}: {said = reason}; trying again");
            // Spread, or all firewalls of a node come back to its agent at the same moment.
            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    private async Task ServeAsync(Socket socket, CancellationToken stop)
    {
        await using var stream = new NetworkStream(socket);
        using var turn = new SemaphoreSlim(1);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await stream.WriteAsync(Line(new() { Hello = _hello }), stop);
        var sending = SendAsync(stream, turn, ended.Token);
        try
        {
            var lines = new LineReader(stream, MaxLineBytes);
            while (await lines.ReadAsync(stop) is { } line)
            {
                if (line.IsEmpty) continue;
                var message = Read(line.Span);
                if (message?.Identities is { } identities) _identities(identities);
                if (message?.Routing is { } routing) _routing(routing);
                if (message?.Policies is not { } policies) continue;
                var loaded = await _policies(policies, stop);
                await WriteAsync(stream, turn, Line(new() { Loaded = loaded }), stop);
            }
        }
        finally
        {
            await ended.CancelAsync();
            await sending;
        }
    }

    /// <summary>One line of the agent's.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    /// <exception cref="InvalidDataException">Something that has to be there is null.</exception>
    internal static ToFirewall? Read(ReadOnlySpan<byte> line)
    {
        var message = JsonSerializer.Deserialize(line, FirewallLinkJson.Default.ToFirewall);
        if (message?.Policies is { } set && set.Policies.Any(policy => policy?.Rules.Contains(null!) != false)) throw new InvalidDataException("a policy or one of its rule files is null");
        if (message?.Policies?.Combinations is { } combinations && combinations.Contains(null!)) throw new InvalidDataException("a combination of policies is null");
        if (message?.Identities is { } table && table.Identities.Any(identity => identity?.Addresses.Contains(null!) != false)) throw new InvalidDataException("an identity or one of its addresses is null");
        if (message?.Routing is { } routing && (routing.Neighbours.Contains(null!) || routing.Flows.Contains(null!))) throw new InvalidDataException("a neighbour or a flow is null");
        return message;
    }

    /// <summary>Ends with the connection; the reading side finds out why.</summary>
    private async Task SendAsync(NetworkStream stream, SemaphoreSlim turn, CancellationToken ended)
    {
        try
        {
            await foreach (var line in _waiting.Reader.ReadAllAsync(ended)) await WriteAsync(stream, turn, line, ended);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The reading side has the same trouble, or is the one that ends this.
        }
    }

    private static async Task WriteAsync(NetworkStream stream, SemaphoreSlim turn, byte[] line, CancellationToken stop)
    {
        await turn.WaitAsync(stop);
        try { await stream.WriteAsync(line, stop); }
        finally { turn.Release(); }
    }

    private static byte[] Line(FromFirewall message) => [.. JsonSerializer.SerializeToUtf8Bytes(message, FirewallLinkJson.Default.FromFirewall), (byte)'\n'];
}
