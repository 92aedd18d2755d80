using Demilune.Inspection.Events;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection.Tests.Flows;

public class FlowTableTests
{
    private const string Rules = """drop tcp any any -> any any (msg:"attack"; flow:established; content:"ATTACK"; sid:1;)""";

    [Fact]
    public void A_flood_of_SYNs_evicts_nothing_established()
    {
        var options = new InspectorOptions { MaxFlows = 100, LogFlows = true };
        var replay = new Replay(Rules, options: options);
        var talks = Enumerable.Range(0, 50).Select(i => new Conversation(clientPort: (ushort)(1000 + i))).ToArray();
        foreach (var talk in talks) replay.Feed(talk.Handshake());
        for (var i = 0; i < 5000; i++) replay.Feed(new Conversation(clientPort: (ushort)(10_000 + i)).Handshake().First());
        Assert.Equal(100, replay.Inspector.Statistics.FlowsActive);
        Assert.All(replay.Ends, end => Assert.Equal(FlowEnd.Evicted, end));
        foreach (var talk in talks) Assert.Equal(Verdict.Block(DropReason.Rules), replay.Feed(talk.Next(Side.Client, "ATTACK"u8.ToArray())));
    }

    [Fact]
    public void When_all_are_established_a_new_flow_is_refused()
    {
        var replay = new Replay(Rules, options: new() { MaxFlows = 3 });
        for (var i = 0; i < 3; i++) replay.Feed(new Conversation(clientPort: (ushort)(1000 + i)).Handshake());
        Assert.Equal(Verdict.Drop(DropReason.FlowTableFull), replay.Feed(new Conversation(clientPort: 5000).Handshake().First()));
    }

    [Fact]
    public void Flows_time_out_by_their_phase()
    {
        var replay = new Replay(Rules, options: new() { LogFlows = true });
        replay.Feed(new Conversation(clientPort: 1).Handshake().Take(1)).Feed(new Conversation(clientPort: 2).Handshake());
        replay.Wait(TimeSpan.FromMinutes(1));
        Assert.Single(replay.Ends);
        replay.Wait(TimeSpan.FromHours(2));
        Assert.Equal(2, replay.Ends.Count);
    }

    [Fact]
    public void The_same_addresses_in_another_epoch_are_another_flow()
    {
        var talk = new Conversation();
        var replay = new Replay(Rules);
        foreach (var frame in talk.Handshake()) replay.Feed(frame, flowId: 7, epoch: 1);
        Assert.Equal(FlowVerdict.Block, replay.Feed(talk.Next(Side.Client, "ATTACK"u8.ToArray()), 7, 1).Flow);
        foreach (var frame in new Conversation().Handshake()) Assert.Equal(FrameVerdict.Forward, replay.Feed(frame, flowId: 8, epoch: 2).Frame);
        Assert.Equal(2, replay.Inspector.Statistics.FlowsSeen);
    }

    [Fact]
    public void A_tag_without_a_policy_is_not_judged_by_another()
    {
        var inspector = new Inspector(new());
        var sink = new Replay(Rules);
        var verdict = inspector.Inspect(new Frame(new Conversation().Handshake().First().Bytes, Interface.In) { Tag = 5 }, 1, sink, new());
        Assert.Equal(Verdict.Drop(DropReason.UnknownPolicy), verdict);
    }
}
