using System.Buffers.Binary;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Flows;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Sessions;
using Demilune.Inspection.Streams;
using Demilune.Inspection.Verdicts;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire;
using Demilune.Wire.Decoding;
using Demilune.Wire.Ethernet;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection;

public sealed partial class Inspector
{
    /// <summary>A packet, after the ones that it carries or completes.</summary>
    /// <param name="frame">That brought it.</param>
    /// <param name="packet">Decoded.</param>
    /// <param name="origin">What is around it.</param>
    /// <param name="nesting">Tunnels and datagrams around it.</param>
    /// <param name="tag">Of the policy.</param>
    /// <param name="policy">Judges.</param>
    /// <param name="inject">Takes resets.</param>
    private Verdict JudgeWhole(
        in Frame frame, scoped ref DecodedPacket packet, scoped in PacketOrigin origin, int nesting, int tag, InspectionPolicy policy, FrameQueue inject)
    {
        if (packet.IsFragment) return JudgeFragment(in frame, ref packet, in origin, nesting, tag, policy, inject);
        if (packet.Inner is PacketKind.None or PacketKind.Arp)
            return Told(JudgePacket(in frame, ref packet, in origin, tag, policy, inject), packet.Bytes.Length);
        var inner = JudgeInner(in frame, ref packet, in origin, nesting, tag, policy, inject);
        var outer = Told(JudgePacket(in frame, ref packet, in origin, tag, policy, inject), packet.Bytes.Length);
        // What is settled about a flow in a tunnel says nothing about the frames that carry it; and a tunnel is never let go: what it carries has to be seen.
        if (outer.Frame == FrameVerdict.Drop) return outer;
        return inner.Frame == FrameVerdict.Drop ? Verdict.Drop(inner.Reason) : Verdict.Forward;
    }

    private Verdict JudgeInner(
        in Frame frame, scoped ref DecodedPacket packet, scoped in PacketOrigin origin, int nesting, int tag, InspectionPolicy policy, FrameQueue inject)
    {
        PacketDecoder.Decode(packet.Inner, packet.InnerBytes, Options.Tunnels, packet.Layers, out var inner);
        var isGuess = packet.InnerSource == PacketSource.Teredo;
        if (inner.IsInvalid && (isGuess || (!inner.HasIp && inner.EthernetOffset < 0)))
        {
            CountLayers(ref inner);
            // No packet after all. What is nested deeper than we look, or cannot be read in what says it is a tunnel, does not pass.
            var isSuspect = !isGuess || inner.Events.Contains(DecodeEvent.TooManyLayers);
            return isSuspect && Options.Inline && policy.Prevent ? Verdict.Drop(DropReason.Malformed) : Verdict.Forward;
        }
        var tunnel = origin.Source == PacketSource.Wire ? EndsOf(ref packet, in origin) : origin.Tunnel;
        var around = new PacketOrigin { Vlans = inner.Vlans, Source = packet.InnerSource, Depth = origin.Depth + 1, Tunnel = tunnel, Link = LinkOfTunnels };
        return JudgeWhole(in frame, ref inner, in around, nesting + 1, tag, policy, inject);
    }

    private static TunnelEnds EndsOf(scoped ref DecodedPacket packet, scoped in PacketOrigin origin) => new()
    {
        Source = packet.Ip.Source, Destination = packet.Ip.Destination, SourcePort = packet.SourcePort, DestinationPort = packet.DestinationPort,
        Protocol = packet.Protocol, PacketSource = origin.Source,
    };

    private Verdict JudgeFragment(
        in Frame frame, scoped ref DecodedPacket packet, scoped in PacketOrigin origin, int nesting, int tag, InspectionPolicy policy, FrameQueue inject)
    {
        var enforces = Options.Inline && policy.Prevent;
        var verdict = Verdict.Forward;
        var outcome = _fragments.Add(ref packet, frame.Network, nesting, enforces, _scope.Now, out var whole, out var ipOffset);
        CountFragment(packet.Ip.IsV6, outcome);
        switch (outcome)
        {
            case FragmentOutcome.Complete:
                PacketDecoder.DecodeDatagram(whole, ipOffset, ref packet, Options.Tunnels, out var datagram);
                var around = origin with { Source = PacketSource.Defragmented, Tunnel = origin.Source == PacketSource.Wire ? EndsOf(ref packet, in origin) : origin.Tunnel };
                verdict = JudgeWhole(in frame, ref datagram, in around, nesting + 1, tag, policy, inject);
                _fragments.Settle(ref packet, frame.Network, nesting, verdict.Frame == FrameVerdict.Forward);
                break;
            case FragmentOutcome.Refused when enforces:
                verdict = Verdict.Drop(DropReason.Fragment);
                break;
        }
        var own = JudgePacket(in frame, ref packet, in origin, tag, policy, inject);
        if (verdict.Reason == DropReason.Fragment || (verdict.Frame == FrameVerdict.Forward && own.Frame == FrameVerdict.Drop))
            return Told(verdict.Frame == FrameVerdict.Drop ? verdict : own, packet.Bytes.Length);
        return verdict;
    }

    /// <summary>LINKTYPE_RAW's older number, which Suricata gives what comes out of a tunnel.</summary>
    private const int LinkOfTunnels = 12;

    private Verdict JudgePacket(
        in Frame frame, scoped ref DecodedPacket packet, scoped in PacketOrigin origin, int tag, InspectionPolicy policy, FrameQueue inject)
    {
        _scope.BeginPacket(WithEthernet(in origin, ref packet));
        if (Options.KeepsPackets) _scope.Keep(packet.Bytes);
        Describe(ref packet);
        CountPacket(ref packet);
        ref var facts = ref _scope.Facts;
        facts.IsDefragmented = origin.Source == PacketSource.Defragmented;
        var wrong = packet.HasIp && LookAtChecksums(in frame, ref packet, policy.Rules);
        if (!packet.HasFlow || (packet.IsInvalid && Options is { Inline: true, Streams: null })) return JudgeAlone(ref packet, policy);
        if (Options.Streams is not null) return Observe(in frame, ref packet, tag, policy, wrong);
        if (wrong && Options.Inline)
        {
            if (policy.Rules.AsksChecksums) JudgeAlone(ref packet, policy);
            return Verdict.Drop(DropReason.Checksum);
        }
        var flow = FindFlow(in frame, ref packet, tag, policy, out var from, out var refused);
        if (flow is null)
        {
            if (refused.Frame == FrameVerdict.Forward) return JudgeAlone(ref packet, policy);
            TellEvents(ref packet);
            return refused;
        }
        Count(flow, from, ref packet);
        if (flow.IsBlocked && Options.Inline) return Verdict.Block(DropReason.FlowBlocked);
        if (flow.IsReleased) return Verdict.Release;

        _scope.Enter(flow, from, Options.Inline);
        _detector.Use(flow.Policy.Rules);
        Statistics.BytesInspected += facts.PayloadLength;
        var delivered = flow[from].Next;
        var payload = packet.Transport[packet.TransportHeaderLength..];
        if (packet.Protocol == IpProtocol.Udp && packet.HasTransport && !payload.IsEmpty)
        {
            // First, so that rules of its protocol apply to the packet as well.
            flow.Session ??= OpenSession(flow, isDatagram: true);
            flow.Session.DeliverDatagram(from, payload);
        }
        _detector.InspectPacket(BuffersOf(ref packet, packet.Protocol == IpProtocol.Udp ? flow.Session?.Message(from) : null));
        TellEvents(ref packet);
        var reason = _scope.Blocked;
        if (reason == DropReason.None && packet.Protocol == IpProtocol.Tcp && !flow.IsUntracked && !wrong)
        {
            if (flow.Session is null && facts.PayloadLength > 0) flow.Session = OpenSession(flow, isDatagram: false);
            reason = _tcp.Accept(flow, from, packet.Tcp);
        }
        _flows.Touch(flow, PhaseOf(flow), _scope.Now);
        if (_scope.Blocked != DropReason.None) return Block(in frame, ref packet, in origin, flow, from, delivered, inject);
        if (reason != DropReason.None) return Verdict.Drop(reason);
        if (_scope.Dropped != DropReason.None) return Verdict.Drop(_scope.Dropped);
        return (_scope.Releases || flow.IsPassed) && (!flow.Policy.HasAccess || flow.Session is { IsOpaque: true }) ? Release(flow) : Verdict.Forward;
    }

    /// <summary>No flow: a fragment, a protocol that has none, no IP at all, or headers that could not be read to their end.</summary>
    private Verdict JudgeAlone(scoped ref DecodedPacket packet, InspectionPolicy policy)
    {
        if (packet.HasIp || !packet.Events.IsEmpty)
        {
            _scope.EnterAlone(policy, Options.Inline);
            _detector.Use(policy.Rules);
            // Of an odd IP packet that says no protocol Suricata asks for its oddities only.
            if (packet.HasIp && (packet.Protocol != 0 || packet.Events.IsEmpty || Options.Streams is null)) _detector.InspectPacket(BuffersOf(ref packet, null));
            else _detector.InspectUndecoded();
            if (Options.Streams is not null && _detector.Conclude(new() { Bytes = packet.Bytes, Payload = packet.Transport[packet.TransportHeaderLength..] }) && _scope.Enforces)
                _scope.Block(DropReason.Rules);
            TellEvents(ref packet);
        }
        if (_scope.Blocked != DropReason.None) return Verdict.Drop(_scope.Blocked);
        return packet.IsInvalid ? Verdict.Drop(DropReason.Malformed) : Verdict.Forward;
    }

    /// <summary>A fragment's bytes are looked at when the datagram is whole; those of a protocol that we do not know only in the wire.</summary>
    private DetectionBuffers BuffersOf(scoped ref DecodedPacket packet, IMessageBuffers? message)
    {
        var buffers = new DetectionBuffers
        {
            Message = message,
            Payload = packet.HasTransport || (Options.Streams is null && !packet.IsFragment) ? packet.Transport[packet.TransportHeaderLength..] : default,
            IpHeader = packet.Ip.Packet[..packet.Ip.HeaderLength],
            TransportHeader = packet.Transport[..packet.TransportHeaderLength],
            Protocol = packet.Protocol,
            IsV6 = packet.Ip.IsV6,
        };
        return buffers;
    }

    private void TellEvents(scoped ref DecodedPacket packet)
    {
        var events = packet.Events;
        for (var i = 0; i < events.Count; i++) _detector.Anomaly(AnomalyLayer.Decode, DecodeEventNames.Of(events[i]), isAmbiguous: false);
    }

    private static PacketOrigin WithEthernet(scoped in PacketOrigin origin, scoped ref DecodedPacket packet)
    {
        if (packet.EthernetOffset < 0) return origin;
        var header = packet.Bytes[packet.EthernetOffset..];
        return origin with
        {
            HasEthernet = true,
            EthernetDestination = BinaryPrimitives.ReadUInt64BigEndian(header) >> 16,
            EthernetSource = BinaryPrimitives.ReadUInt64BigEndian(header[4..]) & 0xffff_ffff_ffff,
        };
    }

    private void Describe(scoped ref DecodedPacket packet)
    {
        ref var facts = ref _scope.Facts;
        facts.DecodeEvents = packet.Events.Bits;
        facts.IpOptions = (ushort)packet.IpOptions;
        if (!packet.HasIp) return;
        var ip = packet.Ip;
        (facts.Source, facts.Destination) = (ip.Source.Value, ip.Destination.Value);
        (facts.IpProtocol, facts.IsIpv6, facts.Ttl, facts.Tos) = (packet.Protocol, ip.IsV6, ip.Ttl, ip.Tos);
        _scope.IpLength = ip.Packet.Length;
        (facts.IpId, facts.FragmentBits) = ((ushort)ip.Id, ip.FragmentBits);
        facts.FragmentOffset = (ushort)(ip.IsV6 ? ip.FragmentOffset : ip.FragmentOffset / 8);
        if (!packet.HasTransport) return;
        (facts.SourcePort, facts.DestinationPort) = (packet.SourcePort, packet.DestinationPort);
        facts.PayloadLength = packet.Transport.Length - packet.TransportHeaderLength;
        switch (packet.Protocol)
        {
            case IpProtocol.Tcp:
                var tcp = packet.Tcp;
                (facts.TcpFlags, facts.TcpWindow) = ((byte)tcp.Flags, tcp.Window);
                (facts.TcpSequence, facts.TcpAcknowledgment, facts.TcpUrgent) = (tcp.Sequence, tcp.Acknowledgment, tcp.Urgent);
                if (tcp.HeaderLength > TcpView.MinHeaderLength && tcp.Has(TcpFlags.Syn)) facts.TcpMaximumSegment = tcp.ReadOptions().MaximumSegment;
                break;
            case IpProtocol.Icmp or IpProtocol.Icmpv6:
                var icmp = packet.Icmp;
                (facts.IcmpType, facts.IcmpCode, facts.IcmpId, facts.IcmpSequence) = (icmp.Type, icmp.Code, icmp.Id, icmp.SequenceNumber);
                facts.HasIcmpId = ip.IsV6 ? icmp.Type is 128 or 129 : icmp.Type is 0 or 8 or (>= 13 and <= 18);
                if (ip.IsV6 && icmp is { Type: 2, Code: 0 }) facts.IcmpMtu = icmp.Mtu;
                break;
            case IpProtocol.Esp:
                (facts.SourcePort, facts.DestinationPort) = ((ushort)(packet.Spi >> 16), (ushort)packet.Spi);
                break;
        }
    }

    private void Count(Flow flow, Side from, scoped ref DecodedPacket packet)
    {
        flow.Packets[(int)from]++;
        flow.Bytes[(int)from] += packet.Bytes.Length;
        ref var ttl = ref flow.Ttl[(int)from];
        ttl = (ttl.Most == 0 ? _scope.Facts.Ttl : Math.Min(ttl.Least, _scope.Facts.Ttl), Math.Max(ttl.Most, _scope.Facts.Ttl));
        if (from == Side.Server) flow.IsAnswered = true;
        var isIcmp = packet.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        if (isIcmp && from == Side.Server) flow.IcmpAnswer = (_scope.Facts.IcmpType, _scope.Facts.IcmpCode);
        if (!Options.KeepsEthernet || !_scope.Origin.HasEthernet) return;
        var (source, destination) = (_scope.Origin.EthernetSource, _scope.Origin.EthernetDestination);
        (flow.Ethernet ??= new()).Add(from == Side.Client ? source : destination, from == Side.Client ? destination : source);
    }

    /// <summary>
    /// Puts into the facts what rules may ask, and says whether the packet's checksums are those of something that no receiver takes. In a capture only TCP
    /// is left out for it: captures are often taken before the network card has written checksums, and nothing is lost by judging a datagram too many.
    /// </summary>
    private bool LookAtChecksums(in Frame frame, scoped ref DecodedPacket packet, RuleSet rules)
    {
        ref var facts = ref _scope.Facts;
        facts.ChecksumsIgnored = frame.ChecksumTrusted;
        var mayLeaveOut = Options.VerifyChecksums && packet.HasFlow && (Options is { Inline: true, Streams: null } || packet.Protocol == IpProtocol.Tcp);
        if (frame.ChecksumTrusted || !(mayLeaveOut || rules.AsksChecksums)) return false;
        if (!packet.Ip.IsV6 && InternetChecksum.Of(packet.Ip.Packet[..packet.Ip.HeaderLength]) != 0) facts.WrongChecksums |= WrongChecksums.Ip;
        if (packet.HasTransport && !HasValidChecksum(ref packet)) facts.WrongChecksums |= WrongChecksums.Transport;
        if (!mayLeaveOut) return false;
        var isLeftOut = Options is { Inline: true, Streams: null } ? facts.WrongChecksums != WrongChecksums.None
            : packet.Protocol == IpProtocol.Tcp && (facts.WrongChecksums & WrongChecksums.Transport) != 0;
        if (isLeftOut) Statistics.WrongChecksums++;
        return isLeftOut;
    }

    private static bool HasValidChecksum(scoped ref DecodedPacket packet) => packet.Protocol switch
    {
        IpProtocol.Udp when !packet.Ip.IsV6 && BinaryPrimitives.ReadUInt16BigEndian(packet.Transport[6..]) == 0 => true,     // RFC 768: none was made
        IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Icmpv6 =>
            InternetChecksum.OfTransport(packet.Ip.Source, packet.Ip.Destination, packet.Protocol, packet.Transport) == 0,
        IpProtocol.Icmp => InternetChecksum.Of(packet.Transport) == 0,
        _ => true,
    };

    private static FlowPhase PhaseOf(Flow flow) => flow.Protocol != IpProtocol.Tcp ? FlowPhase.Datagram : flow.Connection is { } connection ? connection.Phase switch
    {
        TcpPhase.Closed or TcpPhase.LastAck or TcpPhase.TimeWait => FlowPhase.Closed,
        >= TcpPhase.Established => FlowPhase.Established,
        _ => FlowPhase.Embryonic,
    } : flow.TcpState switch
    {
        TcpState.Closed => FlowPhase.Closed,
        TcpState.Established or TcpState.Closing => FlowPhase.Established,
        _ => FlowPhase.Embryonic,
    };

    private StreamSession OpenSession(Flow flow, bool isDatagram)
    {
        var session = _spareSessions.TryPop(out var spare) ? spare : new(Options, _pool, _detector);
        session.Begin(flow.Policy.Rules, isDatagram, flow.ServerPort, flow.ClientPort);
        return session;
    }

    private void CloseSession(Flow flow)
    {
        if (flow.Session is not { } session) return;
        session.Clear();
        _spareSessions.Push(session);
        flow.Session = null;
    }

    private Verdict Block(
        in Frame frame, scoped ref DecodedPacket packet, scoped in PacketOrigin origin, Flow flow, Side from, uint delivered, FrameQueue inject)
    {
        if (!flow.IsBlocked) Statistics.FlowsBlocked++;
        flow.IsBlocked = true;
        if (flow.Protocol == IpProtocol.Tcp)
        {
            // The resets go into the same link header; what has tunnels or labels around it is dropped without.
            if (!_scope.IsSilent && origin.Depth == 0 && packet.EthernetOffset == 0 && packet.IpOffset == EthernetView.HeaderLength + 4 * packet.Vlans.Count)
                ResetFrames.Queue(in frame, packet.Bytes[..packet.IpOffset], flow, from, delivered, frame.Tag, _scope.Answer.Span, inject);
            foreach (var side in flow.Sides) side.Store.Clear(_pool);
            // The ends are reset: whoever begins anew on the same addresses is judged anew.
            flow.TcpState = TcpState.Closed;
            CloseSession(flow);
        }
        return Verdict.Block(_scope.Blocked);
    }

    private Verdict Release(Flow flow)
    {
        Statistics.FlowsReleased++;
        flow.IsReleased = true;
        CloseSession(flow);
        foreach (var side in flow.Sides) side.Store.Clear(_pool);
        return Verdict.Release;
    }
}
