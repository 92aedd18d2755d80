using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;
using Demilune.Contracts.FirewallLink;
using Microsoft.Extensions.Logging;

namespace Demilune.Node.FirewallLink;

/// <summary>
/// Our end of one firewall's control link: listens in the directory that is mounted into its container. The firewall
/// is not trusted: its lines are bounded, and nothing it says reaches further than its own status and the alerts.
/// </summary>
internal sealed class FirewallSocket : IDisposable
{
    /// <summary>An EVE record with its matched bytes is a few kilobytes; this is no record any more.</summary>
    public const int MaxLineBytes = 1 << 20;

    private const int FreshMilliseconds = 5_000;

    /// <summary>How long after its answer an engine may still be busy with a new set of policies: compiling, forgetting the former one.</summary>
    private static readonly TimeSpan UsualSettling = TimeSpan.FromSeconds(5);

    private readonly string _pod;
    private readonly EveBuffer _eve;
    private readonly ILogger _log;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<ToFirewall> _outgoing = Channel.CreateUnbounded<ToFirewall>();
    private readonly Lock _gate = new();
    private PolicySet? _policies;
    private IdentityTable? _identities;
    private EngineRouting? _routing;
    private Socket? _connection;
    private long _statsAt = -FreshMilliseconds;
    private readonly Timer _settled;
    private readonly TimeSpan _settling;

    /// <param name="settling">How long an engine may still be busy after its answer; null: 5 s.</param>
    public FirewallSocket(string path, string pod, EveBuffer eve, ILogger log, TimeSpan? settling = null)
    {
        (_pod, _eve, _log, _settling) = (pod, eve, log, settling ?? UsualSettling);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _listener.Listen(1);
        _settled = new Timer(_ => Pace(Engine is { RealTime: true }));
        _ = Task.Run(ServeAsync);
    }

    /// <summary><see cref="CanHurry"/> may be another. Must return soon.</summary>
    public event Action? PaceChanged;

    /// <summary>
    /// It can keep a short deadline now: its packet thread has real-time scheduling, and it is not about to take over other policies. While it does, its other
    /// threads, ordinary ones, collect garbage, for which the packet thread has to wait; on a full machine that is longer than such a deadline.
    /// </summary>
    public bool CanHurry { get; private set; }

    /// <summary>Who is connected; null: nobody.</summary>
    public EngineHello? Engine { get; private set; }

    /// <summary>The last word of the connected engine on its policies.</summary>
    public PolicySetLoaded? Loaded { get; private set; }

    /// <summary>The last statistics of the connected engine.</summary>
    public EngineStats? Stats { get; private set; }

    /// <summary>True if it said so a moment ago: statistics come about once a second.</summary>
    public bool IsFresh => Environment.TickCount64 - Volatile.Read(ref _statsAt) < FreshMilliseconds;

    /// <summary>Sends what differs from what was sent last; all of it after a reconnect.</summary>
    public void Publish(PolicySet policies, IdentityTable identities, EngineRouting? routing = null)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(policies, _policies))
            {
                _policies = policies;
                // Before it hears of them.
                Pace(canHurry: false);
                if (_connection is not null) _outgoing.Writer.TryWrite(new() { Policies = policies });
            }

            if (!ReferenceEquals(identities, _identities))
            {
                _identities = identities;
                if (_connection is not null) _outgoing.Writer.TryWrite(new() { Identities = identities });
            }

            if (routing is not null && !ReferenceEquals(routing, _routing))
            {
                _routing = routing;
                if (_connection is not null) _outgoing.Writer.TryWrite(new() { Routing = routing });
            }
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _settled.Dispose();
        _listener.Dispose();
        lock (_gate) _connection?.Dispose();
        _stop.Dispose();
    }

    private void Pace(bool canHurry)
    {
        lock (_gate)
        {
            if (!canHurry && !_stop.IsCancellationRequested) _settled.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (CanHurry == canHurry || _stop.IsCancellationRequested) return;
            CanHurry = canHurry;
        }
        PaceChanged?.Invoke();
    }

    private async Task ServeAsync()
    {
        var stop = _stop.Token;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                // One at a time: the engine is one process. A second connection waits until the first has ended.
                using var connection = await _listener.AcceptAsync(stop);
                await ServeAsync(connection, stop);
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or IOException or JsonException or ObjectDisposedException)
            {
                if (!stop.IsCancellationRequested) _log.FirewallDisconnected(_pod, error.Message);
            }
            finally
            {
                lock (_gate) _connection = null;
                (Engine, Loaded, Stats) = (null, null, null);
                Pace(canHurry: false);
            }
        }
    }

    private async Task ServeAsync(Socket connection, CancellationToken stop)
    {
        await using var stream = new NetworkStream(connection);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        while (_outgoing.Reader.TryRead(out _))
        {
            // Of the connection before; this one is told everything below.
        }

        lock (_gate)
        {
            _connection = connection;
            if (_identities is not null) _outgoing.Writer.TryWrite(new() { Identities = _identities });
            if (_routing is not null) _outgoing.Writer.TryWrite(new() { Routing = _routing });
            if (_policies is not null) _outgoing.Writer.TryWrite(new() { Policies = _policies });
        }

        var sending = SendAsync(stream, ended.Token);
        try
        {
            await ReceiveAsync(stream, stop);
            _log.FirewallDisconnected(_pod, "it closed the connection");
        }
        finally
        {
            await ended.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAsync(NetworkStream stream, CancellationToken ended)
    {
        await foreach (var message in _outgoing.Reader.ReadAllAsync(ended))
            await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(message, FirewallLinkJson.Default.ToFirewall), (byte)'\n'], ended);
    }

    private async Task ReceiveAsync(NetworkStream stream, CancellationToken stop)
    {
        using var line = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await stream.ReadAsync(buffer, stop)) > 0;)
        {
            for (var from = 0; from < read;)
            {
                var end = Array.IndexOf(buffer, (byte)'\n', from, read - from);
                line.Write(buffer, from, (end < 0 ? read : end) - from);
                if (line.Length > MaxLineBytes) throw new IOException($"a line is longer than {MaxLineBytes} bytes");
                if (end < 0) break;
                Receive(line.GetBuffer().AsSpan(0, (int)line.Length));
                line.SetLength(0);
                from = end + 1;
            }
        }
    }

    private void Receive(ReadOnlySpan<byte> line)
    {
        if (JsonSerializer.Deserialize(line, FirewallLinkJson.Default.FromFirewall) is not { } message) return;
        if (message.Eve is { } eve) _eve.Add(eve.GetRawText());
        if (message.Stats is { } stats)
        {
            Stats = stats;
            Volatile.Write(ref _statsAt, Environment.TickCount64);
        }
        if (message.Hello is { } hello)
        {
            Engine = hello;
            _log.FirewallConnected(_pod, hello.Engine, hello.Version, hello.RealTime);
        }

        if (message.Loaded is not { } loaded) return;
        Loaded = loaded;
        lock (_gate)
            if (loaded.Revision == _policies?.Revision) _settled.Change(_settling, Timeout.InfiniteTimeSpan);
        foreach (var policy in loaded.Policies)
            foreach (var error in policy.Errors) _log.PolicyError(_pod, policy.Name, error);
    }
}
