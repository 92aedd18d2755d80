using System.Diagnostics;
using Demilune.Firewall.Regex;
using Demilune.Inspection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Rules.Compile;
using Demilune.Wire.Captures;

namespace Demilune.Cli.Inspect;

/// <summary>A capture, frame by frame through an <see cref="Inspector"/>, on the capture's own clock.</summary>
internal static class CaptureInspection
{
    private const long TickNanos = 100_000_000;
    private const int ProgressFrames = 1 << 16;

    /// <summary>Where a search has seen as much, it pays to build a faster table for it: in 100 ms, which it saves again within the next 30 MB.</summary>
    private const long QuickenBytes = 8 << 20;
    private const int QuickenFrames = 1 << 12;

    /// <param name="capture">Read forward once.</param>
    /// <param name="rules">Judge every frame, whatever its tag.</param>
    /// <param name="request">How.</param>
    /// <param name="output">Gets EVE JSON, a record a line.</param>
    /// <param name="stop">Ends it early; what was found by then is written.</param>
    /// <exception cref="InvalidDataException">This is no capture.</exception>
    public static CaptureSummary Run(Stream capture, RuleSet rules, InspectRequest request, Stream output, CancellationToken stop)
    {
        var reader = CaptureReader.Open(capture);
        var inspector = new Inspector(request.Settings.Inspector with { Inline = request.Inline, VerifyChecksums = request.VerifyChecksums, LogFlows = true, Profile = request.Profile });
        inspector.Publish(PolicySetSnapshot.Single(new(0, "inspect", 1, Prevent: request.Inline, rules)));
        using var eve = new EveWriter(line =>
        {
            output.Write(line);
            output.WriteByte((byte)'\n');
        }, request.Settings.Eve ?? new());
        using var files = request.Settings.FileStore is { } keeping
            ? new FileStore(keeping with { Directory = Path.Combine(request.LogDirectory ?? Environment.CurrentDirectory, keeping.Directory) }, eve)
            : null;
        using var lines = request.Settings.FastFile is { } fast && request.LogDirectory is { } directory
            ? new FastLog(File.AppendText(Path.Combine(directory, fast)), request.Inline, files is null ? eve : files)
            : null;
        IEventSink events = lines is not null ? lines : files is not null ? files : eve;
        var resets = new FrameQueue();      // there is nobody to send them to
        var quickens = HyperscanSetEngine.IfAvailable();
        var progress = new Progress(capture, request.Quiet);
        long now = 0, nextTick = 0, frames = 0;
        while (!stop.IsCancellationRequested && reader.TryRead(out var captured))
        {
            // Captures of several interfaces are not always in order; an inspector's clock never runs backwards.
            now = Math.Max(now, captured.Time);
            inspector.Inspect(new(captured.Bytes, Interface.In) { ChecksumTrusted = request.Settings.IgnoresChecksums, Number = frames + 1, Kind = captured.Kind, Link = captured.Link }, now, events, resets);
            resets.Clear();
            if (now >= nextTick)
            {
                inspector.Tick(now, events);
                nextTick = now + TickNanos;
            }
            if (++frames % ProgressFrames == 0) progress.Show(frames, reader.Position);
            if (frames % QuickenFrames == 0 && quickens is not null) rules.Quicken(quickens, QuickenBytes, stop);
        }
        inspector.Finish(now, events);
        if (files is not null) inspector.Statistics.Counters?.Set("file_store.fs_errors", files.Failures);
        if (request.Settings.Eve is { Types: not null } && inspector.Statistics.Counters is { } counters) eve.Statistics(counters, now, request.RulesCounted);
        output.Flush();
        progress.End();
        return new(frames, reader.Skipped, inspector.Statistics.FlowsSeen, inspector.Statistics.Alerts, inspector.Statistics.Anomalies,
            inspector.Statistics.WrongChecksums, reader.Damage);
    }

    /// <summary>A line that is written over, where somebody looks at it.</summary>
    private sealed class Progress(Stream capture, bool quiet)
    {
        private readonly bool _shown = !quiet && !Console.IsErrorRedirected && capture.CanSeek;
        private readonly Stopwatch _sinceShown = Stopwatch.StartNew();

        public void Show(long frames, long position)
        {
            if (!_shown || _sinceShown.ElapsedMilliseconds < 500) return;
            _sinceShown.Restart();
            Console.Error.Write($"\r{100 * position / Math.Max(1, capture.Length)} %  {frames} frames");
        }

        public void End()
        {
            if (_shown) Console.Error.Write("\r                                        \r");
        }
    }
}

/// <summary>What became of a capture.</summary>
/// <param name="Frames">Looked at.</param>
/// <param name="Skipped">Not looked at: of a link that we cannot read.</param>
/// <param name="Flows">Seen.</param>
/// <param name="Alerts">Raised.</param>
/// <param name="Anomalies">Noticed.</param>
/// <param name="WrongChecksums">Frames left out for it.</param>
/// <param name="Damage">Where and how the capture is broken; null if it is not.</param>
internal sealed record CaptureSummary(
    long Frames, long Skipped, long Flows, long Alerts, long Anomalies, long WrongChecksums, string? Damage);
