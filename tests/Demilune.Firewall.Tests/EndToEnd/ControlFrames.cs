using System.Buffers.Binary;
using System.Diagnostics;
using Demilune.Linux.PacketIo;

namespace Demilune.Firewall.Tests.EndToEnd;

/// <summary>Listens to the control frames that arrive at a peer.</summary>
internal abstract class ControlFrames : IDisposable
{
    private readonly PacketSocket _socket;
    private readonly Thread _thread;
    private volatile bool _stop;

    protected ControlFrames(Namespace peer, string link)
    {
        _socket = peer.Inside(() => PacketSocket.Open(link));
        _thread = new(Listen);
        _thread.Start();
    }

    /// <param name="body">From the type on.</param>
    protected abstract void Heard(ReadOnlySpan<byte> body);

    protected void End()
    {
        _stop = true;
        _thread.Join();
    }

    public void Dispose()
    {
        End();
        _socket.Dispose();
    }

    private void Listen()
    {
        using var batch = new ReceiveBatch(_socket, frameBytes: 128);
        while (!_stop)
        {
            PacketWait.Any(_socket, _socket, 5_000_000);
            var count = batch.Fill();
            for (var i = 0; i < count; i++)
                if (batch[i].Bytes is [_, _, _, _, _, _, _, _, _, _, _, _, 0x88, 0xb5, .. var body]) Heard(body);
        }
    }
}

/// <summary>Counts heartbeats.</summary>
internal sealed class Heartbeats(Namespace peer, string link) : ControlFrames(peer, link)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private int _count;
    private TimeSpan _last;
    private TimeSpan _longest;

    public (int Count, TimeSpan LongestPause, TimeSpan Elapsed) Stop()
    {
        End();
        return (_count, _longest, _watch.Elapsed);
    }

    protected override void Heard(ReadOnlySpan<byte> body)
    {
        if (body is not [1, 0, ..]) return;
        var now = _watch.Elapsed;
        if (_count++ > 0 && now - _last > _longest) _longest = now - _last;
        _last = now;
    }
}

/// <summary>Hears the first verdict on a flow.</summary>
internal sealed class Verdicts(Namespace peer, string link) : ControlFrames(peer, link)
{
    private readonly TaskCompletionSource<(int Verdict, int FlowId, int Epoch)> _first = new();

    public Task<(int Verdict, int FlowId, int Epoch)> FirstAsync() => _first.Task.WaitAsync(TimeSpan.FromSeconds(10));

    protected override void Heard(ReadOnlySpan<byte> body)
    {
        if (body[0] != 2) return;
        _first.TrySetResult((body[1], BinaryPrimitives.ReadInt32BigEndian(body[4..]), BinaryPrimitives.ReadUInt16BigEndian(body[8..])));
    }
}
