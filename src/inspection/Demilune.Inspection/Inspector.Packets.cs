using System.Buffers.Binary;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Flows;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Sessions;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Compile;
using Demilune.Wire;
using Demilune.Wire.Ethernet;
using Demilune.Wire.Icmp;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;
using Demilune.Wire.Udp;

namespace Demilune.Inspection;

public sealed partial class Inspector
{
    /// <summary>A packet, whole, with the transport that its header or its extension headers name.</summary>
    private Verdict JudgePacket(
        in Frame frame, in EthernetView ethernet, in IpView ip, ReadOnlySpan<byte> payload, int tag, InspectionPolicy policy, FrameQueue inject)
    {
        var protocol = ip.Protocol;
        if (ip.IsV6 && !IpView.TrySkipExtensions(ref protocol, ref payload)) return Verdict.Drop(DropReason.Malformed);
        DescribeAddresses(in ip);
        ref var facts = ref _scope.Facts;
        facts.IpProtocol = protocol;
        var headerLength = 0;
        TcpView tcp = default;
        switch (protocol)
        {
            case IpProtocol.Tcp:
                if (!TcpView.TryView(payload, out tcp)) return Verdict.Drop(DropReason.Malformed);
                headerLength = tcp.HeaderLength;
                (facts.SourcePort, facts.DestinationPort) = (tcp.SourcePort, tcp.DestinationPort);
                (facts.TcpFlags, facts.TcpWindow) = ((byte)tcp.Flags, tcp.Window);
                (facts.TcpSequence, facts.TcpAcknowledgment) = (tcp.Sequence, tcp.Acknowledgment);
                break;
            case IpProtocol.Udp:
                if (!UdpView.TryView(payload, out var udp)) return Verdict.Drop(DropReason.Malformed);
                headerLength = UdpView.HeaderLength;
                (facts.SourcePort, facts.DestinationPort) = (udp.SourcePort, udp.DestinationPort);
                payload = udp.Datagram;
                break;
            case IpProtocol.Icmp or IpProtocol.Icmpv6:
                if (!IcmpView.TryView(payload, out var icmp)) return Verdict.Drop(DropReason.Malformed);
                headerLength = IcmpView.HeaderLength;
                (facts.IcmpType, facts.IcmpCode, facts.IcmpId, facts.IcmpSequence) = (icmp.Type, icmp.Code, icmp.Id, icmp.SequenceNumber);
                break;
        }
        facts.PayloadLength = payload.Length - headerLength;
        if (IsLeftOut(in frame, in ip, protocol, payload)) return Verdict.Drop(DropReason.Checksum);

        var flow = FindFlow(in frame, tcp, protocol, tag, policy, out var from, out var refused);
        if (flow is null) return refused;
        Count(flow, from, ip.Packet.Length);
        if (flow.IsBlocked && Options.Inline) return Verdict.Block(DropReason.FlowBlocked);
        if (flow.IsReleased) return Verdict.Release;

        _scope.Enter(flow, from, Options.Inline);
        _detector.Use(flow.Policy.Rules);
        Statistics.BytesInspected += facts.PayloadLength;
        var delivered = flow[from].Next;
        if (protocol == IpProtocol.Udp && facts.PayloadLength > 0)
        {
            // First, so that rules of its protocol apply to the packet as well.
            flow.Session ??= OpenSession(flow, isDatagram: true);
            flow.Session.DeliverDatagram(from, payload[headerLength..]);
        }
        _detector.InspectPacket(new DetectionBuffers
        {
            Message = protocol == IpProtocol.Udp ? flow.Session?.Message(from) : null,
            Payload = payload[headerLength..],
            IpHeader = ip.Packet[..ip.HeaderLength],
            TransportHeader = payload[..headerLength],
            Protocol = protocol,
            IsV6 = ip.IsV6,
        });
        var reason = _scope.Blocked;
        if (reason == DropReason.None && protocol == IpProtocol.Tcp && !flow.IsUntracked)
        {
            if (flow.Session is null && facts.PayloadLength > 0) flow.Session = OpenSession(flow, isDatagram: false);
            reason = _tcp.Accept(flow, from, tcp);
        }
        _flows.Touch(flow, PhaseOf(flow), _scope.Now);
        if (_scope.Blocked != DropReason.None) return Block(in frame, in ethernet, flow, from, delivered, inject);
        if (reason != DropReason.None) return Verdict.Drop(reason);
        return _scope.Releases || flow.IsPassed ? Release(flow) : Verdict.Forward;
    }

    private void DescribeAddresses(in IpView ip)
    {
        ref var facts = ref _scope.Facts;
        (facts.Source, facts.Destination) = (ip.Source.Value, ip.Destination.Value);
        (facts.IpProtocol, facts.IsIpv6, facts.Ttl, facts.Tos) = (ip.Protocol, ip.IsV6, ip.Ttl, ip.Tos);
        (facts.IpId, facts.FragmentBits, facts.FragmentOffset) = ((ushort)ip.Id, ip.FragmentBits, (ushort)ip.FragmentOffset);
    }

    private static void Count(Flow flow, Side from, int length)
    {
        flow.Packets[(int)from]++;
        flow.Bytes[(int)from] += length;
        if (from == Side.Server) flow.IsAnswered = true;
    }

    /// <summary>
    /// In the wire: what a receiver would throw away is not judged. In a capture only TCP is looked at so: captures are often taken before the
    /// network card has written checksums, and nothing is lost by judging a datagram too many.
    /// </summary>
    private bool IsLeftOut(in Frame frame, in IpView ip, byte protocol, ReadOnlySpan<byte> payload) =>
        Options.VerifyChecksums && !frame.ChecksumTrusted && (Options.Inline || protocol == IpProtocol.Tcp) && !HasValidChecksum(in ip, protocol, payload);

    private static bool HasValidChecksum(in IpView ip, byte protocol, ReadOnlySpan<byte> payload)
    {
        if (!ip.IsV6 && InternetChecksum.Of(ip.Packet[..ip.HeaderLength]) != 0) return false;
        return protocol switch
        {
            IpProtocol.Udp when !ip.IsV6 && BinaryPrimitives.ReadUInt16BigEndian(payload[6..]) == 0 => true,     // RFC 768: none was made
            IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Icmpv6 => InternetChecksum.OfTransport(ip.Source, ip.Destination, protocol, payload) == 0,
            IpProtocol.Icmp => InternetChecksum.Of(payload) == 0,
            _ => true,
        };
    }

    private static FlowPhase PhaseOf(Flow flow) => flow.Protocol != IpProtocol.Tcp ? FlowPhase.Datagram : flow.TcpState switch
    {
        TcpState.Closed => FlowPhase.Closed,
        TcpState.Established or TcpState.Closing => FlowPhase.Established,
        _ => FlowPhase.Embryonic,
    };

    private StreamSession OpenSession(Flow flow, bool isDatagram)
    {
        var session = _spareSessions.TryPop(out var spare) ? spare : new(Options, _pool, _detector);
        session.Begin(flow.Policy.Rules, isDatagram, flow.ServerPort);
        return session;
    }

    private void CloseSession(Flow flow)
    {
        if (flow.Session is not { } session) return;
        session.Clear();
        _spareSessions.Push(session);
        flow.Session = null;
    }

    private Verdict Block(in Frame frame, in EthernetView ethernet, Flow flow, Side from, uint delivered, FrameQueue inject)
    {
        if (!flow.IsBlocked) Statistics.FlowsBlocked++;
        flow.IsBlocked = true;
        if (flow.Protocol == IpProtocol.Tcp)
        {
            ResetFrames.Queue(in frame, in ethernet, flow, from, delivered, frame.Tag, inject);
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
