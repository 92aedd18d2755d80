using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Tests.Reassembly;

/// <summary>What a sender may do with segments so that we judge one thing and the receiver gets another.</summary>
public class TcpTricksTests
{
    private const string Rules = """drop tcp any any -> any any (msg:"attack"; flow:established; content:"ATTACK"; sid:1;)""";

    [Fact]
    public void A_retransmission_with_other_bytes_is_dropped()
    {
        var (talk, replay) = Connected();
        var start = talk.ClientNext;
        replay.Feed(talk.Next(Side.Client, "harmless"u8.ToArray()));
        var lie = replay.Feed(talk.Segment(Side.Client, start, talk.ServerNext, TcpFlags.Ack, "ATTACK!!"u8));
        Assert.Equal(Verdict.Drop(DropReason.StreamOverlap), lie);
        Assert.Contains("stream.overlap_conflict", replay.Anomalies);
    }

    [Fact]
    public void An_honest_retransmission_passes_also_cut_in_another_way()
    {
        var (talk, replay) = Connected();
        var start = talk.ClientNext;
        replay.Feed(talk.Send(Side.Client, "abcdefgh"u8.ToArray(), 3, acknowledge: false));
        Assert.Equal(Verdict.Forward, replay.Feed(talk.Segment(Side.Client, start + 1, talk.ServerNext, TcpFlags.Ack, "bcde"u8)));
        Assert.Equal(Verdict.Forward, replay.Feed(talk.Segment(Side.Client, start, talk.ServerNext, TcpFlags.Ack, "abcdefghij"u8)));
    }

    [Fact]
    public void Of_two_copies_past_a_gap_the_first_is_kept_and_the_second_dropped()
    {
        var (talk, replay) = Connected();
        var start = talk.ClientNext;
        Assert.Equal(Verdict.Forward, replay.Feed(talk.Segment(Side.Client, start + 3, talk.ServerNext, TcpFlags.Ack, "ACK"u8)));
        Assert.Equal(DropReason.StreamOverlap, replay.Feed(talk.Segment(Side.Client, start + 3, talk.ServerNext, TcpFlags.Ack, "xyz"u8)).Reason);
        Assert.Equal(FrameVerdict.Forward, replay.Feed(talk.Segment(Side.Client, start + 1, talk.ServerNext, TcpFlags.Ack, "TT"u8)).Frame);
        Assert.Equal(Verdict.Block(DropReason.Rules), replay.Feed(talk.Segment(Side.Client, start, talk.ServerNext, TcpFlags.Ack, "A"u8)));
        Assert.Equal([1u], replay.Alerts);
    }

    [Fact]
    public void Bytes_with_a_wrong_checksum_are_never_the_first_copy()
    {
        var (talk, replay) = Connected();
        var start = talk.ClientNext;
        var wrong = talk.Segment(Side.Client, start, talk.ServerNext, TcpFlags.Ack, "harmless"u8);
        wrong.Bytes[^1] ^= 0xff;
        Assert.Equal(Verdict.Drop(DropReason.Checksum), replay.Feed(wrong));
        Assert.Equal(Verdict.Block(DropReason.Rules), replay.Feed(talk.Segment(Side.Client, start, talk.ServerNext, TcpFlags.Ack, "ATTACK"u8)));
    }

    [Fact]
    public void A_reset_that_the_receiver_will_not_believe_does_not_blind_us()
    {
        var (talk, replay) = Connected();
        replay.Feed(talk.Segment(Side.Client, talk.ClientNext + 100, talk.ServerNext, TcpFlags.Rst, default));
        Assert.Equal(Verdict.Block(DropReason.Rules), replay.Feed(talk.Next(Side.Client, "ATTACK"u8.ToArray())));
    }

    [Fact]
    public void Even_after_a_reset_bytes_are_judged()
    {
        var (talk, replay) = Connected();
        replay.Feed(talk.Segment(Side.Client, talk.ClientNext, talk.ServerNext, TcpFlags.Rst, default));
        Assert.Equal(Verdict.Block(DropReason.Rules), replay.Feed(talk.Next(Side.Client, "ATTACK"u8.ToArray())));
    }

    [Fact]
    public void Data_behind_a_FIN_and_a_FIN_that_moves_are_dropped()
    {
        var (talk, replay) = Connected();
        replay.Feed(talk.Next(Side.Client, "bye"u8.ToArray()));
        replay.Feed(talk.Segment(Side.Client, talk.ClientNext, talk.ServerNext, TcpFlags.Fin | TcpFlags.Ack, default));
        Assert.Equal(DropReason.StreamState, replay.Feed(talk.Segment(Side.Client, talk.ClientNext, talk.ServerNext, TcpFlags.Ack, "more"u8)).Reason);
        Assert.Equal(DropReason.StreamState, replay.Feed(talk.Segment(Side.Client, talk.ClientNext + 9, talk.ServerNext, TcpFlags.Fin | TcpFlags.Ack, default)).Reason);
    }

    [Fact]
    public void Urgent_data_is_dropped_because_nobody_knows_who_reads_it()
    {
        var (talk, replay) = Connected();
        var urgent = talk.Segment(Side.Client, talk.ClientNext, talk.ServerNext, TcpFlags.Ack | TcpFlags.Urg, "ATTxACK"u8);
        Assert.Equal(DropReason.StreamUrgent, replay.Feed(urgent).Reason);
    }

    [Theory]
    [InlineData(TcpFlags.Syn | TcpFlags.Fin)]
    [InlineData(TcpFlags.Syn | TcpFlags.Rst)]
    [InlineData(TcpFlags.None)]
    [InlineData(TcpFlags.Psh)]
    public void Flags_that_mean_nothing_are_dropped(TcpFlags flags)
    {
        var (talk, replay) = Connected();
        Assert.Equal(DropReason.StreamState, replay.Feed(talk.Segment(Side.Client, talk.ClientNext, talk.ServerNext, flags, "x"u8)).Reason);
    }

    [Fact]
    public void A_segment_far_outside_of_the_window_is_dropped_where_windows_are_known()
    {
        var (talk, replay) = Connected();
        var far = replay.Feed(talk.Segment(Side.Client, talk.ClientNext + 100_000_000, talk.ServerNext, TcpFlags.Ack, "x"u8));
        Assert.Equal(DropReason.StreamWindow, far.Reason);
    }

    [Fact]
    public void What_may_be_held_of_a_stream_is_limited()
    {
        var options = new InspectorOptions { MaxHeldPerStream = 8192 };
        var (talk, replay) = Connected(options);
        for (uint i = 0; i < 100; i++) replay.Feed(talk.Segment(Side.Client, talk.ClientNext + 10 + 2 * i, talk.ServerNext, TcpFlags.Ack, "x"u8));
        Assert.Contains(DropReason.StreamMemory, replay.Drops);
        Assert.True(replay.Inspector.Statistics.BytesHeld <= 2 * 8192 + 65_536);
    }

    [Fact]
    public void Acknowledged_bytes_are_not_held()
    {
        var (talk, replay) = Connected();
        replay.Feed(talk.Send(Side.Client, new byte[1_000_000], 1460));
        Assert.True(replay.Inspector.Statistics.BytesHeld < 100_000, $"{replay.Inspector.Statistics.BytesHeld}");
    }

    [Fact]
    public void A_new_connection_on_the_addresses_of_a_closed_one_is_judged_afresh()
    {
        var (talk, replay) = Connected();
        replay.Feed(talk.Finish());
        var again = new Conversation { ClientNext = 77_777, ServerNext = 5 };
        replay.Feed(again.Handshake());
        Assert.Equal(Verdict.Block(DropReason.Rules), replay.Feed(again.Next(Side.Client, "ATTACK"u8.ToArray())));
    }

    [Fact]
    public void A_server_that_forgot_the_connection_may_begin_a_new_one()
    {
        var (_, replay) = Connected();
        var again = new Conversation { ClientNext = 77_777, ServerNext = 5 };
        replay.Feed(again.Handshake());
        Assert.Equal(Verdict.Block(DropReason.Rules), replay.Feed(again.Next(Side.Client, "ATTACK"u8.ToArray())));
        Assert.Empty(replay.Anomalies);
    }

    [Fact]
    public void A_flow_whose_start_was_not_seen_is_judged_from_where_it_is_picked_up()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules);
        replay.Feed(talk.Send(Side.Client, "AT"u8.ToArray()));
        replay.Feed(talk.Send(Side.Server, "hello"u8.ToArray()));
        Assert.Equal(Verdict.Block(DropReason.Rules), replay.Feed(talk.Next(Side.Client, "TACK"u8.ToArray())));
    }

    [Fact]
    public void Data_in_a_SYN_is_judged()
    {
        var talk = new Conversation();
        var replay = new Replay("""drop tcp any any -> any any (msg:"attack"; content:"ATTACK"; sid:1;)""");
        var verdict = replay.Feed(talk.Segment(Side.Client, talk.ClientNext, 0, TcpFlags.Syn, "ATTACK"u8));
        Assert.Equal(Verdict.Block(DropReason.Rules), verdict);
    }

    [Fact]
    public void Where_nothing_is_enforced_nothing_is_dropped()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules, prevent: false);
        replay.Feed(talk.Handshake());
        var start = talk.ClientNext;
        replay.Feed(talk.Next(Side.Client, "harmless"u8.ToArray()));
        replay.Feed(talk.Segment(Side.Client, start, talk.ServerNext, TcpFlags.Ack, "ATTACK!!"u8));
        Assert.Contains("stream.overlap_conflict", replay.Anomalies);
        Assert.All(replay.Verdicts, verdict => Assert.Equal(FrameVerdict.Forward, verdict.Frame));
    }

    private static (Conversation Talk, Replay Replay) Connected(InspectorOptions? options = null)
    {
        var talk = new Conversation();
        return (talk, new Replay(Rules, options: options).Feed(talk.Handshake()));
    }
}
