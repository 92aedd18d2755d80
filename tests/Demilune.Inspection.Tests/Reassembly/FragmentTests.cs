using System.Text;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Tests.Reassembly;

public class FragmentTests
{
    private const string Rules = """drop tcp any any -> any any (msg:"attack"; flow:established; content:"ATTACK"; sid:1;)""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_datagram_is_judged_whole_in_any_order_of_its_fragments(bool isV6)
    {
        foreach (var order in (int[][])[[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 0, 5, 1, 4, 3]])
        {
            var talk = new Conversation(isV6);
            var replay = new Replay(Rules).Feed(talk.Handshake());
            var fragments = Packets.Fragment(talk.Next(Side.Client, Encoding.ASCII.GetBytes("0123456789ATTACK0123456789")).Bytes, 8, 7).ToArray();
            Assert.Equal(6, fragments.Length);
            foreach (var i in order[..^1]) Assert.Equal(Verdict.Forward, replay.Feed(new Sent(Interface.In, fragments[i])));
            Assert.Equal(Verdict.Block(DropReason.Rules), replay.Feed(new Sent(Interface.In, fragments[order[^1]])));
            // The receiver has the other five: the last one must not come by again with other bytes.
            Assert.Equal(FrameVerdict.Drop, replay.Feed(new Sent(Interface.In, fragments[order[^1]])).Frame);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fragments_that_overlap_are_refused_with_all_of_their_datagram(bool isV6)
    {
        var talk = new Conversation(isV6);
        var replay = new Replay(Rules).Feed(talk.Handshake());
        var (source, destination) = isV6 ? (Conversation.ClientV6, Conversation.ServerV6) : (Conversation.ClientV4, Conversation.ServerV4);
        Sent Fragment(int offset, bool more, int length) => new(Interface.In, Packets.FragmentFrame(source, destination, IpProtocol.Udp, 9, offset, more, new byte[length]));
        Assert.Equal(FrameVerdict.Forward, replay.Feed(Fragment(0, true, 24)).Frame);
        Assert.Equal(DropReason.Fragment, replay.Feed(Fragment(16, true, 16)).Reason);
        Assert.Equal(DropReason.Fragment, replay.Feed(Fragment(32, false, 8)).Reason);
        Assert.Contains(isV6 ? "decoder.ipv6.frag_overlap" : "decoder.ipv4.frag_overlap", replay.Anomalies);
    }

    [Fact]
    public void Fragments_past_the_largest_datagram_are_refused()
    {
        var replay = new Replay(Rules);
        var frame = Packets.FragmentFrame(Conversation.ClientV4, Conversation.ServerV4, IpProtocol.Udp, 9, 65_528, false, new byte[64]);
        Assert.Equal(DropReason.Fragment, replay.Feed(new Sent(Interface.In, frame)).Reason);
    }

    [Fact]
    public void Incomplete_datagrams_are_forgotten_in_time()
    {
        var replay = new Replay(Rules);
        for (ushort id = 0; id < 100; id++)
            replay.Feed(new Sent(Interface.In, Packets.FragmentFrame(Conversation.ClientV4, Conversation.ServerV4, IpProtocol.Udp, id, 0, true, new byte[1024])));
        Assert.True(replay.Inspector.Statistics.BytesHeld > 100_000);
        replay.Wait(TimeSpan.FromMinutes(3)).Feed(new Sent(Interface.In, new byte[60]));
        Assert.Equal(0, replay.Inspector.Statistics.BytesHeld);
    }
}
