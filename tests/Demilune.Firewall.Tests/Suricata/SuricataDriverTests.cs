using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Contracts.FirewallLink;
using Demilune.Firewall.Policies;
using Demilune.Firewall.Suricata;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.Ip;

namespace Demilune.Firewall.Tests.Suricata;

/// <summary>The pure half of the driver: what Suricata is told, and what it says in its log, events and counters.</summary>
public sealed class SuricataDriverTests
{
    private static readonly RuleLibrary Empty = new("/nonexistent");

    [Fact]
    public void A_policy_that_only_detects_has_no_rule_that_drops_and_keeps_its_lines()
    {
        const string Rules = "drop tcp any any -> any any (msg:\"drop \"; sid:1;)\n# drop this\n  rejectboth ip any any -> any any (sid:2;)\nalert http any any -> any any ( \\\n drop.me; sid:3;)\n" +
            "pass ip any any -> any any (sid:4;)\r\nreject ip any any -> any any (sid:5;)";
        Assert.Equal(
            "alert tcp any any -> any any (msg:\"drop \"; sid:1;)\n# drop this\n  alert ip any any -> any any (sid:2;)\nalert http any any -> any any ( \\\n drop.me; sid:3;)\n" +
            "pass ip any any -> any any (sid:4;)\r\nalert ip any any -> any any (sid:5;)", TenantRules.OnlyReporting(Rules));
    }

    [Fact]
    public void An_allow_list_is_refused_aloud_and_so_is_a_file_that_is_not_there()
    {
        Assert.False(TenantRules.TryRead(new(7, "web", 1, true, [new("builtin/none", "")], Access: "{}"), Empty, out _, out var errors));
        Assert.Collection(errors, error => Assert.Contains("allow-lists", error, StringComparison.Ordinal), error => Assert.StartsWith("builtin/none:1:1:", error, StringComparison.Ordinal));
        Assert.True(TenantRules.TryRead(new(7, "web", 1, true, [new("inline", "x")]), Empty, out var rules, out _));
        Assert.Equal([("inline", "x")], rules.Files);
    }

    [Fact]
    public void A_flow_has_one_judge_and_where_several_count_it_is_dropped_aloud()
    {
        EnginePolicy[] policies = [new(2, "a", 1, true, []), new(3, "b", 1, true, []), new(4, "open", 1, true, [], FailsOpen: true), new(5, "refused", 1, true, [])];
        EngineCombination[] together =
        [
            new(2048, [2, 3], []), new(2049, [2], [3]), new(2050, [], [2]), new(2051, [2, 4], []), new(2052, [5], []), new(2053, [2, 5], []),
        ];
        var map = TenantMap.Of(new(1, policies, together), new HashSet<int> { 2, 3 });
        Assert.Equal(
            [(2, 2), (3, 3), (4, TenantMap.Unjudged), (2049, 2), (2050, TenantMap.Unjudged), (2051, 2)],
            map.Tenants.OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value)));
        Assert.Contains(map.Errors[3], error => error.Contains("a and b", StringComparison.Ordinal));
        Assert.Contains(map.Errors[3], error => error.Contains("shadow", StringComparison.Ordinal));
        Assert.Empty(map.Errors[4]);
    }

    [Fact]
    public void What_became_of_rules_is_read_off_the_log_with_the_reasons()
    {
        var loaded = RuleLoading.Read(string.Join('\n',
            Line("Info", "CPUs/cores online: 2"), Line("Error", "unknown rule keyword 'contnet'."),
            Line("Error", "error parsing signature \"drop http any any -> any any (msg:\"x\"; contnet:\"x\"; sid:8;)\" from file /w/7-1.rules at line 2"),
            Line("Info", "tenant id 7: 2 rule files processed. 5 rules successfully loaded, 1 rules failed, 0")));
        Assert.Equal((5, 1, new RuleError("/w/7-1.rules", 2, "unknown rule keyword 'contnet'.")), (loaded.Loaded, loaded.Failed, Assert.Single(loaded.Errors)));
        loaded = RuleLoading.Read(string.Join('\n',
            Line("Error", "error parsing signature \"x\" from file /w/7-0.rules at line 1"), Line("Warning", "1 rule files specified, but no rules were loaded!")));
        Assert.Equal((0, 1), (loaded.Loaded, loaded.Failed));
        Assert.Equal((0, 0, 0), RuleLoading.Read("") is var none ? (none.Loaded, none.Failed, none.Errors.Count) : default);
        Assert.Equal(("Error", "Segmentation fault"), RuleLoading.Parse("Segmentation fault"));
    }

    [Theory]
    [InlineData("02:d1:00:02:00:07", "other")]
    [InlineData("02:d1:00:01:00:07", "client")]
    [InlineData("no address", "client")]
    [InlineData(null, "client")]
    public void An_event_says_who_it_was_by_the_network_that_the_splice_wrote(string? mac, string pod)
    {
        Assert.True(IpAddress.TryParse("10.0.0.1", out var address));
        var identities = new Identities(new Dictionary<(int, IpAddress), Identity>
        {
            [(1, address)] = new("shop", "client", new Dictionary<string, string> { ["app"] = "client" }), [(2, address)] = new("shop", "other", new Dictionary<string, string>()),
        }.ToFrozenDictionary());
        var record = new JsonObject { ["event_type"] = "alert", ["src_ip"] = "10.0.0.1", ["dest_ip"] = "10.0.0.9", ["vlan"] = new JsonArray(7) };
        if (mac is not null) record["ether"] = new JsonObject { ["src_mac"] = mac };
        var written = Write(record.ToJsonString(), identities);
        Assert.False(written.AsObject().ContainsKey("ether"));
        Assert.Equal((pod, "web", "Detect"), ((string?)written["kubernetes"]!["source"]!["pod"], (string?)written["kubernetes"]!["policy"], (string?)written["kubernetes"]!["mode"]));
    }

    [Theory]
    [InlineData("""{"vlan":7,"src_ip":"x","ether":{"src_macs":[]}}""")]
    [InlineData("""{"vlan":["a"],"ether":{"src_macs":[7]}}""")]
    [InlineData("""{}""")]
    public void An_odd_event_is_handed_on_without_names(string record) => Assert.Null(Write(record, Identities.Empty)["kubernetes"]);

    [Fact]
    public void Counters_that_are_not_there_are_0()
    {
        var stats = SuricataCounters.Read(JsonNode.Parse("""{"decoder":{"pkts":5,"bytes":"?"},"detect":{"alert":2},"capture":{"kernel_drops":3,"afpacket":{"send_errors":4}}}""")!.AsObject());
        Assert.Equal((5, 0, 2, 7, 0), (stats.FramesIn, stats.BytesInspected, stats.Alerts, stats.FramesMissed, stats.FlowsSeen));
    }

    private static JsonNode Write(string record, Identities identities)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = JsonDocument.Parse(record))
        using (var writer = new Utf8JsonWriter(bytes)) SuricataEvents.Write(writer, json.RootElement, identities, new Dictionary<int, EnginePolicy> { [7] = new(7, "web", 1, Prevent: false, []) });
        return JsonNode.Parse(Encoding.UTF8.GetString(bytes.WrittenSpan))!;
    }

    private static string Line(string level, string message) => new JsonObject { ["log_level"] = level, ["engine"] = new JsonObject { ["message"] = message } }.ToJsonString();
}
