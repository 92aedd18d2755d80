using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Demilune.Contracts.Nodes;
using Demilune.Node.FirewallLink;
using Demilune.Node.Observation;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace Demilune.Node.ControllerLink;

/// <summary>Keeps this node attached to the controller: takes states, sends what was observed, comes back for ever.</summary>
internal sealed class ControllerClient : IDisposable
{
    /// <summary>In the controller's certificate, wherever it runs.</summary>
    private const string ControllerName = "demilune-controller";

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan EventInterval = TimeSpan.FromMilliseconds(100);

    private readonly Agent _agent;
    private readonly FirewallLinks _links;
    private readonly Observer _observer;
    private readonly EveBuffer _eve;
    private readonly AgentOptions _options;
    private readonly ILogger _log;
    private readonly LastState _last;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Uri[] _controllers;
    private int _turn;

    public ControllerClient(Agent agent, FirewallLinks links, Observer observer, EveBuffer eve, AgentOptions options, ILogger log)
    {
        (_agent, _links, _observer, _eve, _options, _log) = (agent, links, observer, eve, options, log);
        _last = new(options.LastStateFile);
        _controllers = [options.Controller, .. options.OtherControllers];
        _observer.Turned += Wake;
    }

    /// <summary>Sends an observation now instead of at the next interval.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it already.
        }
    }

    /// <summary>The one that is, or is to be, spoken with.</summary>
    private Uri Controller => _controllers[_turn];

    public async Task RunAsync(CancellationToken stop)
    {
        var delay = FirstDelay;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var channel = OpenChannel();
                await AttachAsync(new NodeLink.NodeLinkClient(channel), () => delay = FirstDelay, stop);
            }
            catch (Exception error) when (error is RpcException or IOException or HttpRequestException or UnauthorizedAccessException
                or System.Security.Cryptography.CryptographicException)
            {
                if (stop.IsCancellationRequested) return;
                _log.ControllerAway(Controller, Reason(error), delay.TotalSeconds);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(delay, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _turn = (_turn + 1) % _controllers.Length;
            // Longer only when all have been asked.
            if (_turn == 0) delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, LongestDelay.Ticks));
        }
    }

    public void Dispose() => _wake.Dispose();

    private static string Reason(Exception error) => error is RpcException rpc ? $"{rpc.StatusCode}: {rpc.Status.Detail}" : error.Message;

    private async Task AttachAsync(NodeLink.NodeLinkClient client, Action attached, CancellationToken stop)
    {
        var token = (await File.ReadAllTextAsync(Path.Combine(_options.NodeLinkDirectory, "token"), stop)).Trim();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var call = client.Attach(new Metadata { { "authorization", $"Bearer {token}" } }, cancellationToken: ended.Token);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = _options.Node, AgentVersion = Program.Version, Contract = 1, TakesChanges = true, Gateway = _options.GatewayInterface is not null } }, ended.Token);
        var sending = SendAsync(call.RequestStream, ended.Token);
        try
        {
            while (await call.ResponseStream.MoveNext(ended.Token))
            {
                switch (call.ResponseStream.Current)
                {
                    case { State: { } state }:
                        Receive(state, change: null);
                        break;
                    case { Change: { } change }:
                        Receive(Changed(change), change);
                        break;
                    default:
                        continue;       // a newer controller may say more than we know
                }
                attached();
            }

            throw new IOException("it closed the stream");
        }
        finally
        {
            await ended.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private NodeState Changed(NodeChange change)
    {
        try
        {
            return NodeChanges.Apply(_agent.State, change);
        }
        catch (ArgumentException error)
        {
            throw new IOException($"it sent {error.Message}");      // a new link begins with a whole state
        }
    }

    private void Receive(NodeState state, NodeChange? change)
    {
        try
        {
            _agent.Receive(state);
        }
        catch (Exception error) when (error is IOException or FormatException or ArgumentException)
        {
            _log.StateRefused(state.Revision, error.Message);
            return;
        }

        // As the agent has it: with the combinations of policies that came of it.
        var received = _agent.State;
        _links.Publish(received);
        if (change is null) _last.Save(received);
        else _last.Append(change, received);
        Wake();
    }

    private async Task SendAsync(IClientStreamWriter<FromNode> stream, CancellationToken ended)
    {
        _log.ControllerAttached(Controller);
        for (var nextReport = TimeSpan.Zero; ; nextReport -= EventInterval)
        {
            if (nextReport <= TimeSpan.Zero)
            {
                await SendObservationAsync(stream, ended);
                nextReport = ReportInterval;
            }

            await SendEventsAsync(stream, ended);
            if (await _wake.WaitAsync(EventInterval, ended)) nextReport = EventInterval;
        }
    }

    private async Task SendObservationAsync(IClientStreamWriter<FromNode> stream, CancellationToken ended)
    {
        var observation = _observer.Observe();
        try
        {
            await stream.WriteAsync(new() { Observation = observation }, ended);
        }
        catch
        {
            _observer.PutBack(observation);
            throw;
        }
    }

    private async Task SendEventsAsync(IClientStreamWriter<FromNode> stream, CancellationToken ended)
    {
        var flows = _agent.DrainEvents(max: 1_000);
        if (flows.Events.Count > 0 || flows.Lost > 0) await stream.WriteAsync(new() { Flows = flows }, ended);
        var lines = _eve.Take(max: 500);
        if (lines.Lines.Count == 0) return;
        try
        {
            await stream.WriteAsync(new() { Eve = lines }, ended);
        }
        catch
        {
            _eve.PutBack(lines);
            throw;
        }
    }

    private GrpcChannel OpenChannel()
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(Path.Combine(_options.NodeLinkDirectory, "ca.crt"));
        var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        chain.CustomTrustStore.AddRange(authorities);
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = chain },
            // A controller that vanished without a word (a dead host) is noticed within seconds.
            UseProxy = false,
            KeepAlivePingDelay = TimeSpan.FromSeconds(5),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            ConnectTimeout = TimeSpan.FromSeconds(5),
        };
        // The address says where the controller is (a Service's, a node's), the certificate who it is: always by the same name.
        handler.ConnectCallback = (_, cancel) => ConnectAsync(Controller, cancel);
        return GrpcChannel.ForAddress($"https://{ControllerName}", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            // A whole node state: some 100 bytes an entry, 100,000 entries.
            MaxReceiveMessageSize = 64 << 20,
        });
    }

    private static async ValueTask<Stream> ConnectAsync(Uri controller, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(controller.DnsSafeHost, controller.Port), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
