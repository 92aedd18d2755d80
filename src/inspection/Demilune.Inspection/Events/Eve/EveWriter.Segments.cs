using Demilune.Inspection.Streams;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Events.Eve;

/// <summary>Segments and what their connections are in: for those who look for errors in the following of streams.</summary>
public sealed partial class EveWriter
{
    public void Segment(in SegmentEvent segment)
    {
        var isSpurious = segment.Oddities.Contains(StreamEvent.PktSpuriousRetransmission);
        var kinds = SegmentRecords.Others | (segment.Oddities.Count > 0 ? SegmentRecords.Odd : 0) | (segment.IsStep ? SegmentRecords.Steps : 0) | (isSpurious ? SegmentRecords.Spurious : 0);
        if (!_options.Writes("stream") || (kinds & _options.Segments) == 0) return;
        Begin("stream_tcp", in segment.Context);
        _json.WriteString("direction"u8, Direction(in segment.Context));
        _json.WriteStartObject("stream_tcp"u8);
        _json.WriteStartObject("packet"u8);
        WriteHeaders(segment.Facts, segment.Length);
        WriteSegment(segment.Facts);
        _json.WriteStartArray("flags"u8);
        if (isSpurious) _json.WriteStringValue("spurious_retransmission"u8);
        if (segment.Oddities.Count > 0) _json.WriteStringValue("event_set"u8);
        if (segment.IsStep) _json.WriteStringValue("state_update"u8);
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteStartObject("session"u8);
        if (segment.Connection.Phase != TcpPhase.None) WriteSession(segment.Connection, segment.IsStep);
        _json.WriteEndObject();
        if (segment.Oddities.Count > 0)
        {
            _json.WriteStartArray("events"u8);
            foreach (var happened in segment.Oddities) _json.WriteStringValue(StreamEvents.Name(happened));
            _json.WriteEndArray();
        }
        if (segment.Reason != DropReason.None) _json.WriteString("reason"u8, EveNames.Of(segment.Reason));
        _json.WriteEndObject();
        WriteKubernetes(in segment.Context);
        End();
    }

    private void WriteSession(TcpConnection connection, bool isStep)
    {
        _json.WriteString("state"u8, connection.Phase.Name());
        if (isStep) _json.WriteString("pstate"u8, connection.Before.Name());
        _json.WriteStartObject("flags"u8);
        _json.WriteStartArray("flags"u8);
        WriteIf(connection.IsPickedUp, "midstream"u8);
        WriteIf(connection.IsPickedUp && !connection.AwaitsServer, "midstream_established"u8);
        WriteIf(connection.IsPickedUpByAnswer, "midstream_synack"u8);
        WriteIf(connection.HasTimestamps, "timestamp"u8);
        WriteIf(connection.ScalesWindows, "server_wscale"u8);
        WriteIf(connection.WasReset, "closed_by_rst"u8);
        WriteIf(connection.IsFourWay, "4whs"u8);
        WriteIf(connection.IsEvasive, "detect_evasion_attempt"u8);
        WriteIf(connection.IsConfirmed, "3whs_confirmed"u8);
        WriteIf(connection.IsFastOpen, "tcp_fast_open"u8);
        WriteIf(connection.IgnoredFastOpen, "tfo_data_ignored"u8);
        _json.WriteEndArray();
        _json.WriteEndObject();
        WriteEndpoint("client"u8, connection[Side.Client]);
        WriteEndpoint("server"u8, connection[Side.Server]);
    }

    private void WriteEndpoint(ReadOnlySpan<byte> name, TcpEndpoint end)
    {
        _json.WriteStartObject(name);
        _json.WriteNumber("isn"u8, end.Initial);
        _json.WriteNumber("next_seq"u8, end.Next);
        _json.WriteNumber("last_ack"u8, end.Acknowledged);
        _json.WriteNumber("next_win"u8, end.Limit);
        _json.WriteNumber("window"u8, end.Window);
        _json.WriteNumber("wscale"u8, end.Scale);
        _json.WriteStartArray("flags"u8);
        WriteIf(end.AsksAlive, "keepalive"u8);
        WriteIf(end.IsDeep, "depth_reached"u8);
        WriteIf(end.OffersTimestamps, "timestamp"u8);
        WriteIf(end.HasZeroTimestamp, "zero_timestamp"u8);
        WriteIf(end.WasReset, "rst_recv"u8);
        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteIf(bool holds, ReadOnlySpan<byte> word)
    {
        if (holds) _json.WriteStringValue(word);
    }
}
