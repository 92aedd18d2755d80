using System.Collections.Frozen;
using Demilune.Firewall.Packets;
using Demilune.Firewall.Tests.EndToEnd;
using Demilune.Inspection;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Verdicts;
using Demilune.Linux.PacketIo;
using Demilune.Rules.Compile;

namespace Demilune.Firewall.Tests.Packets;

public sealed class PacketLoopAllocationTests
{
    /// <summary>Real frames through the real loop: what its thread allocates is asked on that thread, by the judge.</summary>
    [Fact]
    public void Carrying_a_frame_allocates_nothing()
    {
        Assert.SkipWhen(Line.WhyNot is not null, Line.WhyNot ?? "");
        using var line = new Line(wrapped: false);
        var judge = new MeasuringJudge();
        using var loop = new RunningLoop(line, judge);
        using var sending = line.Client.Inside(() => PacketSocket.Open("c"));
        using var queue = new TransmitQueue(sending);
        // A datagram of the splice: 02:d1 words, tag 42, UDP 198.18.7.1:1000 -> 198.18.7.2:2000, checksum 0 (none).
        var frame = Convert.FromHexString("02d10000000902d1000100070800" + "4500002000000000401100000a0000010a000002" + "03e807d0000c0000" + "61626364");
        for (var sent = 0; sent < 3000; sent += 8)
        {
            for (var i = 0; i < 8; i++) Assert.True(queue.TrySend(frame, tagControl: 42));
            queue.Flush();
            Thread.Sleep(1);
        }
        Assert.True(SpinWait.SpinUntil(() => judge.Frames >= 2500, TimeSpan.FromSeconds(10)), $"{judge.Frames} frames");
        Assert.Equal(0, judge.AllocatedAfterWarmUp);
    }

    private sealed class MeasuringJudge : IFrameJudge
    {
        private readonly InspectingJudge _judge = new(new Inspector(new()), new IgnoredEvents());
        private long _before;

        public MeasuringJudge()
        {
            var policy = new InspectionPolicy(42, "web", 1, Prevent: true, RuleSet.Compile([new("test", TestRules.Evil)], new()).Rules);
            _judge.Publish(new(1, new Dictionary<int, InspectionPolicy> { [42] = policy }.ToFrozenDictionary(), null));
        }

        public int Frames { get; private set; }

        public long AllocatedAfterWarmUp { get; private set; }

        public bool IsReady => true;

        public Verdict Judge(in Frame frame, long now, FrameQueue inject)
        {
            if (++Frames == 500) _before = GC.GetAllocatedBytesForCurrentThread();
            if (Frames > 500) AllocatedAfterWarmUp = GC.GetAllocatedBytesForCurrentThread() - _before;
            return _judge.Judge(frame, now, inject);
        }

        public void Tick(long now) => _judge.Tick(now);
    }
}
