using System.Numerics;
using System.Text.Json;
using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Flows;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Reassembly;
using Demilune.Inspection.Streams;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Headers;
using Demilune.Wire.Decoding;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection;

/// <summary>Captures: what Suricata's counters count.</summary>
public sealed partial class Inspector
{
    private static readonly int s_packets = Counters.NumberOf("decoder.pkts"), s_bytes = Counters.NumberOf("decoder.bytes");
    private static readonly int s_largest = Counters.NumberOf("decoder.max_pkt_size"), s_average = Counters.NumberOf("decoder.avg_pkt_size");
    private static readonly int s_accepted = Counters.NumberOf("ips.accepted");

    private void CountFrame(in Frame frame)
    {
        if (Statistics.Counters is not { } counters) return;
        counters[s_packets]++;
        counters[s_bytes] += frame.Bytes.Length;
        counters[s_largest] = Math.Max(counters[s_largest], frame.Bytes.Length);
        counters[s_average] = counters[s_bytes] / counters[s_packets];
    }

    private void CountPacket(scoped ref DecodedPacket packet)
    {
        if (Statistics.Counters is not { } counters) return;
        if (packet.IsInvalid && _scope.Origin.Source == PacketSource.Wire) counters.Add("decoder.invalid");
        CountLayers(ref packet);
        var events = packet.Events;
        for (var i = 0; i < events.Count; i++) counters.Add($"decoder.event.{DecodeEventNames.Of(events[i])["decoder.".Length..]}");
    }

    private void CountLayers(scoped ref DecodedPacket packet)
    {
        if (Statistics.Counters is not { } counters) return;
        for (var rest = (uint)packet.Seen; rest != 0; rest &= rest - 1) counters[s_layers[BitOperations.TrailingZeroCount(rest)]]++;
    }

    private void CountFragment(bool isV6, FragmentOutcome outcome)
    {
        if (Statistics.Counters is not { } counters) return;
        counters.Add(isV6 ? "defrag.ipv6.fragments" : "defrag.ipv4.fragments");
        if (outcome == FragmentOutcome.Complete) counters.Add(isV6 ? "defrag.ipv6.reassembled" : "defrag.ipv4.reassembled");
    }

    /// <summary>By the bits of <see cref="DecodedLayers"/>.</summary>
    private static readonly int[] s_layers =
        [.. Enum.GetNames<DecodedLayers>().Skip(1).Select(name => Counters.NumberOf($"decoder.{(name == nameof(DecodedLayers.Ieee8021ah) ? "ieee8021ah" : JsonNamingPolicy.SnakeCaseLower.ConvertName(name))}"))];

    /// <summary>Transports whose flows are counted one by one.</summary>
    private static string? TransportName(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.Icmp => "icmpv4",
        IpProtocol.Icmpv6 => "icmpv6",
        _ => null,
    };

    private void CountSegment(TcpView tcp, bool isHeard)
    {
        if (Statistics.Counters is not { } counters) return;
        if (!isHeard)
        {
            counters.Add("tcp.invalid_checksum");
            return;
        }
        if (tcp.Has(TcpFlags.Syn)) counters.Add(tcp.Has(TcpFlags.Ack) ? "tcp.synack" : "tcp.syn");
        if (tcp.Has(TcpFlags.Rst)) counters.Add("tcp.rst");
        if (tcp.Has(TcpFlags.Urg)) counters.Add("tcp.urg");
    }

    private void CountStream(TcpPhase before, TcpConnection connection)
    {
        if (Statistics.Counters is not { } counters) return;
        if (before == TcpPhase.None && connection.Phase != TcpPhase.None)
        {
            counters.Add("tcp.sessions");
            if (connection.IsPickedUp) counters.Add("tcp.midstream_pickups");
        }
        foreach (var happened in _scope.StreamEvents)
        {
            var name = happened switch
            {
                StreamEvent.ReassemblySeqGap => "tcp.reassembly_gap",
                StreamEvent.ReassemblyDepthReached => "tcp.stream_depth_reached",
                StreamEvent.ReassemblyOverlapDifferentData => "tcp.overlap_diff_data",
                StreamEvent.ReassemblyInsertMemcap => "tcp.segment_memcap_drop",
                _ => null,
            };
            if (name is not null) counters.Add(name);
        }
    }

    private void CountVerdict(DropReason reason, bool isRejected)
    {
        if (Statistics.Counters is not { } counters || Options.Streams is not { Enforces: true }) return;
        if (isRejected) counters.Add("ips.rejected");
        if (reason == DropReason.None)
        {
            counters[s_accepted]++;
            return;
        }
        counters.Add("ips.blocked");
        counters.Add($"ips.drop_reason.{EveNames.Of(reason).Replace(' ', '_')}");
    }

    private void CountFlow(Flow flow)
    {
        if (Statistics.Counters is not { } counters) return;
        var state = flow.IsReleased ? "local_bypassed" : StateOf(flow);
        counters.Add($"flow.end.state.{state}");
        if (flow.IsReleased) counters.Add("flow_bypassed.closed");
        if (flow.Connection is { Phase: not TcpPhase.None } connection) counters.Add($"flow.end.tcp_state.{connection.Phase.Name()}");
        if (flow.Session is not { App: not AppProtocol.Unknown and var app }) return;
        var name = app == AppProtocol.Failed ? "failed" : ProtocolMatch.NameOf(app);
        var isOfBoth = name is "failed" or "dns" or "dcerpc" or "nfs" or "krb5";
        counters.Add($"app_layer.flow.{name}{(isOfBoth ? flow.Protocol == IpProtocol.Tcp ? "_tcp" : "_udp" : "")}");
    }

    /// <summary>As EVE's <c>flow.state</c>, bypassing aside.</summary>
    private static string StateOf(Flow flow) => flow.Connection switch
    {
        { } connection when connection.Phase.IsOver() => "closed",
        { Phase: >= TcpPhase.Established } => "established",
        null when flow.IsAnswered => "established",
        _ => "new",
    };
}
