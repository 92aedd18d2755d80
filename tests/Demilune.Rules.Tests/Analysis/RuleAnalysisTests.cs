using Demilune.Rules.Analysis;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;

namespace Demilune.Rules.Tests.Analysis;

public sealed class RuleAnalysisTests
{
    [Theory]
    [InlineData("alert tcp any any -> any any (sid:1;)", "ip_only")]
    [InlineData("alert tcp !192.0.2.1 any -> any any (sid:1;)", "like_ip_only")]
    [InlineData("alert tcp any any -> any 443 (flow:to_server; flowbits:set,x; sid:1;)", "pkt")]
    [InlineData("alert tcp any any -> any any (ttl:1; sid:1;)", "pkt")]
    [InlineData("alert tcp any any -> any any (content:\"abc\"; sid:1;)", "stream")]
    [InlineData("alert tcp any any -> any any (content:\"abc\"; depth:5; sid:1;)", "pkt_stream")]
    [InlineData("alert tcp-pkt any any -> any any (content:\"abc\"; sid:1;)", "pkt")]
    [InlineData("alert tcp any any -> any any (app-layer-protocol:!tls; sid:1;)", "pd_only")]
    [InlineData("alert tls any any -> any any (flowint:x,=,0; sid:1;)", "app_layer")]
    [InlineData("alert http any any -> any any (http.uri; content:\"abc\"; sid:1;)", "app_tx")]
    public void A_rule_is_looked_at_when_it_can_match(string rule, string type) => Assert.Equal(type, Describe(rule).Type);

    [Fact]
    public void The_longest_content_of_the_best_buffer_is_the_fast_pattern()
    {
        var fast = Describe("alert http any any -> any any (content:\"a long payload\"; http.method; content:\"OPTIONS\"; http.uri; content:\"/x\"; content:\"/login\"; sid:1;)").FastPattern!;
        Assert.Equal(("http_uri", "|2F|login"), (fast.Buffer, Field(fast.Content, "pattern")));
    }

    [Theory]
    [InlineData("alert http any any -> any any (http.uri; content:!\"/x\"; sid:1;)", "applayer negated_mpm toserver prefilter")]
    [InlineData("alert tcp any any -> any any (dsize:10; flowbits:isset,x; target:src_ip; sid:1;)", "dsize need_packet need_flowvar toserver toclient src_is_target")]
    [InlineData("alert tcp any any -> any any (flags:S; sid:1;)", "need_packet toserver toclient")]
    [InlineData("alert krb5 any any -> any any (krb5.ticket_encryption:weak; sid:1;)", "applayer toclient")]
    public void What_a_rule_needs_is_told_in_Suricatas_order(string rule, string flags) =>
        Assert.Equal(flags, string.Join(' ', Describe(rule).Flags.Where(static flag => !flag.EndsWith("_any", StringComparison.Ordinal))));

    [Theory]
    [InlineData("alert tcp any any -> any any (dcerpc.opnum:4; sid:1;)", "dcerpc", "flow dcerpc")]
    [InlineData("alert tcp any any -> any any (uricontent:\"/x\"; sid:1;)", "http", "flow")]
    [InlineData("alert tcp any any -> any any (dsize:>5; sid:1;)", "unknown", "payload")]
    [InlineData("alert tcp any any -> any any (flags:S; sid:1;)", "unknown", "tcp_flags_init_deinit")]
    public void What_a_rule_asks_of_a_packet_is_told(string rule, string app, string requirements)
    {
        var analysis = Describe(rule);
        Assert.Equal((app, requirements), (analysis.App, string.Join(' ', analysis.Requirements)));
    }

    [Fact]
    public void Conditions_on_one_call_are_one_engine_of_each_protocol_that_carries_it()
    {
        var analysis = Describe("alert tcp any any -> any any (flow:to_server; dcerpc.iface:367abb81-9844-35f1-ad32-98f038001003; dcerpc.opnum:15; sid:1;)");
        Assert.Equal(["dce_generic dcerpc 2", "dce_generic smb 2"], analysis.Engines.Select(engine => $"{engine.Name} {engine.App} {engine.Matches.Count}"));
    }

    [Fact]
    public void A_distance_from_nothing_is_an_offset()
    {
        var analysis = Describe("alert tcp any any -> any any (content:\"one\"; distance:8; within:3; sid:1;)");
        var content = Assert.Single(Assert.Single(analysis.Lists).Matches);
        Assert.Equal((8L, 11L), (Field(content, "offset"), Field(content, "depth")));
        Assert.Contains("'within' option", analysis.Notes[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_relative_goes_with_the_content_that_an_old_keyword_moved()
    {
        var analysis = Describe("alert tcp any any -> any any (flow:to_server; content:\"one\"; http_uri; isdataat:4,relative; pcre:/two/R; sid:1;)");
        var engine = Assert.Single(analysis.Engines);
        Assert.Equal(["content", "isdataat", "pcre"], engine.Matches.Select(match => match.Name));
    }

    [Fact]
    public void Ports_with_the_same_rules_are_one_group()
    {
        var compiled = Compile("""
            alert tcp any any -> any any (flow:to_server; content:"abc"; sid:1;)
            alert tcp any any -> any 80:81 (flow:to_server; content:"abc"; sid:2;)
            alert tcp any any -> any 80 (flow:to_server; content:"abc"; sid:3;)
            """);
        Assert.Equal(
            [(80, 80, 0, "1 2 3"), (81, 81, 1, "1 2"), (0, 79, 2, "1"), (82, 65535, 2, "1")],
            PortGroups.Of(compiled, 6, FlowDirections.ToServer, 40).Select(group => (group.First, group.Last, group.Id, string.Join(' ', group.Rules.Select(rule => rule.Sid)))));
    }

    private static object? Field(AnalysedMatch match, string name) => match.Fields.FirstOrDefault(field => field.Key == name).Value;

    private static RuleAnalysis Describe(string rule) => Assert.Single(Compile(rule).Signatures).Analysis!;

    private static RuleSet Compile(string rules)
    {
        var compiled = RuleSet.Compile([new("test.rules", rules)], RuleProbe.Options with { Describes = true });
        Assert.Empty(compiled.Errors);
        return compiled.Rules;
    }
}
