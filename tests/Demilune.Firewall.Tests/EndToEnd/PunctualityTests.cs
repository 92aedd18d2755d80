using Demilune.Firewall.Packets;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Verdicts;
using Demilune.Linux.PacketIo;

namespace Demilune.Firewall.Tests.EndToEnd;

/// <summary>The promise of a 10 ms deadline, on a machine on which everybody wants every CPU.</summary>
public sealed class PunctualityTests
{
    [Fact]
    public void With_real_time_scheduling_no_heartbeat_is_late_however_busy_the_machine_is()
    {
        Assert.SkipWhen(Line.WhyNot is not null, Line.WhyNot ?? "");
        Assert.SkipUnless(MayBeRealTime(), "CAP_SYS_NICE is needed");
        using var line = new Line(wrapped: false);
        // A virtual machine may itself be made to wait: one quiet half second of several will do.
        var longest = Enumerable.Range(0, 6).Select(_ => LongestPause(line)).TakeWhile(pause => pause > HeartbeatSchedule.RealTimeDeadline).ToArray();
        // Of six bad ones nobody here can tell whether the scheduler or the machine below it made us wait: that is said, and is no verdict.
        Assert.SkipWhen(longest.Length is 6, $"this machine stalls: {string.Join(", ", longest.Select(pause => $"{pause / 1e6:F1}"))} ms between heartbeats");
    }

    private static long LongestPause(Line line)
    {
        var judge = new Stopclock();
        using var busy = new CancellationTokenSource();
        var burners = Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => new Thread(() => Burn(busy.Token))).ToArray();
        foreach (var burner in burners) burner.Start();
        using (new RunningLoop(line, judge, realTime: true)) Thread.Sleep(500);
        busy.Cancel();
        foreach (var burner in burners) burner.Join();
        Assert.True(judge.Heartbeats > 20, $"{judge.Heartbeats} heartbeats");
        return judge.Longest;
    }

    private static void Burn(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested) Thread.SpinWait(1000);
    }

    private static bool MayBeRealTime()
    {
        var granted = false;
        var probe = new Thread(() => granted = RealTime.TryEnter(1, out _));
        probe.Start();
        probe.Join();
        return granted;
    }

    /// <summary>Asked whether it is ready at each heartbeat, on the packet thread: so it knows when they left.</summary>
    private sealed class Stopclock : IFrameJudge
    {
        private long _last;

        public long Longest { get; private set; }
        public int Heartbeats { get; private set; }

        public bool IsReady
        {
            get
            {
                var now = PacketClock.SteadyNanos();
                // The first ones compile the loop.
                if (++Heartbeats > 20) Longest = Math.Max(Longest, now - _last);
                _last = now;
                return true;
            }
        }

        public Verdict Judge(in Frame frame, long now, FrameQueue inject) => Verdict.Forward;

        public void Tick(long now)
        {
        }
    }
}
