using Demilune.Inspection.Streams;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Tests.Streams;

/// <summary>Captures are read as Suricata reads them: what a packet says, and when, was seen of Suricata 7.0.10.</summary>
public sealed class ObservedTests
{
    private const string Evil = """alert tcp any any -> any any (content:"evil"; sid:1;)""";

    private static Replay Ids(string rules, StreamOptions? streams = null) =>
        new(rules, prevent: false, new() { Inline = false, LogFlows = true, Streams = streams ?? new() });

    private static Replay Ips(string rules) => new(rules, prevent: true, new() { Inline = true, LogFlows = true, Streams = new() { Inline = true, Enforces = true } });

    [Fact]
    public void In_a_capture_stream_rules_wait_for_the_end_of_a_short_stream()
    {
        var conversation = new Conversation();
        var replay = Ids(Evil).Feed(conversation.Handshake()).Feed(conversation.Send(Side.Client, "something evil"));
        Assert.Empty(replay.Alerts);
        Assert.Equal([1u], replay.Finish().Alerts);
    }

    [Fact]
    public void In_a_capture_each_line_of_a_server_answers_and_unknown_commands_are_nobodys()
    {
        var talk = new Conversation(serverPort: 21);
        var replay = Ids("").Feed(talk.Handshake())
            .Feed(talk.Send(Side.Server, "220 (ready)\r\n")).Feed(talk.Send(Side.Client, "USER me\r\n"))
            .Feed(talk.Send(Side.Server, "331-one\r\n331 two\r\n")).Feed(talk.Send(Side.Client, "FEAT\r\n"))
            .Feed(talk.Send(Side.Server, "211-some\r\n")).Feed(talk.Send(Side.Client, "RETR a\r\n")).Finish();
        Assert.Equal(4, replay.Records.Count(static record => record.StartsWith("ftp", StringComparison.Ordinal)));
    }

    [Fact]
    public void Who_only_looks_on_tells_of_no_drops()
    {
        var conversation = new Conversation();
        var replay = Ids("""drop tcp any any -> any any (content:"evil"; sid:1;)""").Feed(conversation.Handshake()).Feed(conversation.Send(Side.Client, "evil")).Finish();
        Assert.Equal([1u], replay.Alerts);
        Assert.Empty(replay.Drops);
    }

    [Fact]
    public void In_the_wire_the_packet_that_brings_the_bytes_is_judged()
    {
        var conversation = new Conversation();
        var replay = Ips("""drop tcp any any -> any any (content:"evil"; sid:1;)""").Feed(conversation.Handshake());
        var verdict = replay.Feed(conversation.Next(Side.Client, "something evil"u8.ToArray()));
        Assert.Equal((FrameVerdict.Drop, DropReason.Rules), (verdict.Frame, verdict.Reason));
        Assert.Equal(DropReason.FlowBlocked, replay.Feed(conversation.Ack(Side.Server)).Reason);
    }

    [Fact]
    public void A_request_is_judged_with_the_next_packet_of_its_side()
    {
        var conversation = new Conversation();
        var replay = Ids("""alert http any any -> any any (http.uri; content:"/evil"; sid:1;)""").Feed(conversation.Handshake());
        replay.Feed(conversation.Next(Side.Client, "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray()));
        replay.Feed(conversation.Ack(Side.Server));
        Assert.Empty(replay.Alerts);
        replay.Feed(conversation.Ack(Side.Client));
        Assert.Equal([1u], replay.Alerts);
    }

    [Fact]
    public void A_connection_whose_beginning_was_not_seen_is_followed_only_if_asked()
    {
        foreach (var isAsked in (bool[])[false, true])
        {
            var conversation = new Conversation();
            var replay = Ids("""alert http any any -> any any (http.uri; content:"/evil"; sid:1;)""", new() { MidStream = isAsked });
            replay.Feed(conversation.Send(Side.Client, "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n")).Finish();
            Assert.Equal(isAsked ? [1u] : [], replay.Alerts);
        }
    }

    [Theory]
    [InlineData("3whs_synack_with_wrong_ack")]
    [InlineData("est_packet_out_of_window")]
    [InlineData("est_syn_resend_diff_seq")]
    [InlineData("rst_but_no_session")]
    [InlineData("pkt_broken_ack")]
    public void Rules_may_ask_for_what_is_odd_about_a_segment(string name)
    {
        var conversation = new Conversation();
        var replay = Ids($"alert tcp any any -> any any (stream-event:{name}; sid:1;)");
        switch (name)
        {
            case "3whs_synack_with_wrong_ack":
                replay.Feed(conversation.Segment(Side.Client, 1000, 0, TcpFlags.Syn, default));
                replay.Feed(conversation.Segment(Side.Server, 5000, 77, TcpFlags.Syn | TcpFlags.Ack, default));
                break;
            case "rst_but_no_session":
                replay.Feed(conversation.Segment(Side.Client, 1000, 0, TcpFlags.Rst, default));
                break;
            case "pkt_broken_ack":
                replay.Feed(conversation.Segment(Side.Client, 1000, 5, TcpFlags.Syn, default));
                break;
            case "est_syn_resend_diff_seq":
                replay.Feed(conversation.Handshake());
                replay.Feed(conversation.Segment(Side.Client, 7, 0, TcpFlags.Syn, default));
                break;
            default:
                replay.Feed(conversation.Handshake());
                replay.Feed(conversation.Segment(Side.Client, conversation.ClientNext + 1_000_000, conversation.ServerNext, TcpFlags.Ack, "x"u8));
                break;
        }
        Assert.Equal([1u], replay.Alerts);
        Assert.Contains($"stream.{name}", replay.Anomalies);
    }

    [Fact]
    public void Bytes_that_were_acknowledged_and_never_seen_are_a_gap()
    {
        var conversation = new Conversation();
        var replay = Ids(Evil).Feed(conversation.Handshake());
        conversation.ClientNext += 10;
        replay.Feed(conversation.Send(Side.Client, "something evil"));
        Assert.Contains("stream.reassembly_seq_gap", replay.Anomalies);
        Assert.Equal([1u], replay.Finish().Alerts);
    }

    [Fact]
    public void What_a_rule_about_the_stream_sets_a_rule_about_the_same_packet_may_ask_for()
    {
        var conversation = new Conversation();
        var replay = Ips("""
            alert tcp any any -> any any (content:"evil"; flowbits:set,seen; sid:1;)
            alert tcp any any -> any any (dsize:4; flowbits:isset,seen; sid:2;)
            """).Feed(conversation.Handshake());
        replay.Feed(conversation.Next(Side.Client, "evil"u8.ToArray()));
        Assert.Equal([1u, 2u], replay.Alerts);
    }

    [Fact]
    public void Whoever_comes_after_a_flow_has_been_silent_too_long_begins_another()
    {
        var conversation = new Conversation();
        var replay = Ids("alert tcp any any -> any any (flags:S; sid:1;)").Feed(conversation.Handshake());
        replay.Wait(TimeSpan.FromSeconds(299)).Feed(conversation.Ack(Side.Client));
        Assert.Empty(replay.Ends);
        replay.Wait(TimeSpan.FromSeconds(301)).Feed(conversation.Ack(Side.Client));
        Assert.Equal([Demilune.Inspection.Events.FlowEnd.Timeout], replay.Ends);
    }

    [Fact]
    public void A_packet_has_only_so_many_alerts_and_a_pass_rule_ends_them()
    {
        var many = string.Join('\n', Enumerable.Range(1, 20).Select(sid => $"alert tcp any any -> any any (flags:S; sid:{sid};)"));
        Assert.Equal(15, Ids(many).Feed(new Conversation().Handshake().Take(1)).Alerts.Count);
        Assert.Empty(Ids(many + "\npass tcp any any -> any any (flags:S; sid:99;)").Feed(new Conversation().Handshake().Take(1)).Alerts);
    }

    [Fact]
    public void Rules_about_addresses_alone_match_once_for_each_side_of_a_flow()
    {
        var conversation = new Conversation();
        var replay = Ids("alert tcp any any -> any any (sid:1;)").Feed(conversation.Handshake()).Feed(conversation.Send(Side.Client, "hello")).Finish();
        Assert.Equal([1u, 1u], replay.Alerts);
    }

    [Fact]
    public void An_exception_policy_drops_what_was_never_seen_to_begin()
    {
        var conversation = new Conversation();
        var replay = new Replay(Evil, prevent: true, new() { Streams = new() { Inline = true, Enforces = true, MidStreamPolicy = ExceptionPolicy.DropFlow } });
        Assert.Equal(DropReason.MidStream, replay.Feed(conversation.Next(Side.Client, "evil"u8.ToArray())).Reason);
        Assert.Equal(DropReason.FlowBlocked, replay.Feed(conversation.Ack(Side.Server)).Reason);
        Assert.Empty(replay.Alerts);
    }
}
