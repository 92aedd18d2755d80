using System.Collections.Frozen;
using Demilune.Rules.Headers;

namespace Demilune.Inspection;

/// <summary>Counters by Suricata's names (<c>decoder.pkts</c>), for captures. Those that we count, and no others: a zero means that it did not happen.</summary>
public sealed class Counters
{
    private static readonly string[] s_known =
    [
        "decoder.pkts", "decoder.bytes", "decoder.invalid", "decoder.ipv4", "decoder.ipv6", "decoder.ethernet", "decoder.arp", "decoder.unknown_ethertype",
        "decoder.tcp", "decoder.udp", "decoder.sctp", "decoder.esp", "decoder.icmpv4", "decoder.icmpv6", "decoder.gre", "decoder.vlan", "decoder.vlan_qinq",
        "decoder.vlan_qinqinq", "decoder.vxlan", "decoder.geneve", "decoder.erspan", "decoder.teredo", "decoder.chdlc", "decoder.raw", "decoder.null", "decoder.sll", "decoder.ppp", "decoder.pppoe",
        "decoder.ieee8021ah", "decoder.vntag", "decoder.nsh", "decoder.mpls", "decoder.ipv4_in_ipv6", "decoder.ipv6_in_ipv6", "decoder.avg_pkt_size", "decoder.max_pkt_size",
        "defrag.ipv4.fragments", "defrag.ipv4.reassembled", "defrag.ipv6.fragments", "defrag.ipv6.reassembled",
        "tcp.syn", "tcp.synack", "tcp.rst", "tcp.urg", "tcp.sessions", "tcp.midstream_pickups", "tcp.pseudo", "tcp.invalid_checksum", "tcp.reassembly_gap",
        "tcp.stream_depth_reached", "tcp.overlap_diff_data", "tcp.segment_memcap_drop", "tcp.urgent_oob_data",
        "flow.total", "flow.tcp", "flow.udp", "flow.icmpv4", "flow.icmpv6", "flow.tcp_reuse",
        "flow.end.state.new", "flow.end.state.established", "flow.end.state.closed", "flow.end.state.local_bypassed",
        "flow.end.tcp_state.none", "flow.end.tcp_state.syn_sent", "flow.end.tcp_state.syn_recv", "flow.end.tcp_state.established", "flow.end.tcp_state.fin_wait1",
        "flow.end.tcp_state.fin_wait2", "flow.end.tcp_state.time_wait", "flow.end.tcp_state.last_ack", "flow.end.tcp_state.close_wait",
        "flow.end.tcp_state.closing", "flow.end.tcp_state.closed",
        "flow_bypassed.local_pkts", "flow_bypassed.local_bytes", "flow_bypassed.closed",
        "detect.alert", "detect.alert_queue_overflow", "detect.alerts_suppressed",
    ];

    private static readonly string[] s_inline =
    [
        "ips.accepted", "ips.blocked", "ips.rejected",
        "ips.drop_reason.decode_error", "ips.drop_reason.defrag_error", "ips.drop_reason.flow_memcap", "ips.drop_reason.flow_drop", "ips.drop_reason.applayer_error",
        "ips.drop_reason.rules", "ips.drop_reason.stream_error", "ips.drop_reason.stream_memcap", "ips.drop_reason.stream_midstream",
        "ips.drop_reason.stream_reassembly", "ips.drop_reason.stream_urgent",
    ];

    /// <summary>What may go wrong with a parser.</summary>
    private static readonly string[] s_errors = ["gap", "alloc", "parser", "internal"];

    private static readonly string[] s_ofParsers =
    [
        .. Sessions.Protocols.All.SelectMany(static protocol => (string[])[
            .. protocol.OfStream is null ? (string[])[] : s_errors.Select(kind => ErrorOf(protocol.App, kind, isTcp: true)),
            .. protocol.OfDatagram is null ? (string[])[] : s_errors.Select(kind => ErrorOf(protocol.App, kind, isTcp: false)),
        ]).Distinct(),
    ];

    internal static string ErrorOf(AppProtocol app, string kind, bool isTcp)
    {
        var isOfBoth = app is AppProtocol.Dns or AppProtocol.DceRpc or AppProtocol.Nfs or AppProtocol.Kerberos or AppProtocol.Enip or AppProtocol.Sip or AppProtocol.Ldap;
        return $"app_layer.error.{ProtocolMatch.NameOf(app)}{(isOfBoth ? isTcp ? "_tcp" : "_udp" : "")}.{kind}";
    }

    /// <summary>What is reported of every capture, also as zero.</summary>
    private static readonly string[] s_always = [.. s_known.Concat(s_ofParsers).Distinct()];

    private static readonly FrozenDictionary<string, int> s_numbers =
        s_always.Concat(s_inline).Select((name, number) => (name, number)).ToFrozenDictionary(pair => pair.name, pair => pair.number, StringComparer.Ordinal);

    private readonly bool _inline;
    private readonly long[] _values = new long[s_always.Length + s_inline.Length];

    /// <summary>Those that have no number, because they come up once in a flow at most.</summary>
    private readonly Dictionary<string, long> _others = new(StringComparer.Ordinal);

    internal Counters(bool inline) => _inline = inline;

    /// <summary>0 if nothing was ever counted under the name.</summary>
    public long this[string name] => s_numbers.TryGetValue(name, out var number) ? _values[number] : _others.GetValueOrDefault(name);

    /// <summary>All of them.</summary>
    public IEnumerable<KeyValuePair<string, long>> All =>
        s_always.Concat(_inline ? s_inline : []).Select(name => KeyValuePair.Create(name, _values[s_numbers[name]])).Concat(_others).OrderBy(pair => pair.Key, StringComparer.Ordinal);

    /// <summary>For what is counted with each packet: the name is looked up once.</summary>
    internal static int NumberOf(string name) => s_numbers[name];

    internal ref long this[int number] => ref _values[number];

    internal void Add(string name, long count = 1)
    {
        if (s_numbers.TryGetValue(name, out var number)) _values[number] += count;
        else _others[name] = _others.GetValueOrDefault(name) + count;
    }

    public void Set(string name, long value)
    {
        if (s_numbers.TryGetValue(name, out var number)) _values[number] = value;
        else _others[name] = value;
    }
}
