using System.Buffers.Binary;
using Demilune.Inspection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Rules.Compile;

namespace Demilune.Fuzz.Targets;

/// <summary>
/// A whole inspector: the input is frames, each with its length (two bytes) and interface (lowest bit of a third) before it. Nothing may throw, and when
/// all flows have ended nothing may be held.
/// </summary>
internal static class FrameTarget
{
    private static readonly RuleSet s_rules = RuleSet.Compile([new("fuzz", """
        drop http any any -> any any (msg:"uri"; flow:established,to_server; http.uri; content:"/etc/passwd"; sid:1;)
        drop http any any -> any any (msg:"body"; flow:established; http.request_body; content:"<?php"; sid:2;)
        drop tcp any any -> any any (msg:"stream"; content:"abc"; content:"def"; distance:0; sid:3;)
        alert udp any any -> any any (msg:"udp"; content:"abc"; sid:4;)
        """)], new()).Rules;

    public static FuzzTarget Frames { get; } = new("frames", "frames through a whole inspector", bytes =>
    {
        var inspector = new Inspector(new() { VerifyChecksums = false, MaxHeldPerStream = 64 << 10, MaxFlows = 16, LogFlows = true });
        inspector.Publish(PolicySetSnapshot.Single(new(0, "fuzz", 1, bytes.Length % 2 == 0, s_rules)));
        var (queue, sink, now) = (new FrameQueue(), new Sink(), 1L);
        var rest = bytes.AsSpan();
        while (rest.Length >= 3)
        {
            var length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(rest), rest.Length - 3);
            inspector.Inspect(new Frame(rest.Slice(3, length), (Interface)(rest[2] & 1)), now, sink, queue);
            queue.Clear();
            now += rest[2] * 1_000_000L;
            inspector.Tick(now, sink);
            rest = rest[(3 + length)..];
        }
        inspector.Finish(now, sink);
        inspector.Tick(now + 1_000_000_000_000_000, sink);
        inspector.Inspect(new Frame(new byte[60], Interface.In), now, sink, queue);
        if (inspector.Statistics.BytesHeld != 0) throw new InvalidOperationException($"{inspector.Statistics.BytesHeld} bytes are still held");
    });

    internal sealed class Sink : IEventSink
    {
        public void Alert(in AlertEvent alert) => _ = alert.Context.Time;
        public void Anomaly(in AnomalyEvent anomaly) => _ = anomaly.Context.Time;
        public void Http(in HttpEvent http) => _ = http.Context.Time;
        public void File(in FileEvent file) => _ = file.Context.Time;
        public void Record(in RecordEvent record) => _ = record.Context.Time;
        public void Drop(in DropEvent drop) => _ = drop.Context.Time;
        public void Flow(in FlowEvent flow) => _ = flow.Context.Time;
    }
}
