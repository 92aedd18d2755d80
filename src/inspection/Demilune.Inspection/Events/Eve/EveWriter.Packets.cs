using System.Text.Json;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Events.Eve;

/// <summary>What records tell of a packet and of what became of it.</summary>
public sealed partial class EveWriter
{
    /// <summary>Bytes of a payload that are shown; Suricata's payload-buffer-size.</summary>
    private const int MaxPayload = 4096;

    public void Packet(in PacketEvent packet)
    {
        if (!_options.TaggedPackets || !_options.Writes("alert")) return;
        Begin("packet", in packet.Context);
        WritePacket(in packet.Context, int.MaxValue);
        WriteKubernetes(in packet.Context);
        End();
    }

    public void Captured(in PacketEvent packet)
    {
        if (!_options.Writes("metadata")) return;
        Begin("metadata", in packet.Context);
        WriteMetadata(in packet.Context);
        WriteKubernetes(in packet.Context);
        End();
    }

    public void Drop(in DropEvent drop)
    {
        if (!_options.Writes("drop") || (_options.OnlyFirstDrops && !drop.IsFirstOfSide && drop.Cause is null)) return;
        Begin("drop", in drop.Context);
        _json.WriteString("direction"u8, Direction(in drop.Context));
        var facts = drop.Facts;
        _json.WriteStartObject("drop"u8);
        WriteHeaders(in facts, drop.Length);
        switch (facts.IpProtocol)
        {
            case IpProtocol.Tcp: WriteSegment(in facts); break;
            case IpProtocol.Udp: _json.WriteNumber("udplen"u8, facts.PayloadLength + 8); break;
            case IpProtocol.Icmp or IpProtocol.Icmpv6 when facts.HasIcmpId:
                _json.WriteNumber("icmp_id"u8, facts.IcmpId);
                _json.WriteNumber("icmp_seq"u8, facts.IcmpSequence);
                break;
        }
        _json.WriteString("reason"u8, EveNames.Of(drop.Reason));
        _json.WriteEndObject();
        if (_options.DropVerdict) WriteVerdict(PacketVerdict.Drop, drop.Rejected, in drop.Context);
        if (_options.DropAlerts && drop.Cause is { } cause) WriteSignature(cause, AlertAction.Blocked, in drop.Context);
        WriteKubernetes(in drop.Context);
        End();
    }

    private void WriteHeaders(in PacketFacts facts, int length)
    {
        _json.WriteNumber("len"u8, length);
        if (facts.IsIpv6)
        {
            _json.WriteNumber("tc"u8, facts.Tos);
            _json.WriteNumber("hoplimit"u8, facts.Ttl);
        }
        else if (facts.IpProtocol != 0)
        {
            _json.WriteNumber("tos"u8, facts.Tos);
            _json.WriteNumber("ttl"u8, facts.Ttl);
            _json.WriteNumber("ipid"u8, facts.IpId);
        }
    }

    private void WriteSegment(in PacketFacts facts)
    {
        var flags = (TcpFlags)facts.TcpFlags;
        _json.WriteNumber("tcpseq"u8, facts.TcpSequence);
        _json.WriteNumber("tcpack"u8, facts.TcpAcknowledgment);
        _json.WriteNumber("tcpwin"u8, facts.TcpWindow);
        _json.WriteBoolean("syn"u8, flags.HasFlag(TcpFlags.Syn));
        _json.WriteBoolean("ack"u8, flags.HasFlag(TcpFlags.Ack));
        _json.WriteBoolean("psh"u8, flags.HasFlag(TcpFlags.Psh));
        _json.WriteBoolean("rst"u8, flags.HasFlag(TcpFlags.Rst));
        _json.WriteBoolean("urg"u8, flags.HasFlag(TcpFlags.Urg));
        _json.WriteBoolean("fin"u8, flags.HasFlag(TcpFlags.Fin));
        _json.WriteNumber("tcpres"u8, 0);
        _json.WriteNumber("tcpurgp"u8, facts.TcpUrgent);
    }

    /// <summary>What became of the packet, all rules together.</summary>
    private void WriteVerdict(PacketVerdict verdict, RuleAction rejected, in FlowContext context)
    {
        if (verdict == PacketVerdict.None) return;
        _json.WriteStartObject("verdict"u8);
        _json.WriteString("action"u8, verdict switch { PacketVerdict.Drop => "drop"u8, PacketVerdict.Pass => "pass"u8, _ => "alert"u8 });
        if (rejected is not (RuleAction.Alert or RuleAction.Drop or RuleAction.Pass))
        {
            var toServer = context.Direction == FlowDirections.ToServer;
            _json.WriteString("reject-target"u8, rejected switch
            {
                RuleAction.RejectBoth => "both"u8,
                RuleAction.RejectDestination => toServer ? "to_server"u8 : "to_client"u8,
                _ => toServer ? "to_client"u8 : "to_server"u8,
            });
            _json.WriteStartArray("reject"u8);
            _json.WriteStringValue(context.Protocol == IpProtocol.Tcp ? "tcp-reset"u8 : "icmp-prohib"u8);
            _json.WriteEndArray();
        }
        _json.WriteEndObject();
    }

    /// <summary>Only where payload is wanted at all.</summary>
    private void WritePayload(in AlertEvent alert)
    {
        if (!_options.Payload && !_options.PayloadPrintable) return;
        var shown = alert.Payload[..Math.Min(alert.Payload.Length, MaxPayload)];
        if (!shown.IsEmpty)
        {
            if (_options.Payload) _json.WriteBase64String("payload"u8, shown);
            if (_options.PayloadPrintable) _json.WriteString("payload_printable"u8, _text.PayloadOf(shown));
        }
        _json.WriteNumber("stream"u8, alert.IsOfStream ? 1 : 0);
    }

    /// <summary>Flow bits and variables that rules have set.</summary>
    private void WriteMetadata(in FlowContext context)
    {
        if (!_options.Metadata || context.Memory is not { } flow) return;
        var rules = flow.Policy.Rules;
        var (hasBits, hasTraffic) = (false, false);
        for (var bit = 0; bit < rules.FlowbitCount; bit++)
        {
            if (bit >> 6 >= flow.Flowbits.Length || (flow.Flowbits[bit >> 6] >> bit & 1) == 0) continue;
            if (rules.FlowbitNames[bit].StartsWith("traffic/", StringComparison.Ordinal)) hasTraffic = true;
            else hasBits = true;
        }
        var texts = flow.Memory?.Texts ?? [];
        if (hasTraffic) WriteTraffic(flow.Flowbits, rules);
        if (!hasBits && texts.Count == 0 && context.PacketTexts.Count == 0 && flow.Memory is not { HasCounters: true }) return;
        _json.WriteStartObject("metadata"u8);
        WriteTexts("pktvars"u8, context.PacketTexts, rules);
        if (texts.Count > 0) WriteTexts("flowvars"u8, texts, rules);
        if (hasBits)
        {
            _json.WriteStartArray("flowbits"u8);
            for (var bit = 0; bit < rules.FlowbitCount; bit++)
                if (bit >> 6 < flow.Flowbits.Length && (flow.Flowbits[bit >> 6] >> bit & 1) != 0 && !rules.FlowbitNames[bit].StartsWith("traffic/", StringComparison.Ordinal))
                    _json.WriteStringValue(rules.FlowbitNames[bit]);
            _json.WriteEndArray();
        }
        if (flow.Memory is { HasCounters: true } memory)
        {
            _json.WriteStartObject("flowints"u8);
            for (var slot = 0; slot < rules.CounterCount; slot++)
                if (memory.Counter(slot) is { } value) _json.WriteNumber(rules.CounterNames[slot], value);
            _json.WriteEndObject();
        }
        _json.WriteEndObject();
    }

    private void WriteTexts(ReadOnlySpan<byte> name, IReadOnlyList<(int Name, byte[] Text)> texts, RuleSet rules)
    {
        if (texts.Count == 0) return;
        _json.WriteStartArray(name);
        foreach (var (variable, text) in texts)
        {
            _json.WriteStartObject();
            _json.WriteString(rules.VariableNames[variable], _text.PayloadOf(text));
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }

    /// <summary>Bits called <c>traffic/id/NAME</c> and <c>traffic/label/NAME</c> say what a flow is.</summary>
    private void WriteTraffic(ulong[] bits, RuleSet rules)
    {
        _json.WriteStartObject("traffic"u8);
        foreach (var kind in (ReadOnlySpan<string>)["id", "label"])
        {
            var prefix = $"traffic/{kind}/";
            var isBegun = false;
            for (var bit = 0; bit < rules.FlowbitCount; bit++)
            {
                if (bit >> 6 >= bits.Length || (bits[bit >> 6] >> bit & 1) == 0 || !rules.FlowbitNames[bit].StartsWith(prefix, StringComparison.Ordinal)) continue;
                if (!isBegun) _json.WriteStartArray(kind);
                isBegun = true;
                _json.WriteStringValue(rules.FlowbitNames[bit].AsSpan(prefix.Length));
            }
            if (isBegun) _json.WriteEndArray();
        }
        _json.WriteEndObject();
    }

    /// <summary>A record of counters, as nested as their names.</summary>
    /// <param name="counters">What was counted.</param>
    /// <param name="time">When: nanoseconds since 1970.</param>
    /// <param name="rules">Loaded, refused, and left out for what they require.</param>
    public void Statistics(Counters counters, long time, (int Loaded, int Failed, int Skipped) rules)
    {
        if (!_options.Writes("stats")) return;
        _buffer.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        WriteTime("timestamp"u8, time);
        _json.WriteString("event_type"u8, "stats"u8);
        _json.WriteStartObject("stats"u8);
        _json.WriteNumber("uptime"u8, 0);
        var open = Array.Empty<string>();
        foreach (var (name, value) in counters.All)
        {
            var parts = name.Split('.');
            var same = 0;
            while (same < open.Length && same < parts.Length - 1 && open[same] == parts[same]) same++;
            for (var i = open.Length; i > same; i--) _json.WriteEndObject();
            for (var i = same; i < parts.Length - 1; i++)
            {
                _json.WriteStartObject(parts[i]);
                if (i == 0 && parts[0] == "detect") WriteEngines(time, rules);
            }
            _json.WriteNumber(parts[^1], value);
            open = parts[..^1];
        }
        for (var i = open.Length; i > 0; i--) _json.WriteEndObject();
        _json.WriteEndObject();
        End();
    }

    private void WriteEngines(long time, (int Loaded, int Failed, int Skipped) rules)
    {
        _json.WriteStartArray("engines"u8);
        _json.WriteStartObject();
        _json.WriteNumber("id"u8, 0);
        WriteTime("last_reload"u8, time);
        _json.WriteNumber("rules_loaded"u8, rules.Loaded);
        _json.WriteNumber("rules_failed"u8, rules.Failed);
        _json.WriteNumber("rules_skipped"u8, rules.Skipped);
        _json.WriteEndObject();
        _json.WriteEndArray();
    }

    private void WriteConnection(TcpSummary tcp)
    {
        _json.WriteStartObject("tcp"u8);
        _json.WriteString("tcp_flags"u8, ((byte)tcp.Flags).ToString("x2", null));
        _json.WriteString("tcp_flags_ts"u8, ((byte)tcp.OfClient).ToString("x2", null));
        _json.WriteString("tcp_flags_tc"u8, ((byte)tcp.OfServer).ToString("x2", null));
        WriteFlags(tcp.Flags);
        if (tcp.State != "none")
        {
            _json.WriteString("state"u8, tcp.State);
            if (tcp.ClientHasGap) _json.WriteBoolean("ts_gap"u8, true);
            if (tcp.ServerHasGap) _json.WriteBoolean("tc_gap"u8, true);
            // Of how many buffers a side's stream was made at most: ours is one.
            _json.WriteNumber("ts_max_regions"u8, 1);
            _json.WriteNumber("tc_max_regions"u8, 1);
        }
        _json.WriteEndObject();
    }

    private void WriteFlags(TcpFlags flags)
    {
        if (flags.HasFlag(TcpFlags.Syn)) _json.WriteBoolean("syn"u8, true);
        if (flags.HasFlag(TcpFlags.Fin)) _json.WriteBoolean("fin"u8, true);
        if (flags.HasFlag(TcpFlags.Rst)) _json.WriteBoolean("rst"u8, true);
        if (flags.HasFlag(TcpFlags.Psh)) _json.WriteBoolean("psh"u8, true);
        if (flags.HasFlag(TcpFlags.Ack)) _json.WriteBoolean("ack"u8, true);
        if (flags.HasFlag(TcpFlags.Urg)) _json.WriteBoolean("urg"u8, true);
        if (flags.HasFlag(TcpFlags.Ece)) _json.WriteBoolean("ecn"u8, true);
        if (flags.HasFlag(TcpFlags.Cwr)) _json.WriteBoolean("cwr"u8, true);
    }

    /// <summary>One record for each direction of a flow that was used.</summary>
    private void WriteNetflow(in FlowEvent flow)
    {
        if (!_options.Writes("netflow")) return;
        foreach (var isClient in (ReadOnlySpan<bool>)[true, false])
        {
            var context = isClient ? flow.Context : flow.Context with
            {
                Source = flow.Context.Destination,
                Destination = flow.Context.Source,
                SourcePort = flow.Context.DestinationPort,
                DestinationPort = flow.Context.SourcePort,
            };
            if (!isClient && context.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6) context = context with { SourcePort = flow.IcmpAnswer.Type, DestinationPort = flow.IcmpAnswer.Code };
            var (packets, bytes) = isClient ? (context.PacketsToServer, context.BytesToServer) : (context.PacketsToClient, context.BytesToClient);
            if (packets == 0 && !isClient) continue;
            Begin("netflow", in context);
            // Each side's own, as far as it was recognised.
            var isOther = context.Mismatch.App != AppProtocol.Unknown && context.Mismatch.From == (isClient ? Side.Client : Side.Server);
            var app = isOther ? context.Mismatch.App : context.App;
            _json.WriteString("app_proto"u8, app == AppProtocol.Unknown ? "unknown" : ProtocolMatch.NameOf(app));
            _json.WriteStartObject("netflow"u8);
            _json.WriteNumber("pkts"u8, packets);
            _json.WriteNumber("bytes"u8, bytes);
            WriteTime("start"u8, context.Start);
            WriteTime("end"u8, flow.LastSeen);
            _json.WriteNumber("age"u8, (flow.LastSeen / 1_000_000_000) - (context.Start / 1_000_000_000));
            var (least, most) = isClient ? flow.TtlToServer : flow.TtlToClient;
            if (most > 0)
            {
                _json.WriteNumber("min_ttl"u8, least);
                _json.WriteNumber("max_ttl"u8, most);
            }
            _json.WriteEndObject();
            if (flow.Tcp is { } tcp)
            {
                var flags = isClient ? tcp.OfClient : tcp.OfServer;
                _json.WriteStartObject("tcp"u8);
                _json.WriteString("tcp_flags"u8, ((byte)flags).ToString("x2", null));
                WriteFlags(flags);
                _json.WriteEndObject();
            }
            WriteMetadata(in context);
            WriteKubernetes(in context);
            End();
        }
    }
}
