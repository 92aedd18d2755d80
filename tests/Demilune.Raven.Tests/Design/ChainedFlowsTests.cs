using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Raven.Design;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Tests.Design;

/// <summary>What is asked of a cloud that steers by its own port chains.</summary>
public sealed class ChainedFlowsTests
{
    private static readonly RavenOptions Options = new() { Steering = SteeringDriver.PortChains };
    private static readonly Capabilities Cloud = new(["security-group", "address-group", "security-groups-remote-address-group", "sfc", "flow_classifier"]);
    private static readonly PodDescription[] Pods = [Scenario.Pod("web", "web"), Scenario.Pod("client", "client"), Scenario.Pod("other", "other")];

    [Fact]
    public void Each_pair_of_pods_has_a_classifier_with_both_ends_and_both_prefixes()
    {
        var design = Design([Scenario.NetPolicy("web", "web", "client", "web", 80)]);
        var flow = Assert.Single(design.FlowClassifiers);
        Assert.Equal(
            ("tcp", 80, 80, "10.0.0.2/32", "10.0.0.1/32", "@port uid-client", "@port uid-web"),
            (flow.Value.Protocol, flow.Value.DestinationPortRangeMin, flow.Value.DestinationPortRangeMax, flow.Value.SourceIpPrefix, flow.Value.DestinationIpPrefix,
                flow.Value.LogicalSourcePort, flow.Value.LogicalDestinationPort));
        Assert.Null(flow.Value.L7Parameters);
        Assert.Equal(7, Key.TagOf(flow.Key));
        Assert.Equal(["@" + flow.Key], design.PortChains.Values.Single().FlowClassifiers);
        Assert.True(design.PortChains.Values.Single().ChainParameters!.Symmetric);
    }

    [Fact]
    public void No_security_group_opens_what_is_chained()
    {
        var design = Design([Scenario.NetPolicy("web", "web", "client", "web", 80), Scenario.NetPolicy("plain", "web", "client", null, 9090)]);
        Assert.Empty(RulesOf(design, "web"));
        Assert.All(RulesOf(design, "plain"), rule => Assert.Equal(9090, rule.PortRangeMin));
    }

    [Fact]
    public void A_source_that_may_not_speak_is_not_chained()
    {
        var mute = new NetworkPolicy(
            new Name("shop", "mute"), Scenario.Select("app", "client"), [PolicyType.Egress], [], [PolicyRule.Of([new PolicyPeer.Pods(null, Scenario.Select("app", "web"))], [new PolicyPort.Range(Protocol.Tcp, 85, 90)])], null);
        var flow = Design([Ports("web", "client", 80, 99), mute]).FlowClassifiers.Values.Single();
        Assert.Equal((85, 90), (flow.DestinationPortRangeMin, flow.DestinationPortRangeMax));
        Assert.Empty(Design([Scenario.NetPolicy("web", "web", "client", "web", 80), mute]).FlowClassifiers);
    }

    [Fact]
    public void Classifiers_of_one_pair_never_overlap()
    {
        var flows = Design([Ports("a", "client", 80, 99), Ports("b", "client", 90, 120), Scenario.NetPolicy("c", "web", "client", "web")]).FlowClassifiers.Values.ToList();
        foreach (var one in flows)
            Assert.DoesNotContain(flows, other => other != one && one.Protocol == other.Protocol
                && (one.DestinationPortRangeMin ?? 0) <= (other.DestinationPortRangeMax ?? 65535) && (other.DestinationPortRangeMin ?? 0) <= (one.DestinationPortRangeMax ?? 65535));
        Assert.Equal(["tcp", "udp"], flows.Select(flow => flow.Protocol).Distinct().Order());
    }

    [Theory]
    [InlineData("firewall-out uid-fw")]
    [InlineData("firewall-in uid-fw")]
    public void A_firewall_whose_interface_the_switch_does_not_carry_is_in_no_chain(string missing)
    {
        var design = Design([Scenario.NetPolicy("web", "web", "client", "web", 80)], except: missing);
        Assert.Empty(design.PortChains);
        Assert.Empty(design.PortPairs);
        Assert.Empty(design.FlowClassifiers);
        // It is still to be plugged in, and what it should inspect is closed.
        Assert.Contains(missing, design.Ports.Keys);
        Assert.Empty(RulesOf(design, "web"));
    }

    [Fact]
    public void A_firewall_that_leaves_is_out_of_the_chain_and_its_interfaces_with_it()
    {
        var design = Design([Scenario.NetPolicy("web", "web", "client", "web", 80)], leaving: true);
        Assert.Empty(design.PortChains);
        Assert.DoesNotContain("firewall-in uid-fw", design.Ports.Keys);
        Assert.Contains("port uid-fw", design.Ports.Keys);
    }

    [Fact]
    public void A_pod_that_the_switch_does_not_carry_yet_is_not_chained()
    {
        Assert.Empty(Design([Scenario.NetPolicy("web", "web", "client", "web", 80)], except: "port uid-client").FlowClassifiers);
    }

    [Fact]
    public void Where_a_plain_policy_opens_the_same_the_source_stays_silent_until_there_is_a_chain()
    {
        NetworkPolicy[] policies = [Scenario.NetPolicy("web", "web", "client", "web", 80), Scenario.NetPolicy("plain", "web", "client", null, 80)];
        Assert.Contains("chain default", Design(policies).PortPrerequisites["port uid-client"]);
        Assert.Contains("port uid-client", Design(policies).BoundFirst);
        var without = Design(policies, except: "firewall-in uid-fw");
        Assert.Empty(without.Ports["port uid-client"].SecurityGroups!);
        Assert.NotEmpty(without.Ports["port uid-other"].SecurityGroups!);
    }

    [Fact]
    public void What_cannot_be_chained_is_told_to_its_author()
    {
        var anybody = new NetworkPolicy(new Name("shop", "open"), Scenario.Select("app", "web"), null, [PolicyRule.Of([], [new PolicyPort.Range(Protocol.Tcp, 80, 80)])], [], "web");
        var design = Design([anybody]);
        Assert.Contains(design.Problems, told => told.Problem.Contains("outside the cluster", StringComparison.Ordinal));
        Assert.Equal(2, design.FlowClassifiers.Count);
        Assert.Empty(RulesOf(design, "open"));
    }

    private static IEnumerable<SecurityGroupRule> RulesOf(DesiredNetwork design, string policy) =>
        design.Rules.Single(group => group.Key.StartsWith($"policy shop/{policy} ", StringComparison.Ordinal)).Value;

    private static NetworkPolicy Ports(string name, string from, ushort first, ushort last) => new(
        new Name("shop", name), Scenario.Select("app", "web"), null,
        [PolicyRule.Of([new PolicyPeer.Pods(null, Scenario.Select("app", from))], [new PolicyPort.Range(Protocol.Tcp, first, last)])], [], "web");

    private static DesiredNetwork Design(IEnumerable<NetworkPolicy> policies, string? except = null, bool leaving = false)
    {
        var facts = Scenario.Shop(Pods, policies, [Scenario.Web()], Scenario.Firewall("fw") with { Leaving = leaving });
        var addresses = Pods.Select((pod, index) => ("uid-" + pod.Name, $"10.0.0.{index + 1}"))
            .ToDictionary(pair => pair.Item1, pair => ImmutableArray.Create(Demilune.Policy.Addresses.Prefix.TryParse(pair.Item2, out var prefix) ? prefix : default));
        HashSet<string> carried = ["port uid-web", "port uid-client", "port uid-other", "port uid-fw", "firewall-in uid-fw", "firewall-out uid-fw"];
        if (except is not null) carried.Remove(except);
        var intent = PolicyCompiler.Compile(facts.Cluster);
        return ChainDesign.Of(
            NetworkDesigner.Design(facts, intent, Cloud, Options, addresses), Options.ClusterName, intent, facts.Pods, facts.Inspections, uid => addresses.GetValueOrDefault(uid, []), carried);
    }
}
