using Demilune.Contracts.Frames;
using Demilune.Firewall.Packets;
using Demilune.Linux.PacketIo;

namespace Demilune.Firewall.Suricata;

/// <summary>
/// Keeps asking the splice for heartbeats through an engine that sends none: a probe leaves by each interface, comes back as a heartbeat, and
/// what the engine makes of it is what it makes of any frame. Nobody here says that it is alive; the way through it does.
/// </summary>
internal sealed class HeartbeatProbe : IDisposable
{
    private readonly PacketSender _inside, _outside;
    private readonly HeartbeatSchedule _schedule;
    private readonly byte[] _frame = new byte[SpliceFrame.ControlLength];
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stop;

    /// <param name="instance">Of the engine: another one knows none of the flows of this.</param>
    public HeartbeatProbe(string inside, string outside, uint instance, bool realTime)
    {
        (_inside, _outside) = (PacketSender.Open(inside), PacketSender.Open(outside));
        // Its deadline is the ordinary one: the engine's own threads are ordinary ones.
        _schedule = new HeartbeatSchedule(realTime: false);
        ControlFrame.WriteProbe(_frame, instance);
        _thread = new Thread(() => Run(realTime)) { Name = "heartbeats" };
        _thread.Start();
    }

    /// <summary>Ends with the thread; with an exception if an interface is gone.</summary>
    public Task Ended => _ended.Task;

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _inside.Dispose();
        _outside.Dispose();
    }

    private void Run(bool realTime)
    {
        // A probe that is late looks like an engine that is.
        if (realTime) RealTime.TryEnter(priority: 1, out _);
        try
        {
            while (!_stop)
            {
                var now = PacketClock.SteadyNanos();
                if (_schedule.Take(now))
                {
                    _inside.TrySend(_frame);
                    _outside.TrySend(_frame);
                }
                PacketWait.Pause(Math.Max(0, _schedule.Due - PacketClock.SteadyNanos()));
            }
            _ended.SetResult();
        }
        catch (InterfaceGoneException gone)
        {
            _ended.SetException(gone);
        }
    }
}
