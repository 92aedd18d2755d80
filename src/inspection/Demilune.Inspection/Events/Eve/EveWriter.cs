using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Demilune.Inspection.Flows;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Decoding;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Events.Eve;

/// <summary>Takes one EVE record: a JSON object without a line end. The bytes are valid during the call only.</summary>
public delegate void EveLine(ReadOnlySpan<byte> json);

/// <summary>
/// Writes events as EVE JSON: Suricata 7's names where it has the field, and a <c>kubernetes</c> object that says who the two ends are. Belongs to
/// one packet thread, but for <see cref="Identities"/>.
/// </summary>
public sealed partial class EveWriter : IEventSink, IDisposable
{
    /// <summary>What Suricata shows of a packet whose headers are odd.</summary>
    private const int MaxHeader = 32;

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly EveLine _line;
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _json;
    private readonly EveText _text = new();
    private Identities _identities = Identities.Empty;

    private readonly EveOptions _options;

    public EveWriter(EveLine line)
        : this(line, new())
    {
    }

    public EveWriter(EveLine line, EveOptions options)
    {
        _line = line;
        _options = options;
        _json = new(_buffer, s_json);
    }

    /// <summary>Who is behind the addresses. May be replaced by any thread.</summary>
    public Identities Identities
    {
        get => Volatile.Read(ref _identities);
        set => Volatile.Write(ref _identities, value);
    }

    /// <summary>What the user calls the capture at hand; written where <see cref="EveOptions.CaptureName"/> asks for it.</summary>
    public string Capture { get; set; } = "";

    public void Alert(in AlertEvent alert)
    {
        if (!_options.Writes("alert")) return;
        var behind = _options.ForwardedFor is { } forwarded ? forwarded.Find(alert.Http) : default;
        Begin("alert", in alert.Context, behind);
        if (alert.Transaction >= 0) _json.WriteNumber("tx_id"u8, alert.Transaction);
        if (alert.IsGuessed) _json.WriteBoolean("tx_guessed"u8, true);
        WriteMetadata(in alert.Context);
        WriteSignature(alert.Signature, alert.Action, in alert.Context, behind);
        WriteEvidence(alert.Matches, alert.Bytes);
        if (!alert.Http.IsEmpty) WriteHttp(alert.Http, _options.HttpBody || _options.HttpBodyPrintable);
        WriteRecord(alert.RecordType, alert.Record);
        WriteFiles(in alert);
        WriteApp(in alert.Context);
        if (alert.Frame is { } frame) WriteFrame(frame.Facts, frame.Payload, in alert.Context);
        _json.WriteString("direction"u8, Direction(in alert.Context));
        if (alert.Context.Origin.Source != PacketSource.Wire) WriteTunnel(in alert.Context);
        WriteFlow(in alert.Context, behind);
        WritePayload(in alert);
        if (_options.Packet) WritePacket(in alert.Context, int.MaxValue);
        if (_options.Verdict) WriteVerdict(alert.Verdict, alert.Rejected, in alert.Context);
        WriteKubernetes(in alert.Context);
        End();
    }

    public void Anomaly(in AnomalyEvent anomaly)
    {
        if (!_options.Writes("anomaly") || !_options.Anomalies.HasFlag(KindOf(anomaly.Layer))) return;
        Begin("anomaly", in anomaly.Context);
        if (anomaly.Transaction >= 0) _json.WriteNumber("tx_id"u8, anomaly.Transaction);
        _json.WriteStartObject("anomaly"u8);
        if (anomaly.Layer == AnomalyLayer.AppLayer) WriteApp(in anomaly.Context, withSides: false);
        _json.WriteString("type"u8, anomaly.Layer switch { AnomalyLayer.Decode => "decode"u8, AnomalyLayer.Stream => "stream"u8, _ => "applayer"u8 });
        if (anomaly.Layer == AnomalyLayer.AppLayer)
        {
            // A parser's events have their protocol beside them; what is said of the protocols themselves has none.
            var dot = anomaly.Name.IndexOf('.', StringComparison.Ordinal);
            _json.WriteString("event"u8, anomaly.Name.AsSpan(dot + 1));
            _json.WriteString("layer"u8, dot < 0 ? "proto_detect"u8 : "proto_parser"u8);
        }
        else
        {
            _json.WriteString("event"u8, anomaly.Name);
        }
        _json.WriteString("action"u8, anomaly.Dropped ? "blocked"u8 : "allowed"u8);
        _json.WriteEndObject();
        if (_options.PacketHeader && anomaly.Layer == AnomalyLayer.Decode) WritePacket(in anomaly.Context, MaxHeader);
        WriteMetadata(in anomaly.Context);
        WriteKubernetes(in anomaly.Context);
        End();
    }

    public void Http(in HttpEvent http)
    {
        if (!_options.Writes(http.Fields.Details is null ? "http" : "http2") || http.Context.Memory?.IsMuted(http.Transaction) == true) return;
        var behind = _options.ForwardedFor is { } forwarded ? forwarded.Find(http.Fields) : default;
        Begin("http", in http.Context, behind);
        _json.WriteNumber("tx_id"u8, http.Transaction);
        WriteHttpRecord(http.Fields);
        WriteForwarded(behind);
        WriteMetadata(in http.Context);
        WriteKubernetes(in http.Context);
        End();
    }

    public void File(in FileEvent file)
    {
        if (!file.IsTold || !_options.Writes("fileinfo")) return;
        var behind = _options.ForwardedFor is { } forwarded ? forwarded.Find(file.Http) : default;
        Begin("fileinfo", in file.Context, behind);
        if (!file.Http.IsEmpty) WriteHttp(file.Http);
        if (file.RecordType != "ftp_data") WriteRecord(file.RecordType, file.Record);      // Suricata tells of FTP's files without it
        WriteApp(in file.Context, withSides: false);
        _json.WriteStartObject("fileinfo"u8);
        WriteFile(file.Fields);
        _json.WriteEndObject();
        WriteForwarded(behind);
        WriteKubernetes(in file.Context);
        End();
    }

    public void Record(in RecordEvent record)
    {
        if (!_options.Writes(record.Type) || record.Context.Memory?.IsMuted(record.Transaction) == true) return;
        if (record.Fields is Sessions.Dns.DnsFields dns && !_options.Dns.Wants(dns.IsAnswer, dns.Types)) return;
        Begin(record.Type, in record.Context);
        // Where Suricata has one. A number beside the object is of no use to rules or readers of the others, whose own have it.
        if (record.Transaction >= 0 && record.Type is "smtp" or "ftp" or "ftp_data" or "ssh") _json.WriteNumber("tx_id"u8, record.Transaction);
        _json.WriteStartObject(record.Type);
        record.Fields.Write(_json);
        _json.WriteEndObject();
        record.Fields.WriteBeside(_json);
        WriteMetadata(in record.Context);
        WriteKubernetes(in record.Context);
        End();
    }

    public void Flow(in FlowEvent flow)
    {
        WriteNetflow(in flow);
        if (!_options.Writes("flow")) return;
        Begin("flow", in flow.Context);
        WriteApp(in flow.Context);
        if (flow.Ethernet is { } ends && _options.Ethernet) WriteEthernet(ends);
        if (flow.Context.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6 && flow.Context.PacketsToClient > 0)
        {
            _json.WriteNumber("response_icmp_type"u8, flow.IcmpAnswer.Type);
            _json.WriteNumber("response_icmp_code"u8, flow.IcmpAnswer.Code);
        }
        _json.WriteStartObject("flow"u8);
        WriteCounters(in flow.Context);
        WriteTime("start"u8, flow.Context.Start);
        WriteTime("end"u8, flow.LastSeen);
        _json.WriteNumber("age"u8, (flow.LastSeen / 1_000_000_000) - (flow.Context.Start / 1_000_000_000));
        _json.WriteString("state"u8, flow.Released ? "bypassed"u8 : flow.Tcp is { } tcp ? tcp.IsClosed ? "closed"u8 : tcp.IsEstablished ? "established"u8 : "new"u8 : flow.End == FlowEnd.Closed ? "closed"u8 : flow.Context.PacketsToClient > 0 ? "established"u8 : "new"u8);
        _json.WriteString("reason"u8, flow.End switch
        {
            FlowEnd.Timeout or FlowEnd.Closed => "timeout"u8,
            FlowEnd.Shutdown => "shutdown"u8,
            _ => "forced"u8,
        });
        _json.WriteBoolean("alerted"u8, flow.Alerted);
        if (flow.Blocked) _json.WriteString("action"u8, "drop"u8);
        else if (flow.Passed) _json.WriteString("action"u8, "pass"u8);
        _json.WriteEndObject();
        if (flow.Tcp is { } connection) WriteConnection(connection);
        WriteMetadata(in flow.Context);
        WriteKubernetes(in flow.Context);
        End();
    }

    public void Dispose() => _json.Dispose();

    /// <param name="type">EVE's <c>event_type</c>.</param>
    /// <param name="context">Where.</param>
    /// <param name="behind">Who is behind the client's address, if it is one that may take its place; empty: nobody says.</param>
    private void Begin(string type, in FlowContext context, ReadOnlySpan<byte> behind = default)
    {
        if (_options.ForwardedFor is not { Overwrites: true }) behind = default;
        var isToClient = context.Direction == FlowDirections.ToClient;
        _buffer.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        WriteTime("timestamp"u8, context.Time);
        if (context.Id != 0) _json.WriteNumber("flow_id"u8, context.Id);
        // What comes out of a tunnel, or of fragments, has no number of its own; it is said with the tunnel.
        if (context.Frame != 0 && context.Origin.Source == PacketSource.Wire) _json.WriteNumber("pcap_cnt"u8, context.Frame);
        _json.WriteString("event_type"u8, type);
        var vlans = context.Origin.Vlans;
        if (vlans.Count > 0)
        {
            _json.WriteStartArray("vlan"u8);
            for (var i = 0; i < vlans.Count; i++) _json.WriteNumberValue(vlans[i]);
            _json.WriteEndArray();
        }
        else if (context.Tag != 0)
        {
            _json.WriteStartArray("vlan"u8);
            _json.WriteNumberValue(context.Tag);
            _json.WriteEndArray();
        }
        if (_options.Ethernet && context.Origin.HasEthernet) WriteEthernet(in context);
        if (context.Source == default && context.Destination == default)
        {
            if (context.Frame != 0) _json.WriteString("pkt_src"u8, EveNames.Of(context.Origin.Source));
            return;     // not even an IP header could be read
        }
        if (behind.IsEmpty || isToClient) WriteAddress("src_ip"u8, context.Source);
        else _json.WriteString("src_ip"u8, behind);
        var isIcmp = context.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        var hasPorts = context.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        if (hasPorts) _json.WriteNumber("src_port"u8, context.SourcePort);
        if (behind.IsEmpty || !isToClient) WriteAddress("dest_ip"u8, context.Destination);
        else _json.WriteString("dest_ip"u8, behind);
        if (hasPorts) _json.WriteNumber("dest_port"u8, context.DestinationPort);
        WriteProtocol(context.Protocol);
        if (context.Frame != 0) _json.WriteString("pkt_src"u8, EveNames.Of(context.Origin.Source));
        else if (context.IsFlush) _json.WriteString("pkt_src"u8, "stream (detect/log)"u8);
        else if (context.IsFlowEnd) _json.WriteString("pkt_src"u8, "stream (flow timeout)"u8);
        if (_options.CommunitySeed is { } seed && context.Id != 0) _json.WriteString("community_id"u8, CommunityId.Of(in context, seed));
        if (context.Protocol == IpProtocol.Esp) _json.WriteNumber("spi"u8, context.Spi);
        if (!isIcmp) return;
        _json.WriteNumber("icmp_type"u8, context.SourcePort);
        _json.WriteNumber("icmp_code"u8, context.DestinationPort);
    }

    private void End()
    {
        if (_options.CaptureName) _json.WriteString("pcap_filename"u8, Capture);
        if (_options.Host is { } host) _json.WriteString("host"u8, host);
        _json.WriteEndObject();
        _json.Flush();
        _line(_buffer.WrittenSpan);
    }

    private void WriteSignature(Signature signature, AlertAction action, in FlowContext context, ReadOnlySpan<byte> behind = default)
    {
        _json.WriteStartObject("alert"u8);
        _json.WriteString("action"u8, action == AlertAction.Blocked ? "blocked"u8 : "allowed"u8);
        _json.WriteNumber("gid"u8, signature.Gid);
        _json.WriteNumber("signature_id"u8, signature.Sid);
        _json.WriteNumber("rev"u8, signature.Rev);
        _json.WriteString("signature"u8, signature.Message);
        _json.WriteString("category"u8, signature.Category);
        _json.WriteNumber("severity"u8, signature.Priority);
        if (!behind.IsEmpty) _json.WriteString("xff"u8, behind);
        if (signature.Target is { } target)
        {
            var isSource = target == "src_ip";
            WriteEnd("source"u8, isSource ? context.Destination : context.Source, isSource ? context.DestinationPort : context.SourcePort, context.Protocol);
            WriteEnd("target"u8, isSource ? context.Source : context.Destination, isSource ? context.SourcePort : context.DestinationPort, context.Protocol);
        }
        if (signature.Metadata.Count > 0)
        {
            _json.WriteStartObject("metadata"u8);
            foreach (var values in signature.Metadata.GroupBy(pair => pair.Key, pair => pair.Value))
            {
                _json.WriteStartArray(values.Key);
                foreach (var value in values) _json.WriteStringValue(value);
                _json.WriteEndArray();
            }
            _json.WriteEndObject();
        }
        if (signature.References.Count > 0)
        {
            _json.WriteStartArray("references"u8);
            foreach (var reference in signature.References) _json.WriteStringValue($"{reference.System}:{reference.Value}");
            _json.WriteEndArray();
        }
        _json.WriteEndObject();
    }

    /// <summary>Not in Suricata: without the bytes that matched nobody can tell a false alarm from a true one.</summary>
    private void WriteEvidence(ReadOnlySpan<MatchedBytes> matches, ReadOnlySpan<byte> bytes)
    {
        if (matches.IsEmpty) return;
        _json.WriteStartArray("evidence"u8);
        foreach (var match in matches)
        {
            var shown = bytes.Slice(match.Start, match.Length);
            _json.WriteStartObject();
            _json.WriteString("buffer"u8, match.Buffer);
            if (match.BufferOffset == MatchedBytes.Transformed) _json.WriteBoolean("transformed"u8, true);
            else _json.WriteNumber("offset"u8, match.BufferOffset);
            _json.WriteString("printable"u8, _text.Printable(shown));
            _json.WriteBase64String("bytes"u8, shown);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }

    private void WriteFiles(in AlertEvent alert)
    {
        if (!alert.HasFile && alert.Files.Count == 0) return;
        _json.WriteStartArray("files"u8);
        if (alert.HasFile) WriteOne(alert.File);
        foreach (var file in alert.Files) WriteOne(file.Fields);
        _json.WriteEndArray();

        void WriteOne(FileFields file)
        {
            _json.WriteStartObject();
            WriteFile(file, isInAlert: true);
            _json.WriteEndObject();
        }
    }

    private void WriteForwarded(ReadOnlySpan<byte> behind)
    {
        if (!behind.IsEmpty && _options.ForwardedFor is { Overwrites: false }) _json.WriteString("xff"u8, behind);
    }

    private void WriteText(ReadOnlySpan<byte> name, ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty) _json.WriteString(name, _text.Of(bytes));
    }

    private void WriteEnd(ReadOnlySpan<byte> name, IpAddress address, ushort port, byte protocol)
    {
        _json.WriteStartObject(name);
        WriteAddress("ip"u8, address);
        if (protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp) _json.WriteNumber("port"u8, port);
        _json.WriteEndObject();
    }

    private void WriteFlow(in FlowContext context, ReadOnlySpan<byte> behind = default)
    {
        if (context.Id == 0) return;
        _json.WriteStartObject("flow"u8);
        WriteCounters(in context);
        WriteTime("start"u8, context.Start);
        var toServer = context.Direction != FlowDirections.ToClient;
        if (!behind.IsEmpty && _options.ForwardedFor is { Overwrites: true }) _json.WriteString("src_ip"u8, behind);
        else WriteAddress("src_ip"u8, toServer ? context.Source : context.Destination);
        WriteAddress("dest_ip"u8, toServer ? context.Destination : context.Source);
        if (context.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp)
        {
            _json.WriteNumber("src_port"u8, toServer ? context.SourcePort : context.DestinationPort);
            _json.WriteNumber("dest_port"u8, toServer ? context.DestinationPort : context.SourcePort);
        }
        _json.WriteEndObject();
    }

    private void WriteCounters(in FlowContext context)
    {
        _json.WriteNumber("pkts_toserver"u8, context.PacketsToServer);
        _json.WriteNumber("pkts_toclient"u8, context.PacketsToClient);
        _json.WriteNumber("bytes_toserver"u8, context.BytesToServer);
        _json.WriteNumber("bytes_toclient"u8, context.BytesToClient);
    }

    private void WriteApp(in FlowContext context, bool withSides = true)
    {
        if (context.App == AppProtocol.Unknown) return;
        _json.WriteString("app_proto"u8, ProtocolMatch.NameOf(context.App));
        if (!withSides) return;
        if (context.OriginalApp != AppProtocol.Unknown) _json.WriteString("app_proto_orig"u8, ProtocolMatch.NameOf(context.OriginalApp));
        if (context.Mismatch is { App: not AppProtocol.Unknown } other) _json.WriteString(other.From == Side.Client ? "app_proto_ts"u8 : "app_proto_tc"u8, ProtocolMatch.NameOf(other.App));
    }

    private void WriteAddress(ReadOnlySpan<byte> name, IpAddress address)
    {
        Span<byte> text = stackalloc byte[64];
        if (address.TryFormatWhole(text, out var written)) _json.WriteString(name, text[..written]);
    }

    private static Anomalies KindOf(AnomalyLayer layer) => layer switch
    {
        AnomalyLayer.Decode => Anomalies.Decode,
        AnomalyLayer.Stream => Anomalies.Stream,
        _ => Anomalies.AppLayer,
    };

    private void WriteProtocol(byte protocol) => _json.WriteString("proto"u8, ProtocolNames.Of(protocol));

    /// <summary>Microseconds and a zone without a colon, as Suricata writes them.</summary>
    private void WriteTime(ReadOnlySpan<byte> name, long nanoseconds)
    {
        Span<char> text = stackalloc char[40];
        var time = DateTime.UnixEpoch.AddTicks(nanoseconds / 100);
        time.TryFormat(text, out var written, "yyyy-MM-dd'T'HH:mm:ss.ffffff'+0000'", CultureInfo.InvariantCulture);
        _json.WriteString(name, text[..written]);
    }

    private static ReadOnlySpan<byte> Direction(in FlowContext context) => context.Direction == FlowDirections.ToClient ? "to_client"u8 : "to_server"u8;
}
