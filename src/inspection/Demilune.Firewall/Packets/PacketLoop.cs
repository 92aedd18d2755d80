using Demilune.Contracts.Frames;
using Demilune.Firewall.Routing;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Verdicts;
using Demilune.Linux.PacketIo;
using FlowVerdict = Demilune.Inspection.Verdicts.FlowVerdict;

namespace Demilune.Firewall.Packets;

/// <summary>
/// The data path: takes frames off both interfaces, asks the judge about each, sends on what may pass, and says to the
/// splice that it is alive. One thread does all of it, so nothing here is locked and the order of frames is kept.
/// </summary>
internal sealed class PacketLoop : IDisposable
{
    /// <summary>How long to look for the next frame before sleeping. A round trip between two pods takes 40 µs: the answer is met awake.</summary>
    private const long SpinNanos = 50_000;

    /// <summary>The number of a cloud's network in identities: a cluster has one there.</summary>
    private const int RoutedNetwork = 1;

    /// <summary>How often the judge may forget what has timed out.</summary>
    private const long TickNanos = 100_000_000;

    private readonly Leg _in;
    private readonly Leg _out;
    private readonly IFrameJudge _judge;
    private readonly PacketCounters _counters;
    private readonly CpuPressure _pressure;
    private readonly bool _realTime;
    private readonly Router? _router;
    private readonly HeartbeatSchedule _heartbeat;
    private readonly PacketClock _clock = new();
    private readonly FrameQueue _inject = new();
    private readonly byte[] _own = new byte[TransmitQueue.OwnFrameBytes];
    private readonly byte[] _control = new byte[SpliceFrame.ControlLength];
    private readonly uint _instance = (uint)Random.Shared.NextInt64(1, 1L << 32);
    private long _nextTick;
    private long _overruns;

    /// <param name="inside">By which the original direction enters. Stays the caller's.</param>
    /// <param name="outside">By which replies enter. Stays the caller's.</param>
    /// <param name="judge">Asked about every frame of the splice.</param>
    /// <param name="counters">Kept up to date.</param>
    /// <param name="pressure">Whether to spin.</param>
    /// <param name="realTime">Whether the thread that will run this has SCHED_FIFO.</param>
    /// <param name="router">Null: frames come from a splice and go back to it as they are. Else from a switch that knows us as a router.</param>
    public PacketLoop(
        PacketSocket inside, PacketSocket outside, IFrameJudge judge, PacketCounters counters, CpuPressure pressure, bool realTime, Router? router = null)
    {
        _router = router;
        _in = new(inside, Interface.In);
        _out = new(outside, Interface.Out);
        _judge = judge;
        _counters = counters;
        _pressure = pressure;
        _realTime = realTime;
        _heartbeat = new(realTime);
    }

    /// <summary>Works until <paramref name="stop"/>.</summary>
    /// <exception cref="InterfaceGoneException">One of the interfaces was deleted.</exception>
    public void Run(CancellationToken stop)
    {
        var now = PacketClock.SteadyNanos();
        var lastFrame = now;
        var budget = new RealTimeBudget(now);
        var readable = Readable.Both;
        while (!stop.IsCancellationRequested)
        {
            var progress = (readable & Readable.First) != 0 && Pump(_in, _out);
            progress |= (readable & Readable.Second) != 0 && Pump(_out, _in);
            readable = Readable.Both;
            now = PacketClock.SteadyNanos();
            Beat(now);
            if (now >= _nextTick) Tick(now);
            if (progress) lastFrame = now;
            if (_realTime && budget.Owed(now) is > 0 and var rest) PacketWait.Pause(rest);
            else if (IsToSleep(progress, now - lastFrame))
            {
                // Where frames wait already this returns at once, and knows which leg needs no look: one call instead of three in vain.
                readable = PacketWait.Any(_in.Socket, _out.Socket, Math.Max(0, Math.Min(_heartbeat.Due, _nextTick) - now));
                budget.Rested(PacketClock.SteadyNanos() - now);
            }
        }
    }

    /// <summary>Looking again at once is right while the CPU is ours; where others want it, they are who sends the next frame.</summary>
    private bool IsToSleep(bool progress, long idleNanos)
    {
        if (_pressure.Oversubscribed) return !_in.Batch.IsFull && !_out.Batch.IsFull;
        return !progress && idleNanos > SpinNanos;
    }

    public void Dispose()
    {
        _in.Dispose();
        _out.Dispose();
    }

    /// <summary>Carries one batch from one leg to the other.</summary>
    /// <returns>True if there was a frame.</returns>
    private bool Pump(Leg from, Leg to)
    {
        var count = from.Batch.Fill();
        for (var i = 0; i < count; i++)
        {
            var now = PacketClock.SteadyNanos();
            // Between frames too: a batch of super-frames with expensive rules may take longer than a deadline.
            Beat(now);
            Carry(from.Batch[i], from, to, now);
        }
        to.Queue.Flush();
        return count > 0;
    }

    private void Carry(in ReceivedFrame received, Leg from, Leg to, long steady)
    {
        _counters.FramesIn++;
        if (received.IsTruncated)
        {
            _counters.FramesTruncated++;
            return;
        }
        if (_router is not null)
        {
            Route(_router, received, from, to, steady);
            return;
        }
        if (!FrameWords.TryRead(received.Bytes, out var words))
        {
            _counters.FramesForeign++;
            Forward(received, to);
            return;
        }
        var frame = new Frame(received.Bytes, from.Interface)
        {
            Tag = received.Tag,
            FlowId = words.FlowId,
            Network = words.Network,
            Epoch = words.Epoch,
            ChecksumTrusted = received.IsChecksumPending || received.IsChecksumVerified,
        };
        var verdict = _judge.Judge(frame, _clock.TimeOfDay(steady), _inject);
        if (verdict.Frame == FrameVerdict.Forward) Forward(received, to);
        else _counters.FramesDropped++;
        if (_inject.Count > 0) Inject();
        if (verdict.Flow != FlowVerdict.Undecided) Settle(verdict.Flow, words, from, to);
    }

    /// <summary>
    /// As <see cref="Carry"/>, for a switch: what no chain leads here (its broadcasts too) goes no further, and what goes on is addressed anew. The flow's
    /// verdict stays with the judge, since nobody outside could act on it.
    /// </summary>
    private void Route(Router router, in ReceivedFrame received, Leg from, Leg to, long steady)
    {
        var table = router.Table;
        if (received.HasTag || !table.TryRoute(received.Bytes, from.Interface, out var tag, out var destination))
        {
            _counters.FramesForeign++;
            return;
        }
        var frame = new Frame(received.Bytes, from.Interface)
        {
            Tag = tag,
            Network = RoutedNetwork,
            ChecksumTrusted = received.IsChecksumPending || received.IsChecksumVerified,
        };
        var verdict = _judge.Judge(frame, _clock.TimeOfDay(steady), _inject);
        if (verdict.Frame == FrameVerdict.Forward)
        {
            router.Address(received.Addresses, destination, to.Interface);
            Forward(received, to);
        }
        else _counters.FramesDropped++;
        for (var i = 0; i < _inject.Count; i++)
        {
            var own = _inject[i];
            if (own.Bytes.Length > _own.Length || !table.TryFind(own.Bytes, out var receiver)) continue;
            var bytes = _own.AsSpan(0, own.Bytes.Length);
            own.Bytes.CopyTo(bytes);
            router.Address(bytes, receiver, own.Departure);
            if ((own.Departure == Interface.In ? _in : _out).Queue.TrySend(bytes)) _counters.FramesInjected++;
        }
        if (_inject.Count == 0) return;
        _inject.Clear();
        // What answers the sender leaves by the interface that is being read.
        from.Queue.Flush();
    }

    private void Forward(in ReceivedFrame received, Leg to)
    {
        to.Queue.Forward(received);
        _counters.FramesForwarded++;
    }

    /// <summary>Own frames go behind what was forwarded before them: a reset is only obeyed at exactly the place that the stream has reached.</summary>
    private void Inject()
    {
        for (var i = 0; i < _inject.Count; i++)
        {
            var frame = _inject[i];
            var leg = frame.Departure == Interface.In ? _in : _out;
            if (leg.Queue.TrySend(frame.Bytes, (ushort)frame.Tag)) _counters.FramesInjected++;
        }
        _inject.Clear();
    }

    /// <summary>Tells the splice what is settled about a flow, after everything that this flow may still send has left.</summary>
    private void Settle(FlowVerdict verdict, FrameWords words, Leg from, Leg to)
    {
        from.Queue.Flush();
        to.Queue.Flush();
        ControlFrame.WriteVerdict(
            _control, verdict == FlowVerdict.Block ? Contracts.Frames.FlowVerdict.Drop : Contracts.Frames.FlowVerdict.Bypass, words);
        to.Queue.TrySend(_control);
        to.Queue.Flush();
        _counters.Verdicts++;
    }

    private void Tick(long now)
    {
        _nextTick = now + TickNanos;
        _judge.Tick(_clock.TimeOfDay(now));
        _overruns += _in.Socket.TakeOverruns() + _out.Socket.TakeOverruns();
        _counters.FramesMissed = _overruns + _in.Queue.Refused + _out.Queue.Refused;
    }

    private void Beat(long now)
    {
        if (!_heartbeat.Take(now)) return;
        Volatile.Write(ref _counters.LastTurn, now);
        if (!_judge.IsReady) return;
        _counters.Heartbeats++;
        if (_router is not null) return;        // a switch has no ear for them, and whoever is on it should not
        ControlFrame.WriteHeartbeat(_control, _instance);
        _in.Queue.TrySend(_control);
        _in.Queue.Flush();
        _out.Queue.TrySend(_control);
        _out.Queue.Flush();
    }

    /// <summary>One of the two interfaces: what arrives by it and what leaves by it.</summary>
    private sealed class Leg(PacketSocket socket, Interface name) : IDisposable
    {
        public PacketSocket Socket { get; } = socket;
        public Interface Interface { get; } = name;
        public ReceiveBatch Batch { get; } = new(socket);
        public TransmitQueue Queue { get; } = new(socket);

        public void Dispose()
        {
            Batch.Dispose();
            Queue.Dispose();
        }
    }
}
