using System.Buffers.Binary;
using System.Diagnostics;
using Demilune.Inspection;
using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Compile;

namespace Demilune.Bench;

/// <summary>Very many connections at a time: what each takes in memory, whether frames cost more, what a flood of SYNs pushes out, and how long the collector stops the thread.</summary>
internal static class ManyFlows
{
    private const int Headers = 14 + 20 + 20;

    private const string Rule = """drop tcp any any -> any any (msg:"attack"; flow:established; content:"ATTACK"; sid:1;)""";

    public static int Run(int connections)
    {
        // Room for as many again: the flood has to be able to fill it.
        var inspector = new Inspector(new() { MaxFlows = connections + connections / 4, LogTransactions = false });
        inspector.Publish(PolicySetSnapshot.Single(new(1, "bench", 1, Prevent: true, RuleSet.Compile([new("bench.rules", Rule)], new()).Rules)));
        using var eve = new EveWriter(static _ => { });
        var inject = new FrameQueue();
        var frame = Frame();
        long now = 1_000_000_000;
        var latencies = new long[1 << 20];
        Console.WriteLine($"| {connections:N0} connections | ns a frame, median | 99.9 % | longest, µs | collections 0/1/2 | stopped at most, ms |\n|---|---|---|---|---|---|");

        var before = GC.GetTotalMemory(forceFullCollection: true);
        Measure("opened, 3 frames each", connections * 3L, step =>
        {
            var (connection, turn) = ((int)(step / 3), step % 3);
            return turn switch { 0 => Segment(connection, fromServer: false, 0x02, 0), 1 => Segment(connection, fromServer: true, 0x12, 0), _ => Segment(connection, fromServer: false, 0x10, 1) };
        });
        var opened = inspector.Statistics.FlowsActive;
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / connections;
        Measure("an acknowledgment on any of them", 2_000_000, step => Segment((int)(step * 7919 % connections), fromServer: step % 2 == 1, 0x10, 1));
        Measure("and a flood of SYNs beside", 2_000_000, step => step % 2 == 0 ? Segment((int)(step * 7919 % connections), fromServer: false, 0x10, 1) : Segment(connections + (int)step, fromServer: false, 0x02, 0));
        var known = 0L;
        var seen = inspector.Statistics.FlowsSeen;
        for (var connection = 0; connection < connections; connection++)
            if (Segment(connection, fromServer: true, 0x10, 1) == FrameVerdict.Forward) known++;
        Console.WriteLine($"\n{opened:N0} connections were open, {bytes} bytes each; after the flood {known - (inspector.Statistics.FlowsSeen - seen):N0} of them still were, {inspector.Statistics.FlowsEvicted:N0} half-open ones had gone.");
        return 0;

        FrameVerdict Segment(int connection, bool fromServer, byte flags, uint sent)
        {
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(fromServer ? 30 : 26), 0x0a000000u + (uint)(connection / 50_000));
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(fromServer ? 26 : 30), 0xc6120202u);
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(fromServer ? 36 : 34), (ushort)(1024 + connection % 50_000));
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(fromServer ? 34 : 36), 80);
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(38), fromServer ? 5000 + (flags == 0x12 ? 0u : 1) : 1000 + sent);
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(42), flags == 0x02 ? 0 : fromServer ? 1001u : 5001);
            frame[47] = flags;
            var verdict = inspector.Inspect(new(frame, fromServer ? Interface.Out : Interface.In) { Tag = 1, FlowId = 1, Network = 1, ChecksumTrusted = true }, now += 1000, eve, inject);
            inject.Clear();
            return verdict.Frame;
        }

        void Measure(string name, long frames, Func<long, FrameVerdict> judge)
        {
            int[] collections = [GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2)];
            var (count, longest, pauses) = (0, 0L, GC.GetTotalPauseDuration());
            var longestPause = TimeSpan.Zero;
            for (var step = 0L; step < frames; step++)
            {
                var start = Stopwatch.GetTimestamp();
                judge(step);
                var taken = Stopwatch.GetTimestamp() - start;
                if (step % (frames / latencies.Length + 1) == 0) latencies[count++] = taken;
                longest = Math.Max(longest, taken);
                if (taken <= 200_000 || GC.GetTotalPauseDuration() is var total && total == pauses) continue;
                longestPause = TimeSpan.FromTicks(Math.Max(longestPause.Ticks, (total - pauses).Ticks));
                pauses = total;
            }
            Array.Sort(latencies, 0, count);
            Console.WriteLine($"| {name} | {latencies[count / 2]} | {latencies[(int)(count * 0.999)]} | {longest / 1000} | {GC.CollectionCount(0) - collections[0]}/{GC.CollectionCount(1) - collections[1]}/{GC.CollectionCount(2) - collections[2]} | {longestPause.TotalMilliseconds:F1} |");
        }
    }

    /// <summary>Without payload, IPv4 and TCP without options.</summary>
    private static byte[] Frame()
    {
        var frame = new byte[Headers];
        (frame[0], frame[6], frame[12], frame[14], frame[17], frame[22], frame[23]) = (2, 2, 8, 0x45, 40, 64, 6);
        (frame[46], frame[48], frame[49]) = (0x50, 0xff, 0xff);
        return frame;
    }
}
