using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Flows;
using Demilune.Inspection.Frames;
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
    private void CountFrame(in Frame frame)
    {
        if (Statistics.Counters is not { } counters) return;
        counters.Add("decoder.pkts");
        counters.Add("decoder.bytes", frame.Bytes.Length);
        counters.Set("decoder.max_pkt_size", Math.Max(counters["decoder.max_pkt_size"], frame.Bytes.Length));
        counters.Set("decoder.avg_pkt_size", counters["decoder.bytes"] / counters["decoder.pkts"]);
    }

    private void CountPacket(scoped ref DecodedPacket packet)
    {
        if (Statistics.Counters is not { } counters) return;
        if (packet.EthernetOffset >= 0) counters.Add("decoder.ethernet");
        if (packet.IsInvalid) counters.Add("decoder.invalid");
        switch (packet.Vlans.Count)
        {
            case 1: counters.Add("decoder.vlan"); break;
            case 2: counters.Add("decoder.vlan_qinq"); break;
            case > 2: counters.Add("decoder.vlan_qinqinq"); break;
        }
        if (packet.Inner != PacketKind.None && TunnelName(packet.InnerSource) is { } tunnel) counters.Add(tunnel);
        var events = packet.Events;
        for (var i = 0; i < events.Count; i++) counters.Add($"decoder.event.{DecodeEventNames.Of(events[i])["decoder.".Length..]}");
        if (packet.Inner == PacketKind.Arp) counters.Add("decoder.arp");
        if (!packet.HasIp)
        {
            if (!packet.IsInvalid && packet.Inner == PacketKind.None) counters.Add("decoder.unknown_ethertype");
            return;
        }
        counters.Add(packet.Ip.IsV6 ? "decoder.ipv6" : "decoder.ipv4");
        if (!packet.HasTransport) return;
        if (TransportName(packet.Protocol) is { } name) counters.Add($"decoder.{name}");
    }

    private static string? TransportName(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.Icmp => "icmpv4",
        IpProtocol.Icmpv6 => "icmpv6",
        IpProtocol.Sctp => "sctp",
        IpProtocol.Esp => "esp",
        _ => null,
    };

    private static string? TunnelName(PacketSource source) => EveNames.Of(source) switch
    {
        "gre tunnel" => "decoder.gre",
        "vxlan encapsulation" => "decoder.vxlan",
        "geneve encapsulation" => "decoder.geneve",
        "erspan encapsulation" or "erspan type I" or "erspan type II" => "decoder.erspan",
        "teredo tunnel" => "decoder.teredo",
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
            counters.Add("ips.accepted");
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
        { Phase: TcpPhase.Closed } => "closed",
        { Phase: >= TcpPhase.Established } => "established",
        null when flow.IsAnswered => "established",
        _ => "new",
    };
}
