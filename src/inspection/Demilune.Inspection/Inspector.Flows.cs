using System.Buffers.Binary;
using Demilune.Inspection.Events;
using Demilune.Inspection.Flows;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Headers;
using Demilune.Wire.Decoding;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection;

public sealed partial class Inspector
{
    /// <summary>The packet's flow; a new one if need be.</summary>
    /// <param name="refused">The verdict if there is none and there will be none.</param>
    private Flow? FindFlow(in Frame frame, scoped ref DecodedPacket packet, int tag, InspectionPolicy policy, out Side from, out Verdict refused)
    {
        ref readonly var facts = ref _scope.Facts;
        var tcp = packet.Tcp;
        var protocol = packet.Protocol;
        var (source, destination) = (new IpAddress(facts.Source), new IpAddress(facts.Destination));
        var (sourcePort, destinationPort) = (facts.SourcePort, facts.DestinationPort);
        var around = (ulong)_scope.Origin.Depth << 56 | (Options.SeparateVlans ? _scope.Origin.Vlans.Key : 0);
        // A question and its answer are one flow; ICMP has types where others have ports. ESP's number is the receiver's, for its own direction.
        var (keyPort, otherKeyPort) = protocol switch
        {
            IpProtocol.Icmp => (facts.IcmpType, IcmpPairs.AnswerTo(facts.IcmpType)),
            IpProtocol.Icmpv6 => ((ushort)(facts.IcmpType | facts.IcmpCode << 8), IcmpPairs.AnswerToV6(facts.IcmpType)),
            _ => (sourcePort, destinationPort),
        };
        if (protocol == IpProtocol.Esp && source.Value > destination.Value) around |= 1UL << 55;
        var key = FlowKey.Of(source, keyPort, destination, otherKeyPort, protocol, frame.Network, around);
        var isTcp = protocol == IpProtocol.Tcp;
        refused = default;
        if (_flows.Find(in key) is { } flow)
        {
            from = flow.Client == source && flow.ClientPort == sourcePort && IsSameQuestion(flow, protocol, facts.IcmpType) ? Side.Client : Side.Server;
            if (Options.Streams is not null)
            {
                var hasEnded = Options.Streams.Timeouts.HasEnded(flow, _scope.Now);
                if (!hasEnded && (!isTcp || !BeginsAnew(flow, from, tcp))) return flow;
                MakeWay(flow, hasEnded ? FlowEnd.Timeout : FlowEnd.Replaced, in facts);
                if (!hasEnded) Statistics.Counters?.Add("flow.tcp_reuse");
                return NewFlow(in frame, in key, isAnswer: false, isTcp, tag, policy, out from, out refused);
            }
            if (!IsReplaced(flow, from, in frame, tcp, isTcp)) return flow;
            var rival = flow.RivalSyn;
            MakeWay(flow, FlowEnd.Replaced, in facts);
            var next = NewFlow(in frame, in key, isTcp && tcp.Has(TcpFlags.Syn) && tcp.Has(TcpFlags.Ack), isTcp, tag, policy, out from, out refused);
            if (next is not null && rival is { } syn && from == Side.Server)
            {
                // The SYN that the server now answers went by while the old connection was still believed in.
                next[Side.Client].Begin(syn + 1, _pool);
                next.TcpState = TcpState.SynSent;
            }
            return next;
        }
        if (protocol == IpProtocol.Icmp && IcmpPairs.IsError(facts.IcmpType))
        {
            // An error belongs to what it is about; there is no talk of its own.
            if (facts.IcmpType == IcmpPairs.Unreachable) CountForQuoted(in frame, ref packet, around);
            (from, refused) = (Side.Client, Verdict.Forward);
            return null;
        }
        if (Options.Streams is not null) return NewFlow(in frame, in key, isAnswer: false, isTcp, tag, policy, out from, out refused);
        if (isTcp && (!tcp.Has(TcpFlags.Syn) || tcp.Has(TcpFlags.Ack)))
        {
            from = Side.Client;
            if (tcp.Has(TcpFlags.Rst))
            {
                refused = Verdict.Forward;      // the end of something that is not known any more
                return null;
            }
            if (Options.MidStream != MidStreamPolicy.Inspect)
            {
                return AddMidStream(NewFlow(in frame, in key, tcp.Has(TcpFlags.Syn), isTcp, tag, policy, out from, out refused), out refused);
            }
        }
        return NewFlow(in frame, in key, isTcp && tcp.Has(TcpFlags.Syn) && tcp.Has(TcpFlags.Ack), isTcp, tag, policy, out from, out refused);
    }

    /// <summary>A packet could not be delivered: the one that tells so is counted with the flow it quotes.</summary>
    private void CountForQuoted(in Frame frame, scoped ref DecodedPacket packet, ulong around)
    {
        var quoted = packet.Icmp.Payload;
        if (quoted.Length < 24 || quoted[0] >> 4 != 4 || quoted[9] is not (IpProtocol.Tcp or IpProtocol.Udp)) return;
        var (source, destination) = (IpAddress.FromV4(quoted[12..16]), IpAddress.FromV4(quoted[16..20]));
        var (sourcePort, destinationPort) = (BinaryPrimitives.ReadUInt16BigEndian(quoted[20..]), BinaryPrimitives.ReadUInt16BigEndian(quoted[22..]));
        if (_flows.Find(FlowKey.Of(source, sourcePort, destination, destinationPort, quoted[9], frame.Network, around)) is not { } flow) return;
        var from = packet.Ip.Source == flow.Client ? Side.Client : Side.Server;
        flow.Packets[(int)from]++;
        flow.Bytes[(int)from] += packet.Bytes.Length;
    }

    private static bool IsSameQuestion(Flow flow, byte protocol, byte icmpType) => protocol is not (IpProtocol.Icmp or IpProtocol.Icmpv6) || flow.Icmp.Type == icmpType;

    /// <summary>Ends another flow while a packet is at hand.</summary>
    private void MakeWay(Flow other, FlowEnd end, in PacketFacts facts)
    {
        var (kept, origin, length, number) = (facts, _scope.Origin, _scope.PacketLength, _scope.Number);     // they are the scope's own, which is used for the other flow now
        EndFlow(other, end, _scope.Now, _scope.Events);
        _scope.Resume(in kept, in origin, length, number);
    }

    private Flow? AddMidStream(Flow? flow, out Verdict refused)
    {
        refused = Verdict.Drop(DropReason.FlowTableFull);
        if (flow is null) return null;
        flow.TcpState = TcpState.Closed;        // whoever connects anew on these addresses is judged as ever
        var mayDrop = Options.MidStream == MidStreamPolicy.Drop && flow.Policy.Prevent;
        flow.IsUntracked = Options.MidStream == MidStreamPolicy.Packets;
        flow.IsPassed = Options.MidStream == MidStreamPolicy.Pass;
        flow.IsBlocked = mayDrop;
        flow.IsReleased = !flow.IsUntracked && !mayDrop;
        if (!mayDrop) return flow;
        refused = Verdict.Block(DropReason.MidStream);
        return null;
    }

    private static bool IsReplaced(Flow flow, Side from, in Frame frame, TcpView tcp, bool isTcp)
    {
        if (frame.FlowId != 0 && flow.Epoch != frame.Epoch) return true;
        if (!isTcp || !tcp.Has(TcpFlags.Syn)) return false;
        if (!tcp.Has(TcpFlags.Ack)) return flow.TcpState == TcpState.Closed || (flow.IsReleased && from == Side.Client);
        return from == Side.Server && flow.RivalSyn is { } syn && tcp.Acknowledgment == syn + 1;
    }

    private Flow? NewFlow(
        in Frame frame, in FlowKey key, bool isAnswer, bool isTcp, int tag, InspectionPolicy policy, out Side from, out Verdict refused)
    {
        ref readonly var facts = ref _scope.Facts;
        refused = default;
        from = isAnswer || (frame.FlowId != 0 && frame.Arrival == Interface.Out) ? Side.Server : Side.Client;
        if (_flows.IsFull)
        {
            if (_flows.Candidate() is not { } victim)
            {
                refused = policy.Prevent ? Verdict.Drop(DropReason.FlowTableFull) : Verdict.Forward;
                return null;
            }
            Statistics.FlowsEvicted++;
            MakeWay(victim, FlowEnd.Evicted, in facts);
        }
        Statistics.FlowsSeen++;
        Statistics.Counters?.Add("flow.total");
        if (Statistics.Counters is not null && TransportName(facts.IpProtocol) is { } transport) Statistics.Counters.Add($"flow.{transport}");
        var flow = _flows.Add(in key, isTcp ? FlowPhase.Embryonic : FlowPhase.Datagram, _scope.Now);
        var (source, destination) = (new IpAddress(facts.Source), new IpAddress(facts.Destination));
        (flow.Client, flow.Server) = from == Side.Client ? (source, destination) : (destination, source);
        (flow.ClientPort, flow.ServerPort) = from == Side.Client ? (facts.SourcePort, facts.DestinationPort) : (facts.DestinationPort, facts.SourcePort);
        (flow.Id, flow.Policy, flow.Network, flow.Tag, flow.Epoch, flow.Protocol) = (_nextFlowId++, policy, frame.Network, tag, frame.Epoch, facts.IpProtocol);
        for (var member = 0; member < policy.Count; member++) policy[member].Counters.CountFlow(policy[member].IsShadow);
        (flow.Vlans, flow.Depth, flow.Icmp) = (_scope.Origin.Vlans, _scope.Origin.Depth, (facts.IcmpType, facts.IcmpCode));
        return flow;
    }

    private void EndFlow(Flow flow, FlowEnd end, long now, IEventSink events)
    {
        if (Options.Streams is not null) FinishObserved(flow, now, events);
        _scope.Begin(events, now);
        _scope.BeginPacket(new PacketOrigin { Vlans = flow.Vlans, Depth = flow.Depth });
        (_scope.Facts.IcmpType, _scope.Facts.IcmpCode) = flow.Icmp;
        _scope.Facts.IpProtocol = flow.Protocol;
        _scope.Facts.IsIpv6 = !flow.Client.IsV4;
        _scope.Enter(flow, Side.Client, inline: false);     // nothing is left to drop
        _detector.Use(flow.Policy.Rules);
        if (flow.Session is { } session)
        {
            foreach (var side in (ReadOnlySpan<Side>)[Side.Client, Side.Server])
            {
                if (flow[side].IsClosed || (flow.IsBlocked && Options.Streams is null) || flow.Connection?[side].IsClosed == true) continue;
                _scope.Face(side);
                session.Close(side);
            }
            foreach (var side in (ReadOnlySpan<Side>)[Side.Client, Side.Server])
            {
                _scope.Face(side);
                _detector.TellFiles();
            }
        }
        if (Options.LogFlows || flow.Policy.HasShadow)
        {
            _scope.Face(Side.Client);
            var context = _scope.Context();
            events.Flow(new(in context, end, flow.IsBlocked || flow.IsRefused, flow.HasAlerted, flow.LastSeen)
            {
                Passed = flow.IsPassed,
                Released = flow.IsReleased,
                IsAnswered = flow.IsAnswered,
                IcmpAnswer = flow.IcmpAnswer,
                Ethernet = flow.Ethernet,
                TtlToServer = flow.Ttl[0],
                TtlToClient = flow.Ttl[1],
                Tcp = flow.Connection is { } connection ? new(connection) : null,
            });
        }
        CountFlow(flow);
        CloseSession(flow);
        flow.Clear(_pool);
        _flows.Remove(flow);
    }
}
