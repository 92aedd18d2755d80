using System.Diagnostics;
using Demilune.Firewall.Regex;
using Demilune.Inspection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Rules.Compile;
using Demilune.Rules.Regex;
using Demilune.Wire.Captures;

namespace Demilune.Cli.Inspect;

/// <summary>Captures, frame by frame through an <see cref="Inspector"/>, on their own clock. Flows go on from one to the next.</summary>
internal sealed class CaptureInspection : IDisposable
{
    private const long TickNanos = 100_000_000;
    private const int ProgressFrames = 1 << 16;

    /// <summary>Where a search has seen as much, it pays to build a faster table for it: in 100 ms, which it saves again within the next 30 MB.</summary>
    private const long QuickenBytes = 8 << 20;
    private const int QuickenFrames = 1 << 12;

    /// <summary>A capture that begins earlier than this before the end of the one before is of another story: no flow goes on. Within it, they were written side by side.</summary>
    private const long RewindNanos = 60_000_000_000;

    private readonly RuleSet _rules;
    private readonly InspectRequest _request;
    private readonly EveFiles _output;
    private readonly Inspector _inspector;
    private readonly FileStore? _files;
    private readonly FastLog? _lines;
    private readonly IEventSink _events;
    private readonly FrameQueue _resets = new();      // there is nobody to send them to
    private readonly IRegexSetEngine? _quickens = HyperscanSetEngine.IfAvailable();
    private long _now, _nextTick, _frames, _skipped;
    private string? _damage;

    /// <param name="rules">Judge every frame, whatever its tag.</param>
    /// <param name="request">How.</param>
    /// <param name="output">Gets the events.</param>
    public CaptureInspection(RuleSet rules, InspectRequest request, EveFiles output)
    {
        (_rules, _request, _output) = (rules, request, output);
        _inspector = new(request.Settings.Inspector with { Inline = request.Inline, VerifyChecksums = request.VerifyChecksums, LogFlows = true, Profile = request.Profile });
        _inspector.Publish(PolicySetSnapshot.Single(new(0, "inspect", 1, Prevent: request.Inline, rules)));
        var directory = request.LogDirectory ?? Environment.CurrentDirectory;
        _events = output;
        if (request.Settings.FileStore is { } keeping) _events = _files = new(keeping with { Directory = Path.Combine(directory, keeping.Directory) }, _events);
        if (request.Settings.CertificateDirectory is { } certificates) _events = new CertificateStore(Path.Combine(directory, certificates), request.Log, _events);
        if (request.Settings.FastFile is { } fast && request.LogDirectory is not null) _events = _lines = new(File.AppendText(Path.Combine(directory, fast)), request.Inline, _events);
    }

    /// <summary>One capture from its first to its last frame.</summary>
    /// <exception cref="InvalidDataException">This is no capture.</exception>
    public static CaptureSummary Run(Stream capture, RuleSet rules, InspectRequest request, EveFiles output, CancellationToken stop)
    {
        using var inspection = new CaptureInspection(rules, request, output);
        inspection.Read(capture, "", stop);
        return inspection.Finish();
    }

    /// <summary>Judges the next capture.</summary>
    /// <param name="capture">Read forward once.</param>
    /// <param name="name">What the user calls it.</param>
    /// <param name="stop">Ends it early; what was found by then is written.</param>
    /// <returns>Where and how it is broken; null if it is not.</returns>
    /// <exception cref="InvalidDataException">This is no capture.</exception>
    public string? Read(Stream capture, string name, CancellationToken stop)
    {
        var reader = CaptureReader.Open(capture);
        _output.Capture = name;
        var progress = new Progress(capture, _request.Quiet);
        var isFirst = true;
        while (!stop.IsCancellationRequested && reader.TryRead(out var captured))
        {
            if (isFirst && captured.Time < _now - RewindNanos) Rewind(captured.Time);
            isFirst = false;
            // Captures of several interfaces are not always in order; an inspector's clock never runs backwards while it has flows.
            _now = Math.Max(_now, captured.Time);
            _inspector.Inspect(new(captured.Bytes, Interface.In) { ChecksumTrusted = _request.Settings.IgnoresChecksums, Number = _frames + 1, Kind = captured.Kind, Link = captured.Link }, _now, _events, _resets);
            _resets.Clear();
            if (_now >= _nextTick)
            {
                _inspector.Tick(_now, _events);
                _nextTick = _now + TickNanos;
            }
            if (++_frames % ProgressFrames == 0) progress.Show(_frames, reader.Position);
            if (_frames % QuickenFrames == 0 && _quickens is not null) _rules.Quicken(_quickens, QuickenBytes, stop);
        }
        progress.End();
        _skipped += reader.Skipped;
        return _damage = reader.Damage;
    }

    /// <summary>Ends every flow and tells of all that was counted.</summary>
    public CaptureSummary Finish()
    {
        _inspector.Finish(_now, _events);
        var statistics = _inspector.Statistics;
        if (_files is not null) statistics.Counters?.Set("file_store.fs_errors", _files.Failures);
        if (statistics.Counters is { } counters)
        {
            _output.Statistics(counters, _now, _request.RulesCounted);
            if (_request.Settings.StatisticsFile is { } table && _request.LogDirectory is { } directory)
            {
                using var lines = File.AppendText(Path.Combine(directory, table));
                StatisticsLog.Write(lines, counters, _now);
            }
        }
        _output.Flush();
        return new(_frames, _skipped, statistics.FlowsSeen, statistics.Alerts, statistics.Anomalies, statistics.WrongChecksums, _damage);
    }

    public void Dispose()
    {
        _lines?.Dispose();
        _files?.Dispose();
    }

    private void Rewind(long time)
    {
        _inspector.Finish(_now, _events);
        _now = _nextTick = time;
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

/// <summary>What became of all captures.</summary>
/// <param name="Frames">Looked at.</param>
/// <param name="Skipped">Not looked at: of a link that we cannot read.</param>
/// <param name="Flows">Seen.</param>
/// <param name="Alerts">Raised.</param>
/// <param name="Anomalies">Noticed.</param>
/// <param name="WrongChecksums">Frames left out for it.</param>
/// <param name="Damage">Where and how the last one is broken; null if it is not.</param>
internal sealed record CaptureSummary(
    long Frames, long Skipped, long Flows, long Alerts, long Anomalies, long WrongChecksums, string? Damage);
