using System.Text.Json.Nodes;
using Demilune.Neutron;

namespace Demilune.Sdn.Tests.Api;

/// <summary>QoS policies, their rules below them, and who names them.</summary>
public sealed class QosTests
{
    private const string Limit = """{"bandwidth_limit_rule":{"max_kbps":1000,"max_burst_kbps":800,"direction":"ingress"}}""";

    [Fact]
    public void A_policy_shows_its_rules_with_type_and_policy_and_the_rule_itself_does_not()
    {
        using var world = World.Standard();
        world.Make("qos", "qos/policies", """{"policy":{"name":"slow"}}""");
        var rule = world.Make("limit", "qos/policies/$qos/bandwidth_limit_rules", Limit);
        Assert.Equal($$"""{"direction":"ingress","max_kbps":1000,"max_burst_kbps":800,"id":"{{world["limit"]}}"}""", rule.ToJsonString());
        var policy = world.Get("qos/policies/$qos");
        Assert.Equal(1, policy["revision_number"]!.GetValue<int>());
        var shown = Assert.Single(policy["rules"]!.AsArray())!;
        Assert.Equal(("bandwidth_limit", world["qos"]), (shown["type"]!.GetValue<string>(), shown["qos_policy_id"]!.GetValue<string>()));
        Assert.True(JsonNode.DeepEquals(rule, world.Get("qos/alias_bandwidth_limit_rules/$limit")));
    }

    [Fact]
    public void A_rule_is_found_below_its_own_policy_and_type_only()
    {
        using var world = World.Standard();
        world.Make("qos", "qos/policies", """{"policy":{}}""");
        world.Make("other", "qos/policies", """{"policy":{}}""");
        world.Make("limit", "qos/policies/$qos/bandwidth_limit_rules", Limit);
        foreach (var elsewhere in (string[])["qos/policies/$other/bandwidth_limit_rules/$limit", "qos/policies/$qos/dscp_marking_rules/$limit"])
            Assert.Equal("QosRuleNotFound", World.ErrorOf(world.Send("DELETE", elsewhere)).Type);
        Assert.Equal("QosPolicyNotFound", World.ErrorOf(world.Send("GET", "qos/policies/$absent/bandwidth_limit_rules")).Type);
        Assert.Equal(404, world.Send("GET", "qos/policies/$qos/nonsense_rules").Status);
    }

    [Fact]
    public void A_policy_that_is_named_stays()
    {
        using var world = World.Standard();
        world.Make("qos", "qos/policies", """{"policy":{}}""");
        world.Make("limited", "ports", """{"port":{"network_id":"$net","qos_policy_id":"$qos"}}""");
        Assert.Equal("QosPolicyInUse", World.ErrorOf(world.Send("DELETE", "qos/policies/$qos")).Type);
        Assert.Equal(200, world.Send("PUT", "ports/$limited", """{"port":{"qos_policy_id":null}}""").Status);
        Assert.Equal(204, world.Send("DELETE", "qos/policies/$qos").Status);
        Assert.Equal("QosPolicyNotFound", World.ErrorOf(world.Send("PUT", "ports/$limited", """{"port":{"qos_policy_id":"$qos"}}""")).Type);
    }

    [Fact]
    public void One_rule_of_a_type_and_direction()
    {
        using var world = World.Standard();
        world.Make("qos", "qos/policies", """{"policy":{}}""");
        world.Make("in", "qos/policies/$qos/bandwidth_limit_rules", Limit);
        world.Make("out", "qos/policies/$qos/bandwidth_limit_rules", """{"bandwidth_limit_rule":{"max_kbps":1}}""");
        Assert.Equal("QoSRulesConflict", World.ErrorOf(world.Send("POST", "qos/policies/$qos/bandwidth_limit_rules", Limit)).Type);
        Assert.Equal("QoSRulesConflict", World.ErrorOf(world.Send(
            "PUT", "qos/policies/$qos/bandwidth_limit_rules/$out", """{"bandwidth_limit_rule":{"direction":"ingress"}}""")).Type);
        Assert.Equal(200, world.Send("PUT", "qos/policies/$qos/bandwidth_limit_rules/$out", """{"bandwidth_limit_rule":{"max_kbps":2}}""").Status);
    }

    [Fact]
    public void Only_an_administrator_makes_policies_and_a_member_sees_the_shared_ones()
    {
        using var world = World.Standard();
        var member = new Caller("m", IsAdmin: false);
        world.Make("own", "qos/policies", """{"policy":{"shared":false}}""");
        world.Make("shared", "qos/policies", """{"policy":{"shared":true}}""");
        Assert.Equal((403, "PolicyNotAuthorized"), Refusal(world.Send("POST", "qos/policies", """{"policy":{}}""", caller: member)));
        Assert.Equal(404, world.Send("GET", "qos/policies/$own", caller: member).Status);
        Assert.Equal((403, "PolicyNotAuthorized"), Refusal(world.Send("DELETE", "qos/policies/$shared", caller: member)));
        Assert.Single(world.Send("GET", "qos/policies", caller: member).Body!["policies"]!.AsArray());

        static (int, string) Refusal(Demilune.Sdn.Api.ApiAnswer answer) => (answer.Status, World.ErrorOf(answer).Type);
    }

    [Fact]
    public void A_default_policy_is_that_of_networks_that_name_none()
    {
        using var world = World.Standard();
        world.Make("qos", "qos/policies", """{"policy":{"is_default":true}}""");
        Assert.Equal(world["qos"], world.Make("n", "networks", """{"network":{}}""")["qos_policy_id"]!.GetValue<string>());
        Assert.Equal("QoSPolicyDefaultAlreadyExists", World.ErrorOf(world.Send("POST", "qos/policies", """{"policy":{"is_default":true}}""")).Type);
    }
}
