using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Flows;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Streams;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Decoding;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection;

/// <summary>Captures: each packet takes the way that it takes through Suricata.</summary>
public sealed partial class Inspector
{
    private Verdict Observe(in Frame frame, scoped ref DecodedPacket packet, int tag, InspectionPolicy policy, bool isLeftOut)
    {
        var flow = FindFlow(in frame, ref packet, tag, policy, out var from, out var refused);
        if (flow is null)
        {
            if (refused.Frame == FrameVerdict.Forward) return JudgeAlone(ref packet, policy);
            TellEvents(ref packet);
            return refused;
        }
        Count(flow, from, ref packet);
        var isTcp = packet.Protocol == IpProtocol.Tcp && packet.HasTransport;
        if (isTcp) flow.Connection ??= new(_pool);
        _scope.Enter(flow, from, Options.Streams!.Enforces);
        _scope.IsFirstOfSide = flow.Packets[(int)from] == 1;
        _detector.Use(flow.Policy.Rules);
        var payload = packet.HasTransport ? packet.Transport[packet.TransportHeaderLength..] : default;
        Statistics.BytesInspected += payload.Length;
        TellEvents(ref packet);
        if (flow.IsReleased)
        {
            Statistics.Counters?.Add("flow_bypassed.local_pkts");
            Statistics.Counters?.Add("flow_bypassed.local_bytes", packet.Bytes.Length);
            CountVerdict(DropReason.None, isRejected: false);
            return Verdict.Release;
        }
        if (flow.IsBlocked && _scope.Enforces) return EndPacket(flow, DropReason.FlowBlocked, 0);

        var (reason, isAdded, isHeard) = (DropReason.None, false, !isLeftOut);
        if (isTcp)
        {
            if (flow.Session is null && !payload.IsEmpty) flow.Session = OpenSession(flow, isDatagram: false);
            CountSegment(packet.Tcp, isHeard);
            var before = flow.Connection!.Phase;
            if (isHeard) reason = Follow(flow, ref from, packet.Tcp);
            CountStream(before, flow.Connection);
            _scope.IsStep = before != flow.Connection.Phase;
            isAdded = isHeard && _tracker!.IsAdded;
        }
        else if (packet.Protocol == IpProtocol.Udp && packet.HasTransport && !payload.IsEmpty)
        {
            flow.Session ??= OpenSession(flow, isDatagram: true);
            flow.Session.DeliverDatagram(from, payload);
            from = _scope.From;
        }
        if (_scope.ParserFailed && reason == DropReason.None) reason = Apply(flow, Options.Streams!.ParserPolicy, DropReason.ParserLimit);
        if (flow.IsPassed || flow.IsRefused || _scope.SkipsRules)
        {
            foreach (var waiting in flow.Waiting) waiting?.Clear();
            _detector.Conclude(new() { Bytes = packet.Bytes });
            return EndPacket(flow, reason, 0);
        }
        if (isTcp && isHeard && _tracker!.Rewritten >= 0) payload = Rewrite(ref packet, payload, flow.Connection![from], _tracker.Rewritten);
        // Of a packet that does not fit only the events are asked for.
        if (reason != DropReason.None) payload = default;
        long start = 0;
        var stream = isHeard && isTcp && reason == DropReason.None && flow.Connection!.Phase != TcpPhase.None
            ? _tracker!.Raw(flow.Connection, from, packet.Tcp.Sequence, payload, isEnd: false, out start) : default;
        _detector.InspectObserved(BuffersOf(ref packet, flow.Session?.Message(from)) with { Payload = payload }, stream, start, isAdded);
        var isDropped = _detector.Conclude(new() { Bytes = packet.Bytes, Payload = payload, Stream = stream, Dropped = reason });
        if (isDropped && _scope.Enforces && reason == DropReason.None) reason = DropReason.Rules;
        return EndPacket(flow, reason, stream.IsEmpty ? 0 : start + stream.Length);
    }

    /// <summary>In the wire a retransmission that says something else is made to say what it said first.</summary>
    private ReadOnlySpan<byte> Rewrite(scoped ref DecodedPacket packet, ReadOnlySpan<byte> payload, TcpEndpoint sender, long place)
    {
        var first = sender.Bytes.From(place, out _);
        if (first.Length < payload.Length || !packet.Bytes.Overlaps(payload, out var offset)) return payload;
        first = first[..payload.Length];
        _scope.Rewrite(offset, first, offset - packet.TransportHeaderLength, packet.Ip);
        return first;
    }

    /// <summary>Gives a segment to its connection.</summary>
    private DropReason Follow(Flow flow, ref Side from, TcpView tcp)
    {
        var tracker = _tracker!;
        var fits = tracker.Accept(flow, from, tcp);
        from = _scope.From;     // who seemed to be the client may be the server
        if (tracker.TakesUrgent) Statistics.Counters?.Add("tcp.urgent_oob_data");
        if (tracker.DropsUrgent && _scope.Enforces) return DropReason.StreamUrgent;
        var reason = Apply(flow, tracker.Exception, flow.Connection!.Phase == TcpPhase.None || flow.Connection.IsPickedUp ? DropReason.MidStream : DropReason.StreamMemory);
        if (reason == DropReason.None && !fits && _scope.Enforces && Options.Streams!.DropInvalid) reason = DropReason.StreamState;
        return reason;
    }

    /// <summary>What could not be judged as usual is judged as the configuration says.</summary>
    private DropReason Apply(Flow flow, ExceptionPolicy policy, DropReason reason)
    {
        switch (policy)
        {
            case ExceptionPolicy.PassFlow:
                flow.IsPassed = true;
                return DropReason.None;
            case ExceptionPolicy.PassPacket:
                _scope.SkipsRules = true;
                return DropReason.None;
            case ExceptionPolicy.Bypass:
                (flow.IsPassed, flow.IsReleased) = (true, true);
                return DropReason.None;
            case ExceptionPolicy.DropPacket:
                _scope.SkipsRules = true;
                return _scope.Enforces ? reason : DropReason.None;
            case ExceptionPolicy.DropFlow or ExceptionPolicy.Reject:
                _scope.SkipsRules = true;
                flow.IsBlocked = _scope.Enforces;
                return _scope.Enforces ? reason : DropReason.None;
            default:
                return DropReason.None;
        }
    }

    private Verdict EndPacket(Flow flow, DropReason reason, long inspected)
    {
        CountVerdict(reason, reason == DropReason.Rules && _detector.Rejected != RuleAction.Alert);
        _detector.TellStreamEvents();
        if (flow.Connection is { } connection)
        {
            if (Options.TellsSegments) TellSegment(connection, reason);
            _tracker!.Release(connection, _scope.From, inspected);
            var isDeep = connection[Side.Client].IsDeep || connection[Side.Server].IsDeep;
            if (Options.Streams!.Bypass && isDeep) _scope.Releases = true;
        }
        if (_scope.Releases) flow.IsReleased = true;
        _flows.Touch(flow, PhaseOf(flow), _scope.Now);
        if (reason == DropReason.None) return Verdict.Forward;
        return flow.IsBlocked ? Verdict.Block(reason) : Verdict.Drop(reason);
    }

    private void TellSegment(TcpConnection connection, DropReason reason)
    {
        var context = _scope.Context();
        _scope.Events.Segment(new(in context, connection) { Facts = _scope.Facts, Length = _scope.IpLength, Reason = reason, Oddities = _scope.StreamEvents, IsStep = _scope.IsStep });
    }

    /// <summary>The ports are used for another connection: this one is nearly over, or was never followed.</summary>
    private bool BeginsAnew(Flow flow, Side from, TcpView tcp)
    {
        if (tcp.Has(TcpFlags.Rst | TcpFlags.Fin) || !tcp.Has(TcpFlags.Syn)) return false;
        var connection = flow.Connection;
        var isAnswer = tcp.Has(TcpFlags.Ack);
        if (isAnswer && !Options.Streams!.MidStream && !Options.Streams.OneSided) return false;
        if (connection is null || connection.Phase == TcpPhase.None) return !isAnswer || from == Side.Client;
        if (!isAnswer && from == Side.Client && connection.IgnoredFastOpen) return true;
        if (isAnswer == (from == Side.Server) && connection[from].Initial == tcp.Sequence) return false;
        return connection.Phase >= TcpPhase.LastAck;
    }

    /// <summary>What was never acknowledged, and rules that waited for a packet that never came.</summary>
    private void FinishObserved(Flow flow, long now, IEventSink events)
    {
        foreach (var side in (ReadOnlySpan<Side>)[Side.Client, Side.Server])
        {
            var hasFiles = flow.Files[(int)side] is { Count: > 0 };
            if (flow.IsReleased && !hasFiles) continue;
            var isUnfinished = hasFiles || flow.Waiting[(int)side] is { Count: > 0 } || (flow.Connection is { } open && TcpTracker.IsUnfinished(open, side));
            if (!isUnfinished) continue;
            if (flow.Connection is not null) Statistics.Counters?.Add("tcp.pseudo");
            _scope.Begin(events, now);
            _scope.Facts.IpProtocol = flow.Protocol;
            _scope.Facts.IsIpv6 = !flow.Client.IsV4;
            _scope.Enter(flow, side, inline: false);
            (_scope.IsFlowEnd, _scope.IsFirstOfSide) = (true, false);
            _detector.Use(flow.Policy.Rules);
            ReadOnlySpan<byte> stream = default;
            long start = 0;
            if (!flow.IsReleased && flow.Connection is { Phase: not TcpPhase.None } connection)
            {
                _tracker!.Finish(flow, side);
                if (!flow.IsPassed && !flow.IsBlocked && !flow.IsRefused) stream = _tracker.Raw(connection, side, 0, default, isEnd: true, out start);
            }
            if (flow.IsPassed || flow.IsBlocked || flow.IsRefused)
            {
                _detector.TellFiles();
                continue;
            }
            _detector.InspectObserved(new DetectionBuffers { Message = flow.Session?.Message(side), Protocol = flow.Protocol, IsV6 = !flow.Client.IsV4 }, stream, start, isAdded: true);
            _detector.Conclude(new() { Stream = stream });
            _detector.TellStreamEvents();
        }
    }
}
