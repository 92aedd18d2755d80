using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Flows;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Reassembly;
using Demilune.Inspection.Sessions;
using Demilune.Inspection.Streams;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Decoding;

namespace Demilune.Inspection;

/// <summary>
/// Judges frames: flows, streams, sessions and rules of one packet thread. Not thread-safe but for <see cref="Publish"/>; knows no clock,
/// no socket and no log.
/// </summary>
public sealed partial class Inspector
{
    private readonly SegmentPool _pool;
    private readonly FlowTable _flows;
    private readonly Defragmenter _fragments;
    private readonly FrameScope _scope = new();
    private readonly Detector _detector;
    private readonly TcpReassembler _tcp;
    private readonly TcpTracker? _tracker;
    private readonly Stack<StreamSession> _spareSessions = new();
    private PolicySetSnapshot _policies = PolicySetSnapshot.Empty;
    private ulong _nextFlowId;

    public Inspector(InspectorOptions options)
    {
        Options = options;
        _pool = new(options.MaxHeld);
        _flows = new(options.MaxFlows);
        _fragments = new(options, _pool);
        _detector = new(options, Statistics, _scope);
        _tcp = new(options, _pool, _detector);
        if (options.Streams is { } streams)
        {
            _tracker = new(streams, _scope);
            Statistics.Counters = new(streams.Enforces);
        }
        // EVE readers take numbers as 53 bits: random above, counted below.
        _nextFlowId = (ulong)Random.Shared.NextInt64(1, 1L << 20) << 32;
    }

    /// <summary>Counters.</summary>
    public InspectorStatistics Statistics { get; } = new();

    /// <summary>What it was made with.</summary>
    public InspectorOptions Options { get; }

    /// <summary>Whether rules that look into this buffer can ever match here: for <see cref="Rules.Compile.RuleSetOptions.Provides"/>.</summary>
    public static bool Provides(BufferId buffer) => buffer is BufferId.Frame or
        BufferId.PacketPayload or BufferId.Stream or (>= BufferId.Base64Data and <= BufferId.AppLayerEvent) or (>= BufferId.FileData and <= BufferId.FileSha256) or (>= BufferId.Ipv4Header and <= BufferId.IpDestination) || Protocols.Provide(buffer);

    /// <summary>Whether a parser here has an event of this name: for <see cref="Rules.Compile.RuleSetOptions.Notices"/>.</summary>
    public static bool Notices(string name) => Protocols.Notice(name);

    /// <summary>Whether this protocol is recognised here: for <see cref="Rules.Compile.RuleSetOptions.Recognises"/>.</summary>
    public static bool Recognises(AppProtocol protocol) => protocol is AppProtocol.Failed or AppProtocol.Unknown || Protocols.Recognise(protocol);

    /// <summary>The number of a decoder event: for <see cref="Rules.Compile.RuleSetOptions.DecodeEvent"/>.</summary>
    public static int NumberOf(string decodeEvent) => DecodeEventNames.TryFind(decodeEvent, out var odd) ? (int)odd : -1;

    /// <summary>Replaces the policies from the next frame on. Flows keep the rules they began with. Callable from any thread.</summary>
    /// <returns>False if a newer set is already in place.</returns>
    public bool Publish(PolicySetSnapshot policies)
    {
        while (Volatile.Read(ref _policies) is var seen && (seen == PolicySetSnapshot.Empty || policies.Revision > seen.Revision))
            if (Interlocked.CompareExchange(ref _policies, policies, seen) == seen) return true;
        return false;
    }

    /// <summary>Judges one frame. The caller obeys: sends it unchanged by the other interface, or not; and sends what is in <paramref name="inject"/>.</summary>
    /// <param name="frame">As it came.</param>
    /// <param name="now">Nanoseconds since 1970, never smaller than in the call before; after <see cref="Finish"/> it may be.</param>
    /// <param name="events">Hears alerts and the like during the call.</param>
    /// <param name="inject">Takes resets.</param>
    public Verdict Inspect(in Frame frame, long now, IEventSink events, FrameQueue inject)
    {
        Statistics.Frames++;
        _scope.BeginFrame(events, now, frame.Number);
        CountFrame(in frame);
        var verdict = Judge(in frame, inject);
        if (verdict.Frame == FrameVerdict.Drop)
        {
            Statistics.FramesDropped++;
            if (verdict.Reason == DropReason.Malformed) Statistics.FramesMalformed++;
            if (!Options.Inline) verdict = verdict with { Frame = FrameVerdict.Forward };
        }
        Statistics.FlowsActive = _flows.Count;
        Statistics.BytesHeld = _pool.Rented;
        return verdict;
    }

    /// <summary>Forgets what has timed out. Call it some times a second, also when no frame comes; costs little.</summary>
    public void Tick(long now, IEventSink events)
    {
        _fragments.Tick(now);
        if (Options.Streams is not null && _flows.Count < FlowTimeouts.Few) return;
        Expire(FlowPhase.Closed, Options.ClosedTimeout);
        Expire(FlowPhase.Embryonic, Options.EmbryonicTimeout);
        Expire(FlowPhase.Datagram, Options.DatagramTimeout);
        Expire(FlowPhase.Established, Options.EstablishedTimeout);

        void Expire(FlowPhase phase, TimeSpan timeout)
        {
            while (_flows.Oldest(phase) is { } flow && now - flow.LastSeen > timeout.Ticks * 100)
                EndFlow(flow, phase == FlowPhase.Closed ? FlowEnd.Closed : FlowEnd.Timeout, now, events);
        }
    }

    /// <summary>Ends every flow, so that the last transactions are reported. For the end of a capture; another one may follow.</summary>
    public void Finish(long now, IEventSink events)
    {
        foreach (var phase in Enum.GetValues<FlowPhase>())
            while (_flows.Oldest(phase) is { } flow) EndFlow(flow, FlowEnd.Shutdown, now, events);
    }

    private Verdict Judge(in Frame frame, FrameQueue inject)
    {
        PacketDecoder.Decode(frame.Kind, frame.Bytes, Options.Tunnels, 0, out var packet);
        var tag = frame.Tag != 0 ? frame.Tag : packet.Vlans.Count > 0 ? packet.Vlans[0] : 0;
        var origin = new PacketOrigin { Vlans = packet.Vlans, Link = frame.Link };
        if (Volatile.Read(ref _policies).For(tag) is { } policy) return JudgeWhole(in frame, ref packet, in origin, 0, tag, policy, inject);
        if (!packet.HasIp && !packet.IsInvalid) return Verdict.Forward;      // address resolution and the like carry no layer 7
        _scope.BeginPacket(in origin);
        Describe(ref packet);
        return Told(Verdict.Drop(packet.IsInvalid ? DropReason.Malformed : DropReason.UnknownPolicy), packet.Bytes.Length);
    }

    private Verdict Told(Verdict verdict, int length)
    {
        if (verdict.Frame != FrameVerdict.Drop || (verdict.Reason == DropReason.FlowBlocked && Options.Streams is null)) return verdict;
        if (Options.Streams is { Enforces: false }) return verdict;      // who only looks on drops nothing
        var isFirst = true;
        if (_scope.Flow is { } flow) (isFirst, flow.DropsTold[(int)_scope.From]) = (!flow.DropsTold[(int)_scope.From], true);
        var context = _scope.Context();
        _scope.Events.Drop(new(in context, verdict.Reason, _scope.IpLength > 0 ? _scope.IpLength : length)
        {
            Facts = _scope.Facts,
            IsFirstOfSide = isFirst,
            Cause = verdict.Reason == DropReason.Rules ? _detector.Cause : null,
            Rejected = verdict.Reason == DropReason.Rules ? _detector.Rejected : RuleAction.Alert,
        });
        return verdict;
    }
}
