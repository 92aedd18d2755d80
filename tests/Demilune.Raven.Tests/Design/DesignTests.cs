using System.Collections.Immutable;
using CsCheck;
using Demilune.Kubernetes.Crds;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Raven.Design;
using Demilune.Raven.Facts;
using static Demilune.Raven.Tests.Scenario;

namespace Demilune.Raven.Tests.Design;

public sealed class DesignTests
{
    [Fact]
    public async Task A_direction_that_no_policy_isolates_is_open_and_another_has_only_its_policies_rules()
    {
        var neutron = new InMemoryNeutron();
        await ConvergeAsync(neutron, Shop([Pod("web", "web"), Pod("client", "client")], [NetPolicy("web", "web", "client", ports: 80)]));
        Assert.Equal(["allow-all-egress", "shop/web"], GroupsOf(neutron, "shop/web"));
        Assert.Equal(["allow-all-egress", "allow-all-ingress"], GroupsOf(neutron, "shop/client"));
        var rules = neutron.All<SecurityGroup>().Single(group => group.Name == "shop/web").SecurityGroupRules!;
        Assert.Equal(["IPv4", "IPv6"], rules.Select(rule => rule.Ethertype).Order());
        Assert.All(rules, rule => Assert.Equal(("ingress", "tcp", 80, 80), (rule.Direction, rule.Protocol, rule.PortRangeMin, rule.PortRangeMax)));
    }

    [Fact]
    public async Task A_security_policy_that_does_not_exist_closes_what_it_should_have_judged()
    {
        var neutron = new InMemoryNeutron();
        var facts = Shop([Pod("web", "web"), Pod("client", "client")], [NetPolicy("web", "web", "client", "misspelt", 80)], firewalls: Firewall("fw"));
        await ConvergeAsync(neutron, facts);
        Assert.Contains("SecurityPolicy misspelt does not exist", NetworkDesigner.Design(facts, PolicyCompiler.Compile(facts.Cluster), neutron.Capabilities, Options, Addresses(neutron)).Problems.Single().Problem);
        Assert.All(neutron.All<FlowClassifier>(), flow => Assert.Equal(PolicyTags.Missing, flow.L7Parameters!.SecurityPolicyTag));
        var flows = neutron.All<FlowClassifier>().Select(flow => flow.Id).ToList();
        Assert.Equal(2, flows.Count);
        var chain = neutron.All<PortChain>().Single(chain => chain.FlowClassifiers!.Contains(flows[0]));
        Assert.Empty(neutron.All<PortPairGroup>().Single(group => group.Id == chain.PortPairGroups![0]).PortPairs!);
    }

    [Fact]
    public async Task Without_address_groups_each_address_has_its_own_rule()
    {
        var neutron = new InMemoryNeutron { Capabilities = new(["security-group", "sfc", "flow_classifier"]) };
        await ConvergeAsync(neutron, Shop([Pod("web", "web"), Pod("c1", "client"), Pod("c2", "client")], [NetPolicy("web", "web", "client", "web", 80)], [Web()], Firewall("fw")));
        Assert.Empty(neutron.All<AddressGroup>());
        Assert.Equal(4, neutron.All<SecurityGroup>().Single(group => group.Name == "shop/web").SecurityGroupRules!.Count);
        Assert.Equal(4, neutron.All<FlowClassifier>().Count());
        Assert.All(neutron.All<FlowClassifier>(), flow => Assert.Null(flow.L7Parameters));
    }

    [Fact]
    public async Task A_name_is_allowed_and_steered_as_a_name()
    {
        var neutron = new InMemoryNeutron();
        await ConvergeAsync(neutron, Shop([Pod("web", "web")], [ByName()], [Web()], Firewall("fw")));
        var rules = neutron.All<SecurityGroup>().Single(group => group.Name == "shop/names").SecurityGroupRules!;
        Assert.Equal(["IPv4 egress *.example.com", "IPv6 egress *.example.com"], rules.Select(rule => $"{rule.Ethertype} {rule.Direction} {rule.RemoteDomainName}").Order());
        Assert.Equal(["IPv4 *.example.com 7", "IPv6 *.example.com 7"],
            neutron.All<FlowClassifier>().Select(flow => $"{flow.Ethertype} {flow.DestinationDomainName} {flow.L7Parameters!.SecurityPolicyTag}").Order());
        Assert.All(neutron.All<FlowClassifier>(), flow => Assert.True(flow is { LogicalSourcePort: not null, LogicalDestinationPort: null }));
    }

    [Fact]
    public async Task Where_names_are_not_learnt_what_is_allowed_by_name_stays_closed_and_somebody_is_told()
    {
        var neutron = new InMemoryNeutron();
        neutron.Capabilities = new(neutron.Capabilities.Aliases.Except(["demilune-domain-names"]));
        var facts = Shop([Pod("web", "web")], [ByName()], [Web()], Firewall("fw"));
        await ConvergeAsync(neutron, facts);
        Assert.Empty(neutron.All<SecurityGroup>().Single(group => group.Name == "shop/names").SecurityGroupRules!);
        Assert.Empty(neutron.All<FlowClassifier>());
        Assert.Contains("does not learn names", NetworkDesigner.Design(facts, PolicyCompiler.Compile(facts.Cluster), neutron.Capabilities, Options, Addresses(neutron)).Problems.Single().Problem);
    }

    private static NetworkPolicy ByName() => new(
        new Name("shop", "names"), Select("app", "web"), [PolicyType.Egress], [],
        [PolicyRule.Of([new PolicyPeer.Domain(DomainPattern.TryParse("*.example.com", out var pattern) ? pattern : default)], null)], "web");

    [Fact]
    public async Task Without_service_chaining_what_should_be_inspected_stays_closed_and_somebody_is_told()
    {
        var neutron = new InMemoryNeutron { Capabilities = new(["security-group", "address-group", "security-groups-remote-address-group"]) };
        var facts = Shop([Pod("web", "web"), Pod("client", "client")], [NetPolicy("web", "web", "client", "web", 80)], [Web()]);
        await ConvergeAsync(neutron, facts);
        Assert.Empty(neutron.All<SecurityGroup>().Single(group => group.Name == "shop/web").SecurityGroupRules!);
        Assert.Contains("service chaining", NetworkDesigner.Design(facts, PolicyCompiler.Compile(facts.Cluster), neutron.Capabilities, Options, Addresses(neutron)).Problems.Single().Problem);
    }

    [Fact]
    public async Task Egress_that_leaves_the_cluster_is_steered_and_what_stays_is_not()
    {
        var policy = new NetworkPolicy(
            new Name("shop", "out"), Select("app", "client"), [PolicyType.Egress], [],
            [PolicyRule.Of(null, [new PolicyPort.Range(Protocol.Tcp, 443, 443)])], "web");
        var neutron = new InMemoryNeutron();
        await ConvergeAsync(neutron, Shop([Pod("client", "client")], [policy], [Web()], Firewall("fw")));
        var flows = neutron.All<FlowClassifier>().ToList();
        Assert.Equal(2, flows.Count);
        Assert.All(flows, flow => Assert.NotNull(flow.LogicalSourcePort));
        var outside = neutron.All<AddressGroup>().SelectMany(group => group.Addresses!).Select(Parse).ToList();
        Assert.DoesNotContain(outside, prefix => prefix.Contains(Parse("10.244.3.4")));
        Assert.Contains(outside, prefix => prefix.Contains(Parse("203.0.113.7")));
        Assert.Contains(outside, prefix => prefix.Contains(Parse("2001:db8::1")));
        Assert.DoesNotContain(outside, prefix => prefix.Contains(Parse("fd00:244::9")));
    }

    [Fact]
    public void Where_classifiers_cannot_name_policies_the_strict_one_judges_and_the_other_gets_the_rest()
    {
        var strict = new Inspection("zz-strict", 3, "default", true, true);
        var lax = new Inspection("aa-lax", 2, "default", false, false);
        var anybody = new Remote(false, null, null);
        var left = Steering.Disjoint([
            new(false, anybody, new Ports(Protocol.Tcp, 1, 100), lax),
            new(false, anybody, new Ports(Protocol.Tcp, 50, 60), strict),
            new(false, anybody, new Ports(Protocol.Tcp, 200, 200), strict, IsShadow: true),
        ], together: false);
        Assert.Equal(["3 Tcp/50-60", "2 Tcp/1-49", "2 Tcp/61-100"], left.Select(match => $"{match.Inspection.Tag} {match.Ports}"));
    }

    [Fact]
    public void Elsewhere_each_keeps_all_that_it_judges_and_says_it_once()
    {
        var one = new Inspection("one", 3, "default", true, true);
        var other = new Inspection("other", 2, "default", false, false);
        var anybody = new Remote(false, null, null);
        var left = Steering.Disjoint([
            new(false, anybody, new Ports(Protocol.Tcp, 1, 100), other),
            new(false, anybody, new Ports(Protocol.Tcp, 50, 60), one),
            new(false, anybody, new Ports(Protocol.Tcp, 55, 70), one),
            new(false, anybody, new Ports(Protocol.Tcp, 50, 60), one, IsShadow: true),
        ], together: true);
        Assert.Equal(
            ["3 Tcp/55-70", "3 Tcp/50-54", "2 Tcp/1-100", "3 Tcp/50-60 shadow"], left.Select(match => $"{match.Inspection.Tag} {match.Ports}{(match.IsShadow ? " shadow" : "")}"));
    }

    [Fact]
    public void No_flow_loses_its_judge_and_none_gets_two_of_one_remote() =>
        Gen.Select(Gen.Int[1, 30], Gen.Int[0, 10], Gen.Int[2, 4]).Select((first, size, tag) => new Steering.Match(
            false, new Remote(false, null, null), new Ports(Protocol.Tcp, (ushort)first, (ushort)(first + size)), new Inspection($"p{tag}", tag, "default", tag % 2 == 0, true)))
        .Array[0, 8].Sample(wanted =>
        {
            var left = Steering.Disjoint(wanted, together: false);
            for (var port = 0; port < 50; port++)
            {
                var judges = wanted.Where(match => match.Ports.First <= port && port <= match.Ports.Last).Any();
                Assert.Equal(judges ? 1 : 0, left.Count(match => match.Ports.First <= port && port <= match.Ports.Last));
            }
        }, iter: 500);

    [Fact]
    public async Task A_policy_with_a_named_port_has_a_group_per_meaning()
    {
        var facts = Shop([Pod("web", "web"), Pod("web2", "web")]);
        var pods = facts.Cluster.Pods.Select(pod => pod.Name.Local == "web2"
            ? new Pod(pod.Uid, pod.Name, pod.Labels, [new NamedPort("http", Protocol.Tcp, 8080)]) : pod).ToImmutableArray();
        var policy = new NetworkPolicy(
            new Name("shop", "named"), Select("app", "web"), null, [PolicyRule.Of(null, [new PolicyPort.Named(Protocol.Tcp, "http")])], []);
        var neutron = new InMemoryNeutron();
        await ConvergeAsync(neutron, facts with { Cluster = facts.Cluster with { Pods = pods, Policies = [policy] } });
        var groups = neutron.All<SecurityGroup>().Where(group => group.Name == "shop/named").ToList();
        Assert.Equal([80, 8080], groups.Select(group => group.SecurityGroupRules!.Select(rule => rule.PortRangeMin!.Value).Distinct().Single()).Order());
    }

    [Fact]
    public async Task A_firewall_that_is_being_deleted_keeps_its_ports_but_gets_no_new_flows()
    {
        var neutron = new InMemoryNeutron();
        await ConvergeAsync(neutron, Shop([Pod("web", "web")], firewalls: [Firewall("old"), Firewall("new")]));
        Assert.Equal(2, neutron.All<PortPairGroup>().Single().PortPairs!.Count);
        await ConvergeAsync(neutron, Shop([Pod("web", "web")], firewalls: [Firewall("old") with { Leaving = true }, Firewall("new")]));
        Assert.Equal("demilune-system/new", neutron.All<PortPair>().Single(pair => pair.Id == neutron.All<PortPairGroup>().Single().PortPairs!.Single()).Name);
        Assert.Equal(3, neutron.All<Port>().Count(port => port.DeviceId == "uid-old"));
    }

    private static IEnumerable<string?> GroupsOf(InMemoryNeutron neutron, string port) => neutron.All<Port>().Single(one => one.Name == port)
        .SecurityGroups!.Select(id => neutron.All<SecurityGroup>().Single(group => group.Id == id).Name).Order();

    private static Prefix Parse(string text) => Prefix.TryParse(text, out var prefix) ? prefix : throw new ArgumentException(text);
}
