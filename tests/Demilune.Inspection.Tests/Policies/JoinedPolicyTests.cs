using CsCheck;
using Demilune.Inspection.Access;
using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Tests.Policies;

/// <summary>Several policies judge one flow: each by itself, and what one denies is denied.</summary>
public sealed class JoinedPolicyTests
{
    private const string Request = "GET /a?evil=1 HTTP/1.1\r\nHost: shop\r\n\r\n";

    [Fact]
    public void What_one_denies_is_denied_and_each_speaks_for_itself()
    {
        var replay = Talk(Joined(Policy("a", Alert("evil", 1)), Policy("b", Drop("evil", 2))), Request);
        Assert.Equal(["a 1 Allowed", "b 2 Blocked"], replay.Told);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    [Fact]
    public void Two_that_block_are_both_told_in_their_order()
    {
        var options = new InspectorOptions { OneAlertPerBlock = true, VerifyChecksums = false };
        var replay = Talk(Joined(Policy("b", Drop("evil", 1) + Drop("GET", 2)), Policy("a", Drop("evil", 1))), Request, options);
        Assert.Equal(["b 1 Blocked", "a 1 Blocked"], replay.Told);
    }

    [Fact]
    public void A_pass_rule_excuses_a_flow_from_its_own_policy_only()
    {
        const string Pass = "pass tcp any any -> any any (content:\"GET\"; sid:9;)\n";
        Assert.Equal(["b 2 Blocked"], Talk(Joined(Policy("a", Pass + Drop("evil", 1)), Policy("b", Drop("evil", 2))), Request).Told);
        Assert.Equal(["a 1 Blocked"], Talk(Joined(Policy("a", Drop("evil", 1)), Policy("b", Pass + Drop("evil", 2))), Request).Told);
        Assert.Empty(Talk(Joined(Policy("a", Pass + Drop("evil", 1)), Policy("b", Pass + Drop("evil", 2))), Request).Told);
    }

    [Fact]
    public void A_policy_that_has_seen_enough_does_not_let_the_flow_go_from_the_others()
    {
        var rules = "alert tcp any any -> any any (content:\"GET\"; bypass; sid:1;)\n";
        var replay = Talk(Joined(Policy("a", rules), Policy("b", Drop("evil", 2))), "GET / HTTP/1.1\r\nHost: shop\r\n\r\n" + Request, pieceLength: 20);
        Assert.Contains("b 2 Blocked", replay.Told);
        Assert.DoesNotContain(replay.Verdicts, verdict => verdict.Flow == FlowVerdict.Release);
    }

    [Fact]
    public void One_that_only_detects_beside_one_that_prevents_blocks_nothing()
    {
        var replay = Talk(Joined(Policy("a", Drop("nothing", 1)), Policy("b", Drop("evil", 2), prevent: false)), Request);
        Assert.Equal(["b 2 WouldBlock"], replay.Told);
        Assert.Empty(replay.Drops);
    }

    [Fact]
    public void Each_keeps_its_own_flow_bits_counters_and_variables()
    {
        var setting = "alert tcp any any -> any any (content:\"GET\"; flowbits:set,seen; flowint:n,+,1; noalert; sid:1;)\n";
        var asking = "alert tcp any any -> any any (content:\"evil\"; flowbits:isset,seen; sid:2;)\n" +
            "alert tcp any any -> any any (content:\"evil\"; flowint:n,isset; sid:3;)\n";
        Assert.Equal(["b 2 Allowed", "b 3 Allowed"], Talk(Joined(Policy("a", asking), Policy("b", setting + asking)), Request).Told);
        Assert.Equal(["a 2 Allowed", "a 3 Allowed"], Talk(Joined(Policy("a", setting + asking), Policy("b", asking)), Request).Told);
    }

    [Fact]
    public void A_threshold_counts_for_one_policy()
    {
        const string Second = "alert tcp any any -> any any (content:\"GET\"; detection_filter:track by_src,count 1,seconds 60; sid:1;)\n";
        Assert.Empty(Talk(Joined(Policy("a", Second), Policy("b", Second)), Request).Told);
    }

    [Fact]
    public void Every_allow_list_has_to_allow()
    {
        var reading = Policy("reading", "") with { Access = List("reading", ["GET", "HEAD"], "/") };
        var shop = Policy("shop", "") with { Access = List("shop", [], "/shop") };
        var both = Joined(reading, shop);
        Assert.Empty(Talk(both, "GET /shop/1 HTTP/1.1\r\nHost: shop\r\n\r\n").Told);
        Assert.Equal(["reading 4294900001 Blocked"], Talk(both, "POST /shop/1 HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n").Told);
        Assert.Equal(["shop 4294900001 Blocked"], Talk(both, "GET /admin HTTP/1.1\r\nHost: shop\r\n\r\n").Told);
        var replay = Talk(both, "PUT /admin HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal(["reading 4294900001 Blocked", "shop 4294900001 Blocked"], replay.Told);
        var answer = System.Text.Encoding.ASCII.GetString(replay.Injected.Single(frame => frame.Departed(Frames.Interface.In)).Bytes.AsSpan(54));
        Assert.StartsWith("HTTP/1.1 403 ", answer, StringComparison.Ordinal);
        Assert.Contains("X-Security-Policy: reading", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shadow_tells_what_it_would_have_done_and_does_nothing()
    {
        var shadow = Policy("next", Drop("evil", 2)) with { Access = List("next", ["POST"], "/") };
        var policies = Joined(Policy("now", Alert("evil", 1)), shadow.AsShadow());
        var replay = Talk(policies, Request);
        Assert.Equal(["next 2 WouldBlock", "next 4294900001 WouldBlock", "now 1 Allowed"], replay.Told.Order(StringComparer.Ordinal));
        Assert.Empty(replay.Drops);
        Assert.Empty(replay.Injected);
        Assert.Equal((1, 1, 0, 0), (shadow.Counters.ShadowFlows, shadow.Counters.ShadowWouldBlock, shadow.Counters.Flows, shadow.Counters.Blocked));
        Assert.Equal((1, 0), (policies[0].Counters.Flows, policies[0].Counters.Blocked));
    }

    [Fact]
    public void Nor_does_a_shadow_that_stands_alone()
    {
        var replay = Talk(Joined(Policy("next", Drop("evil", 2)).AsShadow()), Request);
        Assert.Equal(["next 2 WouldBlock"], replay.Told);
        Assert.Empty(replay.Drops);
    }

    [Fact]
    public void Records_name_all_who_judge_and_what_those_in_the_shadow_would_have_done()
    {
        var lines = new List<string>();
        using var eve = new EveWriter(line => { lines.Add(System.Text.Encoding.UTF8.GetString(line)); });
        var policies = Joined(Policy("a", Alert("evil", 1)), Policy("b", ""), Policy("next", Drop("evil", 2)).AsShadow(), Policy("last", "").AsShadow());
        var inspector = new Inspector(new() { VerifyChecksums = false });
        inspector.Publish(PolicySetSnapshot.Single(policies));
        var (talk, queue, now) = (new Conversation(), new Frames.FrameQueue(), 1_000L);
        foreach (var sent in talk.Handshake().Concat(talk.Send(Side.Client, Request)))
            inspector.Inspect(new(sent.Bytes, sent.Arrival), now += 1000, eve, queue);
        inspector.Finish(now, eve);
        var alerts = lines.Where(line => line.Contains("\"event_type\":\"alert\"", StringComparison.Ordinal)).ToList();
        Assert.Contains("\"policy\":\"a\",\"mode\":\"Prevent\",\"policies\":[\"a\",\"b\"]", alerts[0], StringComparison.Ordinal);
        Assert.Contains("\"policy\":\"next\",\"mode\":\"Shadow\"", alerts[1], StringComparison.Ordinal);
        var flow = lines.Single(line => line.Contains("\"event_type\":\"flow\"", StringComparison.Ordinal));
        Assert.Contains("\"kubernetes\":{\"policies\":[\"a\",\"b\"],\"shadow\":{\"next\":\"would have blocked\",\"last\":\"would have passed\"}}", flow, StringComparison.Ordinal);
    }

    /// <summary>Whatever their rules and however the bytes come: beside others a policy says what it says alone.</summary>
    [Fact]
    public void Beside_others_each_policy_finds_what_it_finds_alone()
    {
        string[] words = ["a?", "evil", "shop", "never", "=1"];
        string[] actions = ["alert", "drop", "pass"];
        string[] states = ["", "flowbits:set,x; ", "flowbits:isset,x; ", "flowbits:isnotset,x; "];
        string[] buffers = ["", "http.uri; ", "http.host; "];
        var rule = Gen.Select(Gen.Int[0, 2].Select(i => actions[i]), Gen.Int[0, 2].Select(i => buffers[i]), Gen.Int[0, 4].Select(i => words[i]), Gen.Int[0, 3].Select(i => states[i]));
        var policy = rule.List[0, 6].Select(rules => string.Join('\n', rules.Select((one, index) =>
            $"{one.Item1} tcp any any -> any any ({one.Item4}{one.Item2}content:\"{one.Item3}\"; sid:{index + 1};)")));
        Gen.Select(policy.List[2, 4], Gen.Int[1, 60]).Sample((texts, pieceLength) =>
        {
            var policies = texts.Select((text, index) => Policy($"p{index}", text, prevent: false)).ToArray();
            var together = Talk(Joined(policies), Request + Request, pieceLength: pieceLength).Told;
            foreach (var one in policies)
                Assert.Equal(
                    Talk(one, Request + Request, pieceLength: pieceLength).Told,
                    together.Where(line => line.StartsWith(one.Name + " ", StringComparison.Ordinal)));
        }, iter: 100);
    }

    private static InspectionPolicy Joined(params InspectionPolicy[] policies) => InspectionPolicy.Join(100, 1, policies);

    private static InspectionPolicy Policy(string name, string rules, bool prevent = true)
    {
        var compiled = RuleSet.Compile([new("test", rules)], new());
        Assert.Empty(compiled.Errors);
        return new(1, name, 1, prevent, compiled.Rules);
    }

    private static string Alert(string content, int sid) => $"alert tcp any any -> any any (content:\"{content}\"; sid:{sid};)\n";

    private static string Drop(string content, int sid) => $"drop tcp any any -> any any (content:\"{content}\"; sid:{sid};)\n";

    private static AccessList List(string name, string[] methods, string prefix) =>
        new(name, [new([.. methods], [], [TextPattern.PathPrefix(prefix)], [])], [], [], [], DenialResponse.Respond);

    private static Replay Talk(InspectionPolicy policy, string bytes, InspectorOptions? options = null, int pieceLength = 1460)
    {
        var talk = new Conversation();
        var replay = new Replay(policy, options ?? new() { VerifyChecksums = false });
        return replay.Feed(talk.Handshake()).Feed(talk.Send(Side.Client, bytes, pieceLength));
    }
}
