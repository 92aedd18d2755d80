using System.Diagnostics;
using Demilune.Firewall.Regex;
using Demilune.Inspection;
using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Rules.Matching;

namespace Demilune.Bench;

/// <summary>What judging alone costs, without a packet on any wire: nanoseconds and allocated bytes of the calling thread.</summary>
internal static class Judging
{
    private static readonly (string Name, Exchange Exchange, int PayloadBytes)[] s_exchanges =
    [
        ("GET, 1 KB", Exchange.OfSize(1024), 1024),
        ("GET, 100 KB", Exchange.OfSize(102_400), 102_400),
        ("GET, 100 KB in frames of 14 KB", Exchange.OfSize(102_400, 14_480), 102_400),
        ("GET, 100 KB in frames of 1448 B", Exchange.OfSize(102_400, 1448), 102_400),
        ("GET, 100 KB of x in frames of 14 KB", Exchange.OfSize(102_400, 14_480, n => Enumerable.Repeat((byte)'x', n).ToArray()), 102_400),
        ("GET, 1 MB", Exchange.OfSize(1 << 20), 1 << 20),
        ("browser, 1 KB", Exchange.OfBrowser(1024), 1024),
    ];

    /// <param name="only">Part of an exchange's name: that one alone, for a profiler; "prefilter": that part. Empty: everything.</param>
    /// <param name="ruleFiles">Loaded into one policy.</param>
    public static int Run(string only, string[] ruleFiles)
    {
        var start = Stopwatch.GetTimestamp();
        var options = new RuleSetOptions { Regex = PcreRegexEngine.BestAvailable(), RegexSets = HyperscanSetEngine.IfAvailable(), Provides = Inspector.Provides, Recognises = Inspector.Recognises };
        var rules = RuleSet.Compile(ruleFiles.Select(file => new Rules.Syntax.RuleSource(Path.GetFileName(file), File.ReadAllText(file))), options).Rules;
        Console.WriteLine($"{rules.Signatures.Count} signatures, compiled in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms, {GC.GetTotalMemory(forceFullCollection: true) >> 20} MB kept");
        if (options.RegexSets is { } engine)
        {
            start = Stopwatch.GetTimestamp();
            rules.Quicken(engine, searched: 0);
            Console.WriteLine($"quickened in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");
        }
        Console.WriteLine("| exchange | ns | Gbit/s | bytes allocated |\n|---|---|---|---|");
        foreach (var (name, exchange, bytes) in s_exchanges)
            if (name.Contains(only, StringComparison.Ordinal)) Exchanges(name, exchange, bytes, rules);
        if (only is not ("" or "prefilter")) return 0;
        Console.WriteLine("\n| buffer | Gbit/s, 60 KB | Gbit/s, 1 KB | candidates |\n|---|---|---|---|");
        foreach (var buffer in new[] { BufferId.HttpUri, BufferId.HttpHeader, BufferId.HttpResponseBody, BufferId.FileData, BufferId.Stream, BufferId.HttpRequestBody })
            Prefilter(buffer, rules);
        return 0;
    }

    private static void Exchanges(string name, Exchange exchange, int bytes, RuleSet rules)
    {
        var inspector = new Inspector(new() { LogTransactions = false });
        inspector.Publish(PolicySetSnapshot.Single(new(1, "bench", 1, Prevent: true, rules)));
        using var eve = new EveWriter(static _ => { });
        var inject = new FrameQueue();
        long now = 1_000_000_000;
        FrameHandler judge = (in Frame frame) =>
        {
            var verdict = inspector.Inspect(frame, now += 10_000, eve, inject);
            if (verdict.Frame != Inspection.Verdicts.FrameVerdict.Forward) throw new InvalidOperationException($"{name}: a frame was dropped ({verdict.Reason})");
        };
        exchange.Open(judge);
        var (nanos, allocated) = Measure(() => exchange.Turn(judge));
        Console.WriteLine($"| {name} | {nanos:F0} | {bytes * 8 / nanos:F1} | {allocated} |");
    }

    private static void Prefilter(BufferId buffer, RuleSet rules)
    {
        var direction = BufferCatalog.Get(buffer).Directions.HasFlag(FlowDirections.ToClient) ? FlowDirections.ToClient : FlowDirections.ToServer;
        if (!rules.Inspects(buffer, direction)) return;
        var context = new MatchContext();
        context.Prepare(rules);
        var prose = Exchange.Prose(60_000);
        var large = Rate(60_000);
        var candidates = context.Candidates.Count;
        Console.WriteLine($"| {buffer} | {large:F1} | {Rate(1000):F1} | {candidates} |");

        double Rate(int length) => length * 8 / Measure(() =>
        {
            context.Candidates.Clear();
            rules.Prefilter(buffer, direction, prose.AsSpan(0, length), context);
        }).Nanos;
    }

    /// <summary>The best of some rounds: others use the machine too, and only ever make it slower.</summary>
    private static (double Nanos, long Allocated) Measure(Action action)
    {
        var warm = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(warm).TotalMilliseconds < 400) action();
        var count = 1;
        var (best, allocated) = (double.MaxValue, 0L);
        for (var round = 0; round < 120; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < count; i++) action();
            var elapsed = Stopwatch.GetElapsedTime(start);
            allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / count;
            best = Math.Min(best, elapsed.TotalNanoseconds / count);
            if (elapsed.TotalMilliseconds < 5) count *= 2;
        }
        return (best, allocated);
    }
}
