using Demilune.Inspection.Detection;
using Demilune.Inspection.Flows;
using Demilune.Inspection.Reassembly;
using Demilune.Inspection.Sessions.Http;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Http1;

namespace Demilune.Inspection.Sessions;

/// <summary>Looks at both byte streams of one connection: finds out what is spoken, by content and not by port, and hands the bytes to whoever understands them.</summary>
internal sealed class StreamSession
{
    /// <summary>First bytes of a side that are kept until a protocol is recognised. Long enough for any first line or hello.</summary>
    private const int MaxProbe = 16 << 10;

    private readonly InspectorOptions _options;
    private readonly Detector _detector;
    private readonly StreamSide[] _sides;
    private readonly HttpSession _http;
    private RuleSet _rules = RuleSet.Empty;

    public StreamSession(InspectorOptions options, SegmentPool pool, Detector detector)
    {
        (_options, _detector) = (options, detector);
        _sides = [new(pool), new(pool)];
        _http = new(options, pool, detector);
    }

    /// <summary>What is spoken.</summary>
    public AppProtocol App { get; private set; }

    /// <summary>One side's stream, as rules without a protocol see it.</summary>
    private sealed class StreamSide(SegmentPool pool)
    {
        /// <summary>As much as a signature's contents may span; more of a stream's start than of its middle, because that is where hellos are.</summary>
        public InspectionWindow Window { get; } = new(InspectionWindow.Overlap * 2, pool);
        public InspectionWindow Probe { get; } = new(MaxProbe, pool);
        public PendingSignatures Pending { get; } = new();
        public bool IsRuledOut { get; set; }

        /// <summary>Where it lies idle, nothing is kept of it.</summary>
        public void Clear()
        {
            Window.Clear();
            Probe.Clear();
            Pending.Clear();
            IsRuledOut = false;
        }
    }

    public void Begin(RuleSet rules)
    {
        _rules = rules;
        App = AppProtocol.Unknown;
        _http.Begin(rules);
    }

    public void Clear()
    {
        foreach (var side in _sides) side.Clear();
        _http.Clear();
    }

    /// <summary>Takes bytes that have come in order, and lets the detector decide.</summary>
    public void Deliver(Flow flow, Side from, ReadOnlySpan<byte> bytes)
    {
        var direction = from.Direction();
        if (_rules.Inspects(BufferId.Stream, direction) && IsWithinDepth(flow[from].Judged)) InspectRaw(from, bytes);
        if (App == AppProtocol.Unknown) Probe(from, bytes);
        else if (App == AppProtocol.Http1) DeliverHttp(from, bytes);
        if (App == AppProtocol.Failed && IsFinal(flow, Side.Client) && IsFinal(flow, Side.Server)) _detector.Scope.Releases = true;
    }

    /// <summary>Bytes are missing here for good: no parser can go on behind them.</summary>
    public void Skip(Side from)
    {
        if (App is AppProtocol.Unknown or AppProtocol.Http1) App = AppProtocol.Failed;
        _sides[(int)from].Window.Tail = default;
    }

    /// <summary>A side has sent its last byte, or the connection is gone.</summary>
    public void Close(Side from)
    {
        var side = _sides[(int)from];
        if (side.Window.Total > 0)
        {
            side.Window.IsComplete = true;
            _detector.Evaluate(side.Pending, new DetectionBuffers { Stream = side.Window, Message = _http.Message(from) }, 0, null);
        }
        if (App == AppProtocol.Http1) _http.Close(from);
    }

    /// <summary>
    /// No rule can match any more because of what this side may still send. A protocol that was not recognised never will be; what is left are raw
    /// streams, up to their depth, and single packets, which are looked at as long.
    /// </summary>
    private bool IsFinal(Flow flow, Side side) =>
        !IsWithinDepth(flow[side].Judged) || !(_rules.InspectsPackets || _rules.Inspects(BufferId.Stream, side.Direction()));

    private bool IsWithinDepth(long judged) => _options.StreamDepth == 0 || judged <= _options.StreamDepth;

    private void InspectRaw(Side from, ReadOnlySpan<byte> bytes)
    {
        var side = _sides[(int)from];
        var window = side.Window;
        var start = window.Total;
        window.Begin(bytes);
        _detector.Offer(BufferId.Stream, ref window.Tail, bytes);
        _detector.Keep(side.Pending, window.Total + InspectionWindow.Overlap);
        _detector.Evaluate(side.Pending, new DetectionBuffers { Payload = bytes, Stream = window, Message = _http.Message(from) }, start, null);
        window.End(bytes);
    }

    /// <summary>One side's word is enough for a yes; a no needs both, or one side that has said a lot.</summary>
    private void Probe(Side from, ReadOnlySpan<byte> bytes)
    {
        var side = _sides[(int)from];
        if (side.IsRuledOut) return;
        side.Probe.Begin(bytes);
        var seen = side.Probe.View(bytes).Bytes;
        var verdict = from == Side.Client ? Http1Detection.OfRequest(seen) : Http1Detection.OfResponse(seen);
        if (verdict == Wire.Detection.Yes)
        {
            App = AppProtocol.Http1;
            _detector.Scope.Facts.App = App;
            DeliverProbed(from);
            return;
        }
        if (verdict == Wire.Detection.Incomplete && side.Probe.Total < MaxProbe) return;
        side.IsRuledOut = true;
        // A server's greeting says nothing about a client that begins later; a client that speaks something else has decided it.
        if (from == Side.Client || _sides[(int)Side.Client].IsRuledOut) App = AppProtocol.Failed;
    }

    private void DeliverProbed(Side first)
    {
        // What the other side said before is older.
        foreach (var from in (ReadOnlySpan<Side>)[first.Other(), first])
        {
            var probe = _sides[(int)from].Probe;
            if (probe.Total == 0) continue;
            _detector.Scope.Face(from);
            DeliverHttp(from, probe.View(default).Bytes);
            probe.Clear();
        }
        _detector.Scope.Face(first);
    }

    private void DeliverHttp(Side from, ReadOnlySpan<byte> bytes)
    {
        _http.Deliver(from, bytes);
        if (_http.IsTunnel || _http.IsBroken(from))
        {
            App = AppProtocol.Failed;
            _detector.Scope.Facts.App = App;
        }
    }
}
