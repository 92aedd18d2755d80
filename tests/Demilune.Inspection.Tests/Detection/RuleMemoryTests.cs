using System.Text;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Rules.Compile;
using Demilune.Rules.Thresholds;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Tests.Detection;

/// <summary>What rules remember from one packet to the next.</summary>
public sealed class RuleMemoryTests
{
    [Fact]
    public void A_counter_counts_within_its_flow()
    {
        var replay = Replay("""
            alert udp any any -> any any (content:"login"; flowint:tries,+,1; noalert; sid:1;)
            alert udp any any -> any any (content:"login"; flowint:tries,>=,2; sid:2;)
            alert udp any any -> any any (flowint:tries,notset; sid:3;)
            """);
        Send(replay, "hello", "login", "login", "login");
        // The counter is changed first, and asked on the same packet.
        Assert.Equal([3u, 2u, 2u], replay.Alerts);
        replay.Alerts.Clear();
        Send(replay, 5001, "login");
        Assert.Empty(replay.Alerts);
    }

    [Fact]
    public void A_counter_can_be_compared_with_another()
    {
        var replay = Replay("""
            alert udp any any -> any any (content:"a"; flowint:a,+,1; noalert; sid:1;)
            alert udp any any -> any any (content:"b"; flowint:b,+,1; noalert; sid:2;)
            alert udp any any -> any any (content:"?"; flowint:a,>,b; sid:3;)
            """);
        Send(replay, "?", "a", "?", "b", "?", "a", "?");
        Assert.Equal([3u], replay.Alerts);
    }

    [Fact]
    public void A_bit_of_a_host_outlives_the_flow_and_ends()
    {
        var replay = Replay("""
            alert udp any any -> any any (content:"scan"; xbits:set,scanner,track ip_src,expire 60; noalert; sid:1;)
            alert udp any any -> any any (content:"hello"; xbits:isset,scanner,track ip_src; sid:2;)
            """);
        Send(replay, 5000, "hello", "scan");
        Send(replay, 5001, "hello");
        Assert.Equal([2u], replay.Alerts);
        replay.Wait(TimeSpan.FromSeconds(61));
        Send(replay, 5001, "hello");
        Assert.Equal([2u], replay.Alerts);
    }

    [Fact]
    public void A_captured_text_is_found_again()
    {
        var replay = Replay("""
            alert udp any any -> any any (pcre:"/user=([a-z]+)/, flow:user"; noalert; sid:1;)
            alert udp any any -> any any (content:"go"; flowvar:user,"root"; sid:2;)
            """);
        Send(replay, "go", "user=adam", "go", "user=root", "go");
        Assert.Equal([2u], replay.Alerts);
    }

    [Fact]
    public void What_is_suppressed_is_not_told_and_still_dropped()
    {
        var replay = Replay("drop udp any any -> any any (content:\"attack\"; sid:1;)", "suppress gen_id 1, sig_id 1, track by_src, ip [10.0.0.0/8,192.0.2.0/24]");
        Assert.Equal(Verdicts.FrameVerdict.Drop, FrameVerdictOf(replay, "attack"));
        Assert.Empty(replay.Alerts);
    }

    [Fact]
    public void A_rate_filter_turns_an_alert_into_a_drop()
    {
        var replay = Replay("alert udp any any -> any any (content:\"try\"; sid:1;)", "rate_filter gen_id 1, sig_id 1, track by_src, count 2, seconds 60, new_action drop, timeout 100");
        Assert.Equal(Verdicts.FrameVerdict.Forward, FrameVerdictOf(replay, "try"));
        Assert.Equal(Verdicts.FrameVerdict.Forward, FrameVerdictOf(replay, "try"));
        Assert.Equal(Verdicts.FrameVerdict.Drop, FrameVerdictOf(replay, "try"));
    }

    private static Replay Replay(string rules, string thresholds = "")
    {
        var config = ThresholdConfig.Read(new("threshold.config", thresholds), new Dictionary<string, string>(), out var errors);
        Assert.Empty(errors);
        return new(rules, options: new() { VerifyChecksums = false }, compile: new RuleSetOptions { Thresholds = config });
    }

    private static void Send(Replay replay, params string[] texts) => Send(replay, 5000, texts);

    private static void Send(Replay replay, ushort port, params string[] texts)
    {
        foreach (var text in texts) replay.Feed(Datagram(text, port));
    }

    private static Verdicts.FrameVerdict FrameVerdictOf(Replay replay, string text) => replay.Feed(Datagram(text, 5000)).Frame;

    private static Sent Datagram(string text, ushort port)
    {
        byte[] udp = [(byte)(port >> 8), (byte)port, 0x30, 0x39, 0, (byte)(8 + text.Length), 0, 0, .. Encoding.Latin1.GetBytes(text)];
        return new(Interface.In, Packets.Frame(Conversation.ClientV4, Conversation.ServerV4, IpProtocol.Udp, udp));
    }
}
