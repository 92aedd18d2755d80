using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Demilune.Cli.Walk;
using Demilune.Linux.Namespaces;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>Numbered datagrams at an even pace from the pod "client" to the pod "web", on flows that begin and end; each is counted where it arrives.</summary>
/// <remarks>Let through, and given to the firewall, by <see cref="Flood.Permission"/>.</remarks>
internal sealed class PacedTraffic : IAsyncDisposable
{
    private const int Flows = 50;

    /// <summary>An hour at the usual pace.</summary>
    private const int MostDatagrams = 36_000_000;

    private readonly NetworkNamespace _client, _web;
    private readonly IPEndPoint _to;
    private readonly Socket _receiver;
    private readonly int _perSecond;
    private readonly TimeSpan _flowLife;
    private readonly CancellationTokenSource _end = new();
    private readonly byte[] _seen = new byte[MostDatagrams / 8];
    private readonly Thread _sending, _receiving;
    private readonly ManualResetEventSlim _arrived = new();
    private long _sent, _received;
    private Exception? _failure;

    private PacedTraffic(NetworkNamespace client, NetworkNamespace web, IPEndPoint to, int perSecond, TimeSpan flowLife)
    {
        (_client, _web, _to, _perSecond, _flowLife) = (client, web, to, perSecond, flowLife);
        _receiver = web.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        _receiver.ReceiveBufferSize = 16 << 20;
        _receiver.ReceiveTimeout = 100;
        _receiver.Bind(new IPEndPoint(IPAddress.Any, Flood.Port));
        (_sending, _receiving) = (new Thread(() => Keep(Send)), new Thread(() => Keep(Receive)));
        _receiving.Start();
    }

    /// <summary>So far; what is under way is not lost yet.</summary>
    public Tally Now => new(Interlocked.Read(ref _sent), Interlocked.Read(ref _received), Overflowed());

    /// <summary>Begins to count when a first datagram has come through: until then the permission may not have reached the node.</summary>
    /// <param name="flowLife">After this a flow ends, and another begins in its place.</param>
    public static async Task<PacedTraffic> StartAsync(Scene scene, int perSecond, TimeSpan flowLife, CancellationToken stop)
    {
        var traffic = new PacedTraffic(
            await PodNamespace.OpenAsync(scene, "client", stop), await PodNamespace.OpenAsync(scene, "web", stop), new(IPAddress.Parse(scene.Web), Flood.Port), perSecond, flowLife);
        await Scene.UntilAsync("the datagrams come through", () =>
        {
            using var flow = traffic.Flow();
            SendOne(flow, "first"u8.ToArray());
            return Task.FromResult(traffic._arrived.IsSet);
        }, TimeSpan.FromSeconds(60), stop, 50);
        traffic._sending.Start();
        return traffic;
    }

    /// <summary>Ends, and waits for what is under way.</summary>
    public async Task<Tally> StopAsync()
    {
        await _end.CancelAsync();
        _sending.Join();
        // The receiver ends when nothing has come for a while.
        _receiving.Join();
        if (_failure is { } failure) throw new InvalidOperationException("the traffic broke off", failure);
        return Now;
    }

    /// <summary>When those that never came were sent, in seconds since the start: to be seen beside the logs.</summary>
    public string Gaps()
    {
        var gaps = new List<(long First, long Last)>();
        for (var number = 0L; number < _sent; number++)
        {
            if ((_seen[number / 8] & 1 << (int)(number % 8)) != 0) continue;
            // Those of a tenth of a second are one gap.
            if (gaps is [.., var (first, last)] && number - last < _perSecond / 10) gaps[^1] = (first, number);
            else gaps.Add((number, number));
        }
        return string.Join(", ", gaps.Take(10).Select(gap => string.Create(CultureInfo.InvariantCulture, $"{(double)gap.First / _perSecond:0.000}–{(double)gap.Last / _perSecond:0.000} s")));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        if (_sending.ThreadState != System.Threading.ThreadState.Unstarted) _sending.Join();
        _receiving.Join();
        _arrived.Dispose();
        _receiver.Dispose();
        _client.Dispose();
        _web.Dispose();
        _end.Dispose();
    }

    private void Keep(Action work)
    {
        try
        {
            work();
        }
        catch (Exception error)     // told to who waits for the result
        {
            _failure = error;
        }
    }

    private void Send()
    {
        var flows = new Socket[Flows];
        var datagram = new byte[64];
        for (var i = 0; i < Flows; i++) flows[i] = Flow();
        var (watch, oldest, nextFlow) = (Stopwatch.StartNew(), 0, TimeSpan.Zero);
        while (!_end.IsCancellationRequested && _sent < MostDatagrams)
        {
            if (watch.Elapsed >= nextFlow)
            {
                flows[oldest].Dispose();
                flows[oldest] = Flow();
                oldest = (oldest + 1) % Flows;
                nextFlow += _flowLife / Flows;
            }
            for (var due = (long)(watch.Elapsed.TotalSeconds * _perSecond); _sent < due && _sent < MostDatagrams; Interlocked.Increment(ref _sent))
            {
                BinaryPrimitives.WriteInt64BigEndian(datagram, _sent);
                SendOne(flows[_sent % Flows], datagram);
            }
            Thread.Sleep(1);
        }
        foreach (var flow in flows) flow.Dispose();
    }

    private static void SendOne(Socket flow, byte[] datagram)
    {
        while (true)
        {
            try
            {
                flow.Send(datagram);
                return;
            }
            catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
            {
                // What a reset of the firewall, or the pod, said about an earlier one: that one is lost and will be missed, this one has not been sent yet.
            }
        }
    }

    private void Receive()
    {
        var datagram = new byte[64];
        while (true)
        {
            int length;
            try
            {
                length = _receiver.Receive(datagram);
            }
            catch (SocketException silence) when (silence.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                if (_end.IsCancellationRequested && !_sending.IsAlive) return;
                continue;
            }
            var number = length < sizeof(long) ? -1 : BinaryPrimitives.ReadInt64BigEndian(datagram);
            if (number is < 0 or >= MostDatagrams)
            {
                _arrived.Set();
                continue;
            }
            // Twice is once.
            if ((_seen[number / 8] & 1 << (int)(number % 8)) != 0) continue;
            _seen[number / 8] |= (byte)(1 << (int)(number % 8));
            Interlocked.Increment(ref _received);
        }
    }

    private Socket Flow()
    {
        var socket = _client.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.Connect(_to);
        return socket;
    }

    /// <summary>What reached the pod and its socket had no room for: not the datapath's.</summary>
    private long Overflowed() => _web.Run(() => File.ReadAllLines("/proc/thread-self/net/udp").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(fields => fields[1].EndsWith($":{Flood.Port:X4}", StringComparison.Ordinal)).Sum(fields => long.Parse(fields[^1], CultureInfo.InvariantCulture)));
}

/// <summary>What became of datagrams.</summary>
/// <param name="Overflowed">Arrived, but the receiver's buffer was full.</param>
internal readonly record struct Tally(long Sent, long Received, long Overflowed)
{
    public long Lost => Sent - Received - Overflowed;
}
