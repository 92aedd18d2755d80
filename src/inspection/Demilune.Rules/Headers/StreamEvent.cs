namespace Demilune.Rules.Headers;

/// <summary>Something odd about a segment in its connection, by Suricata's names for it (<c>stream-event</c>, EVE's anomalies).</summary>
public enum StreamEvent : byte
{
    HandshakeAckInWrongDir, HandshakeAsyncWrongSeq, HandshakeRightSeqWrongAckEvasion, HandshakeSynackInWrongDirection,
    HandshakeSynackResendWithDiffAck, HandshakeSynackResendWithDiffSeq, HandshakeSynackToserverOnSynRecv, HandshakeSynackWithWrongAck,
    HandshakeSynackFlood, HandshakeSynResendDiffSeqOnSynRecv, HandshakeSynToclientOnSynRecv, HandshakeWrongSeqWrongAck, HandshakeAckDataInject,
    HandshakeSynackTfoDataIgnored, HandshakeSynFlood,
    FourWaySynackWithWrongAck, FourWaySynackWithWrongSyn, FourWayWrongSeq, FourWayInvalidAck,
    ClosewaitAckOutOfWindow, ClosewaitFinOutOfWindow, ClosewaitPktBeforeLastAck, ClosewaitInvalidAck, ClosingAckWrongSeq, ClosingInvalidAck,
    EstPacketOutOfWindow, EstPktBeforeLastAck, EstSynackResend, EstSynackResendWithDiffAck, EstSynackResendWithDiffSeq, EstSynackToserver,
    EstSynResend, EstSynResendDiffSeq, EstSynToclient, EstInvalidAck, EstAckZwpData,
    FinInvalidAck, Fin1AckWrongSeq, Fin1FinWrongSeq, Fin1InvalidAck, Fin2AckWrongSeq, Fin2FinWrongSeq, Fin2InvalidAck, FinButNoSession,
    FinOutOfWindow, FinSyn,
    LastackAckWrongSeq, LastackInvalidAck, RstButNoSession, RstInvalidAck, RstWithData, TimewaitAckWrongSeq, TimewaitInvalidAck, ShutdownSynResend,
    PktInvalidTimestamp, PktInvalidAck, PktBrokenAck, PktRetransmission, PktSpuriousRetransmission, PktBadWindowUpdate, SuspectedRstInject,
    WrongThread,
    ReassemblySegmentBeforeBaseSeq, ReassemblyNoSegment, ReassemblySeqGap, ReassemblyOverlapDifferentData, ReassemblyDepthReached,
    ReassemblyInsertMemcap, ReassemblyInsertLimit, ReassemblyInsertInvalid, ReassemblyUrgentOobLimitReached,
}

/// <summary>Their names, without the <c>stream.</c> that EVE puts before them.</summary>
public static class StreamEvents
{
    private static readonly string[] s_names =
    [
        "3whs_ack_in_wrong_dir", "3whs_async_wrong_seq", "3whs_right_seq_wrong_ack_evasion", "3whs_synack_in_wrong_direction",
        "3whs_synack_resend_with_diff_ack", "3whs_synack_resend_with_diff_seq", "3whs_synack_toserver_on_syn_recv", "3whs_synack_with_wrong_ack",
        "3whs_synack_flood", "3whs_syn_resend_diff_seq_on_syn_recv", "3whs_syn_toclient_on_syn_recv", "3whs_wrong_seq_wrong_ack",
        "3whs_ack_data_inject", "3whs_synack_tfo_data_ignored", "3whs_syn_flood", "4whs_synack_with_wrong_ack", "4whs_synack_with_wrong_syn",
        "4whs_wrong_seq", "4whs_invalid_ack", "closewait_ack_out_of_window", "closewait_fin_out_of_window", "closewait_pkt_before_last_ack",
        "closewait_invalid_ack", "closing_ack_wrong_seq", "closing_invalid_ack", "est_packet_out_of_window", "est_pkt_before_last_ack",
        "est_synack_resend", "est_synack_resend_with_diff_ack", "est_synack_resend_with_diff_seq", "est_synack_toserver", "est_syn_resend",
        "est_syn_resend_diff_seq", "est_syn_toclient", "est_invalid_ack", "est_ack_zwp_data", "fin_invalid_ack", "fin1_ack_wrong_seq",
        "fin1_fin_wrong_seq", "fin1_invalid_ack", "fin2_ack_wrong_seq", "fin2_fin_wrong_seq", "fin2_invalid_ack", "fin_but_no_session",
        "fin_out_of_window", "fin_syn", "lastack_ack_wrong_seq", "lastack_invalid_ack", "rst_but_no_session", "rst_invalid_ack", "rst_with_data",
        "timewait_ack_wrong_seq", "timewait_invalid_ack", "shutdown_syn_resend", "pkt_invalid_timestamp", "pkt_invalid_ack", "pkt_broken_ack",
        "pkt_retransmission", "pkt_spurious_retransmission", "pkt_bad_window_update", "suspected_rst_inject", "wrong_thread",
        "reassembly_segment_before_base_seq", "reassembly_no_segment", "reassembly_seq_gap", "reassembly_overlap_different_data",
        "reassembly_depth_reached", "reassembly_insert_memcap", "reassembly_insert_limit", "reassembly_insert_invalid",
        "reassembly_urgent_oob_limit_reached",
    ];

    private static readonly string[] s_eve = [.. s_names.Select(name => "stream." + name)];

    /// <summary>As in EVE's <c>anomaly.event</c>.</summary>
    public static string Name(StreamEvent happened) => s_eve[(int)happened];

    /// <summary>Its bit in <see cref="PacketFacts.StreamEvents"/>.</summary>
    public static UInt128 Bit(StreamEvent happened) => UInt128.One << (int)happened;

    /// <summary>Finds an event as rules write it.</summary>
    public static bool TryParse(string name, out StreamEvent happened)
    {
        name = name.Replace("different_ack", "diff_ack", StringComparison.Ordinal);      // both are in use
        var index = Array.IndexOf(s_names, name.StartsWith("stream.", StringComparison.Ordinal) ? name[7..] : name);
        happened = (StreamEvent)Math.Max(index, 0);
        return index >= 0;
    }
}
