using Demilune.Firewall.Packets;
using Demilune.Linux.PacketIo;

namespace Demilune.Firewall.Tests.EndToEnd;

/// <summary>A packet loop at work on a thread of this process.</summary>
internal sealed class RunningLoop : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PacketSocket _in;
    private readonly PacketSocket _out;
    private readonly PacketLoop _loop;
    private readonly CpuPressure _pressure = new();
    private readonly Thread _thread;
    private Exception? _failure;

    public RunningLoop(Line line, IFrameJudge judge, bool realTime = false) : this(line.In, line.Out, judge, realTime)
    {
    }

    public RunningLoop(string inside, string outside, IFrameJudge judge, bool realTime = false)
    {
        _in = PacketSocket.Open(inside);
        _out = PacketSocket.Open(outside);
        _loop = new(_in, _out, judge, Counters, _pressure, realTime);
        _thread = new(() =>
        {
            try
            {
                if (realTime && !RealTime.TryEnter(priority: 1, out var error)) throw new InvalidOperationException(error);
                _loop.Run(_stop.Token);
            }
            catch (Exception e) { _failure = e; }
        });
        _thread.Start();
    }

    public PacketCounters Counters { get; } = new();

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _loop.Dispose();
        _in.Dispose();
        _out.Dispose();
        _pressure.Dispose();
        if (_failure is not null) throw new InvalidOperationException("the packet loop ended", _failure);
    }
}
