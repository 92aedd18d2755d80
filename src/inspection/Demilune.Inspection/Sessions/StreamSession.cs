using Demilune.Inspection.Detection;
using Demilune.Inspection.Flows;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Sessions;

/// <summary>Looks at both byte streams of one connection: finds out what is spoken, by content and not by port, and hands the bytes to whoever understands them.</summary>
internal sealed class StreamSession
{
    /// <summary>First bytes of a side that are kept until a protocol is recognised. Long enough for any first line or hello.</summary>
    private const int MaxProbe = 16 << 10;

    /// <summary>Captures: bytes of each side before nobody is said to know what they speak; about as long as the longest of the marks that Suricata looks for.</summary>
    private const int MinFailed = 32;

    /// <summary>Protocols that one connection may go through. A proxy's CONNECT, STARTTLS within it and an upgrade are three; an end that never stops is after something else.</summary>
    private const int MaxHandOvers = 8;

    private readonly InspectorOptions _options;
    private readonly Detector _detector;
    private readonly StreamSide[] _sides;
    private readonly SegmentPool _pool;
    private readonly IProtocolSession?[] _sessions = new IProtocolSession?[Protocols.All.Length];
    private IProtocolSession? _session;
    private bool _isDatagram;
    private bool _isAnnouncementAsked;
    private int _serverPort;
    private int _clientPort;
    private readonly ulong _disabled;

    /// <summary>Those, and the ones that are not looked for at the flow's ports.</summary>
    private ulong _excluded;
    private bool _isLost;
    private int _handOvers;
    private RuleSet _rules = RuleSet.Empty;

    public StreamSession(InspectorOptions options, SegmentPool pool, Detector detector)
    {
        (_options, _pool, _detector) = (options, pool, detector);
        _sides = [new(pool), new(pool)];
        for (var i = 0; i < Protocols.All.Length; i++)
            if (options.Disabled.Contains(Protocols.All[i].App)) _disabled |= 1ul << i;
    }

    /// <summary>What is spoken.</summary>
    public AppProtocol App { get; private set; }

    /// <summary>What was spoken before both ends agreed on something else; otherwise unknown.</summary>
    public AppProtocol OriginalApp { get; private set; }

    /// <summary>What one side begins with instead of <see cref="App"/>, and which side that is; otherwise unknown.</summary>
    public (AppProtocol App, Side From) Mismatch { get; private set; }

    /// <summary>One side's stream, as rules without a protocol see it.</summary>
    private sealed class StreamSide(SegmentPool pool)
    {
        /// <summary>As much as a signature's contents may span; more of a stream's start than of its middle, because that is where hellos are.</summary>
        public InspectionWindow Window { get; } = new(InspectionWindow.Overlap * 2, pool);
        public InspectionWindow Probe { get; } = new(MaxProbe, pool);
        public PendingSignatures Pending { get; } = new();
        public bool IsRuledOut { get; set; }

        /// <summary>All of it, as a frame; null: nobody asked yet.</summary>
        public OpenFrame? Frame { get; set; }

        /// <summary>Bytes that a session was given, or had to do without.</summary>
        public long Understood { get; set; }

        /// <summary>Its first bytes have been compared with what the other side speaks.</summary>
        public bool IsCompared { get; set; }

        /// <summary>A bit for each of <see cref="Protocols.All"/> that this side does not speak.</summary>
        public ulong Noes { get; set; }

        /// <summary>Where it lies idle, nothing is kept of it.</summary>
        public void Clear()
        {
            Window.Clear();
            Pending.Clear();
            Frame?.Clear();
            Understood = 0;
            Restart();
        }

        /// <summary>What follows is to be recognised anew.</summary>
        public void Restart()
        {
            Probe.Clear();
            (IsRuledOut, IsCompared, Noes) = (false, false, 0);
        }
    }

    public void Begin(RuleSet rules, bool isDatagram, int serverPort, int clientPort)
    {
        (_rules, _isDatagram, _serverPort, _clientPort, _session) = (rules, isDatagram, serverPort, clientPort, null);
        _excluded = _disabled;
        for (var i = 0; _options.Streams is not null && i < Protocols.All.Length; i++)
            if (Protocols.All[i].CapturedAt is { Count: > 0 } ports && !ports.Contains(serverPort) && !ports.Contains(clientPort)) _excluded |= 1ul << i;
        App = OriginalApp = AppProtocol.Unknown;
        Mismatch = default;
        _isLost = _isAnnouncementAsked = false;
        _handOvers = 0;
    }

    public void Clear()
    {
        foreach (var side in _sides) side.Clear();
        _session?.Clear();
        _session = null;
    }

    /// <summary>The message that a side is busy with.</summary>
    public IMessageBuffers? Message(Side from) => _session?.Message(from);

    /// <summary>Takes one datagram, and lets the detector decide about what it says.</summary>
    public void DeliverDatagram(Side from, ReadOnlySpan<byte> bytes)
    {
        if (App == AppProtocol.Unknown)
        {
            App = AppProtocol.Failed;
            var index = IndexOfDatagram(from, bytes, _serverPort);
            var isReversed = _options.Streams is not null && index >= 0 && Protocols.All[index].Speaker?.Invoke(bytes, isDatagram: true) == from.Other();
            if (index < 0 && _options.Streams is { MidStream: true }) isReversed = (index = IndexOfDatagram(from.Other(), bytes, _clientPort)) >= 0;
            if (isReversed) Reverse(ref from);
            if (index >= 0) Open(index);
            else _detector.Recognised(App);
        }
        _detector.StreamPlace = -1;
        _session?.Deliver(from, bytes);
    }

    private int IndexOfDatagram(Side from, ReadOnlySpan<byte> bytes, int serverPort)
    {
        for (var i = 0; i < Protocols.All.Length; i++)
            if ((_excluded >> i & 1) == 0 && Protocols.All[i].RecogniseDatagram(from, bytes, serverPort)) return i;
        return -1;
    }

    /// <summary>Captures: what is said tells that its speaker, who was taken for the client, is the server, or the other way round.</summary>
    private void Reverse(ref Side from)
    {
        _detector.Scope.Reverse();
        (_sides[0], _sides[1]) = (_sides[1], _sides[0]);
        (_serverPort, _clientPort) = (_clientPort, _serverPort);
        from = from.Other();
    }

    /// <summary>The connection's beginning was not seen, and nobody knows yet what the other side speaks.</summary>
    private bool MayReverse => App == AppProtocol.Unknown && _detector.Scope.Flow?.Connection is { IsPickedUp: true, IsPickedUpByAnswer: false };

    /// <summary>Takes bytes that have come in order, and lets the detector decide.</summary>
    public void Deliver(Flow flow, Side from, ReadOnlySpan<byte> bytes)
    {
        var direction = from.Direction();
        var isObserved = _options.Streams is not null;      // streams are looked at by packets then
        if (!isObserved && !IsOpaque && _rules.Inspects(BufferId.Stream, direction) && IsWithinDepth(flow[from].Judged)) InspectRaw(from, bytes);
        if (App == AppProtocol.Unknown && !_isAnnouncementAsked) AskForAnnouncement(flow);
        if (App == AppProtocol.Unknown) Identify(from, bytes, isObserved);
        else if (_session is not null) DeliverUnderstood(from, bytes);
        if (IsOpaque && IsLetGo(flow)) _detector.Scope.Releases = true;
        if (!isObserved && (App == AppProtocol.Failed || _isLost) && IsFinal(flow, Side.Client) && IsFinal(flow, Side.Server)) _detector.Scope.Releases = true;
    }

    /// <summary>What rules of the protocol look for in the stream may be in the very bytes by which it is recognised.</summary>
    private void Identify(Side from, ReadOnlySpan<byte> bytes, bool isObserved)
    {
        Probe(from, bytes);
        if (App == AppProtocol.Unknown || isObserved) return;
        foreach (var of in (ReadOnlySpan<Side>)[from.Other(), from])
        {
            var side = _sides[(int)of];
            if (side.Window.Total == 0) continue;
            _detector.Scope.Face(of);
            _detector.Evaluate(side.Pending, new DetectionBuffers { Stream = side.Window, Message = Message(of) }, 0, null, onlyOfProtocols: true);
        }
        _detector.Scope.Face(from);
    }

    /// <summary>Bytes are missing here for good.</summary>
    public void Skip(Side from, long count)
    {
        var side = _sides[(int)from];
        side.Window.Tail = default;
        (_detector.StreamPlace, side.Understood) = (side.Understood, side.Understood + count);
        if (_session is not null) _detector.CountError(App, "gap");
        if (!_isLost && _session is not null && _session.TrySkip(from, count)) return;
        _detector.Scope.ParserFailed |= !_isLost && App is AppProtocol.Tls or AppProtocol.Ssh or AppProtocol.Smtp or AppProtocol.Ftp or AppProtocol.Mqtt or AppProtocol.Http2;
        if (_session is null) App = AppProtocol.Failed;
        else _isLost = true;
        _detector.Recognised(AppProtocol.Failed);
    }

    /// <summary>A side has sent its last byte, or the connection is gone.</summary>
    public void Close(Side from)
    {
        var side = _sides[(int)from];
        if (side.Window.Total > 0)
        {
            side.Window.IsComplete = true;
            _detector.Evaluate(side.Pending, new DetectionBuffers { Stream = side.Window, Message = Message(from) }, 0, null);
        }
        side.Frame?.End(null);
        if (App != AppProtocol.Failed) _session?.Close(from);
    }

    /// <summary>What follows is encrypted: nobody can say anything of it.</summary>
    public bool IsOpaque => _session is { IsOpaque: true };

    /// <summary>Nobody needs the packets of an encrypted flow: rules about single packets look at them as long as at any stream.</summary>
    private bool IsLetGo(Flow flow) => _session is { IsLetGo: true }
        || (_options is { Inline: true, Streams: null } && (!_rules.InspectsPackets || !(IsWithinDepth(flow[Side.Client].Judged) || IsWithinDepth(flow[Side.Server].Judged))));

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
        _detector.Evaluate(side.Pending, new DetectionBuffers { Payload = bytes, Stream = window, Message = Message(from) }, start, null);
        window.End(bytes);
    }

    /// <summary>Another connection may have said what this one is for.</summary>
    private void AskForAnnouncement(Flow flow)
    {
        _isAnnouncementAsked = true;
        if (_detector.Scope.Expectations.Take(flow, _detector.Scope.Now) is not { } expectation) return;
        OpenAnnounced(Array.FindIndex(Protocols.All, protocol => protocol.App == expectation.App));
        _session!.Expect(expectation.Details);
    }

    /// <summary>Somebody has said what is spoken: no side's likeness to anything else counts.</summary>
    private void OpenAnnounced(int index)
    {
        Open(index);
        foreach (var side in _sides) side.IsCompared = true;
    }

    /// <summary>One side's word is enough for a yes; a no needs both, or one side that has said a lot.</summary>
    private void Probe(Side from, ReadOnlySpan<byte> bytes)
    {
        var side = _sides[(int)from];
        if (side.IsRuledOut && _options.Streams is null) return;
        side.Probe.Begin(bytes);
        var seen = side.Probe.View(bytes).Bytes;
        var isOpen = false;
        for (var i = 0; i < Protocols.All.Length; i++)
        {
            if (((side.Noes | _excluded) >> i & 1) != 0) continue;
            switch (Recognise(Protocols.All[i], from, seen))
            {
                case Wire.Detection.Yes when _options.Streams is null && from == Side.Client && Protocols.All[i].IsGreeted && (_sides[(int)Side.Server].Noes >> i & 1) != 0:
                    side.Noes |= 1ul << i;
                    break;
                case Wire.Detection.Yes when MayReverse && Protocols.All[i].Speaker is { } speaker && speaker(seen, isDatagram: false) is null:
                    isOpen = true;      // until a message says who is who
                    break;
                case Wire.Detection.Yes:
                    if (MayReverse && Protocols.All[i].Speaker?.Invoke(seen, isDatagram: false) == from.Other()) Reverse(ref from);
                    Open(i);
                    DeliverProbed(from);
                    return;
                case Wire.Detection.Incomplete:
                    // Captures: for what has no mark Suricata does not wait.
                    isOpen |= _options.Streams is null || from == Side.Client || Protocols.All[i].MarkOfSide is null;
                    break;
                default:
                    side.Noes |= 1ul << i;
                    break;
            }
        }
        if (MayReverse && IndexOfReversed(from.Other(), seen) is >= 0 and var reversed)
        {
            Reverse(ref from);
            Open(reversed);
            DeliverProbed(from);
            return;
        }
        if (isOpen && side.Probe.Total < MaxProbe) return;
        side.IsRuledOut = true;
        // Suricata gives up only when both sides have said enough.
        if (_options.Streams is not null && !(_sides[(int)from.Other()].IsRuledOut && side.Probe.Total >= MinFailed && _sides[(int)from.Other()].Probe.Total >= MinFailed)) return;
        // A server's greeting says nothing about a client that begins later; a client that speaks something else has decided it.
        if (from != Side.Client && !_sides[(int)Side.Client].IsRuledOut) return;
        App = AppProtocol.Failed;
        _detector.Recognised(App);
    }

    /// <summary>Captures: by the marks that Suricata has, where it has fewer.</summary>
    private Wire.Detection Recognise(Protocol protocol, Side from, ReadOnlySpan<byte> bytes) =>
        _options.Streams is not null && protocol.MarkOfSide is { } mark ? mark(from, bytes) : protocol.Recognise(from, bytes, _serverPort);

    private int IndexOfReversed(Side from, ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < Protocols.All.Length; i++)
            if ((_excluded >> i & 1) == 0 && Protocols.All[i].Recognise(from, bytes, _clientPort) == Wire.Detection.Yes) return i;
        return -1;
    }

    private void Open(int index)
    {
        var protocol = Protocols.All[index];
        _session = _sessions[index] ??= protocol.Open(_options, _pool, _detector);
        _session.Begin(_rules, _isDatagram);
        App = protocol.App;
        _detector.Scope.Facts.App = App;
        _detector.Recognised(App);
    }

    private void DeliverProbed(Side first)
    {
        // What the other side said before is older.
        foreach (var from in (ReadOnlySpan<Side>)[first.Other(), first])
        {
            var probe = _sides[(int)from].Probe;
            if (probe.Total == 0) continue;
            _detector.Scope.Face(from);
            DeliverUnderstood(from, probe.View(default).Bytes);
            probe.Clear();
        }
        _detector.Scope.Face(first);
    }

    private void DeliverUnderstood(Side from, ReadOnlySpan<byte> bytes)
    {
        if (App == AppProtocol.Failed || _isLost || _session is null) return;
        var side = _sides[(int)from];
        if (!side.IsCompared) Compare(from, bytes);
        (_detector.StreamPlace, side.Understood) = (side.Understood, side.Understood + bytes.Length);
        if (_detector.Wants(FrameType.Stream)) TakeFrame(side, bytes);
        _session.Deliver(from, bytes);
        if (_session.HandsOver)
        {
            HandOver(from, bytes[^_session.Untaken..]);
        }
        else if (_session.IsOver(from))
        {
            _detector.CountError(App, "parser");
            _detector.Scope.ParserFailed = true;
            if (_options.Streams is not null) foreach (var end in (ReadOnlySpan<Side>)[Side.Client, Side.Server]) _session.Close(end);
            // To Suricata it stays what it was, and is not read any further.
            if (_options.Streams is not null) _isLost = true;
            else App = AppProtocol.Failed;
            _detector.Scope.Facts.App = App;
            _detector.Recognised(AppProtocol.Failed);
        }
    }

    private void TakeFrame(StreamSide side, ReadOnlySpan<byte> bytes)
    {
        side.Frame ??= new(_options, _pool, _detector);
        if (!side.Frame.IsOpen) side.Frame.Begin(FrameType.Stream, 0);
        side.Frame.Take(bytes, null);
    }

    /// <summary>Both ends have agreed on something else (CONNECT, STARTTLS …): what they say from here on is recognised anew, unless they have said what it is.</summary>
    /// <param name="from">Whose bytes are at hand.</param>
    /// <param name="rest">Those that are not of the old protocol.</param>
    private void HandOver(Side from, ReadOnlySpan<byte> rest)
    {
        _detector.Scope.IsFlush = _options.Streams is not null;
        foreach (var side in (ReadOnlySpan<Side>)[Side.Client, Side.Server])
        {
            _detector.Scope.Face(side);
            _session!.Close(side);
            _sides[(int)side].Restart();
        }
        _detector.Scope.IsFlush = false;
        var successor = _session!.Successor;
        _session.Clear();
        (_session, OriginalApp, App) = (null, App, ++_handOvers > MaxHandOvers ? AppProtocol.Failed : AppProtocol.Unknown);
        _detector.Scope.Facts.App = App;
        _detector.Scope.Face(from);
        if (App == AppProtocol.Failed) _detector.Recognised(App);
        else if (successor != AppProtocol.Unknown && Array.FindIndex(Protocols.All, protocol => protocol.App == successor) is var index && (_excluded >> index & 1) == 0) OpenAnnounced(index);
        _sides[(int)from].Understood -= rest.Length;
        if (rest.IsEmpty || App == AppProtocol.Failed) return;
        if (_session is not null) DeliverUnderstood(from, rest);
        else Identify(from, rest, _options.Streams is not null);
    }

    /// <summary>What a side begins with may be another protocol's than what its peer speaks.</summary>
    private void Compare(Side from, ReadOnlySpan<byte> bytes)
    {
        _sides[(int)from].IsCompared = true;
        var (isUnclear, speaks) = (false, AppProtocol.Unknown);
        foreach (var protocol in Protocols.All)
        {
            var answer = Recognise(protocol, from, bytes);
            isUnclear |= answer == Wire.Detection.Incomplete && _options.Streams is null;
            if (protocol.App == App && answer != Wire.Detection.No) return;
            if (answer == Wire.Detection.Yes) speaks = protocol.App;
        }
        if (speaks != AppProtocol.Unknown) Mismatch = (speaks, from);
        else if (!isUnclear && _options.Streams is not null) Mismatch = (AppProtocol.Failed, from);
        if (speaks != AppProtocol.Unknown) _detector.Notice("APPLAYER_MISMATCH_PROTOCOL_BOTH_DIRECTIONS");
        else if (!isUnclear) _detector.Notice("APPLAYER_DETECT_PROTOCOL_ONLY_ONE_DIRECTION");
    }
}
