using Demilune.Neutron;
using Demilune.Raven.Applying;
using Demilune.Raven.Facts;
using static Demilune.Raven.Tests.Scenario;

namespace Demilune.Raven.Tests.Planning;

public sealed class ConvergenceTests
{
    private static readonly ClusterFacts Before = Shop(
        [Pod("web", "web") with { Bandwidth = new(8_000, null) }, Pod("client", "client") with { Bandwidth = new(1_000, 1_000) }, Pod("other", "other")],
        [NetPolicy("plain", "web", "other", ports: 81), NetPolicy("old", "client", "web", "gone", 90)], [Web(9, "gone")], Firewall("fw-old"));

    private static readonly PodDescription[] s_after =
        [Pod("web", "web") with { Bandwidth = new(8_000, 4_000) }, Pod("client", "client", "n2"), Pod("client2", "client") with { Bandwidth = new(8_000, 4_000) }];

    private static readonly ClusterFacts After = Shop(
        s_after,
        [NetPolicy("web", "web", "client", "web", 80, 8088), NetPolicy("plain", "web", "other", ports: 82)], [Web()], Firewall("fw"));

    [Fact]
    public async Task A_second_look_finds_nothing_to_do()
    {
        var neutron = new InMemoryNeutron();
        await ConvergeAsync(neutron, After);
        var writes = neutron.Writes;
        Assert.Equal(0, await ConvergeAsync(neutron, After));
        Assert.Equal(writes, neutron.Writes);
    }

    [Fact]
    public async Task Nothing_is_left_of_what_is_no_longer_wanted()
    {
        var neutron = new InMemoryNeutron();
        await ConvergeAsync(neutron, Before);
        await ConvergeAsync(neutron, After);
        var fresh = new InMemoryNeutron();
        await ConvergeAsync(fresh, After);
        Assert.Equal(Describe(fresh), Describe(neutron));
    }

    [Fact]
    public async Task Killed_after_any_request_it_converges_without_a_duplicate_or_a_leak()
    {
        var fresh = new InMemoryNeutron();
        await ConvergeAsync(fresh, Before);
        var start = fresh.Writes;
        await ConvergeAsync(fresh, After);
        var (end, wanted) = (fresh.Writes, Describe(fresh));
        Assert.True(end - start > 20);
        for (var fault = 1; fault <= end; fault++)
        {
            var neutron = new InMemoryNeutron { LoseAnswerOf = fault };
            foreach (var facts in new[] { Before, After })
            {
                try
                {
                    await ConvergeAsync(neutron, facts);
                }
                catch (HttpRequestException)
                {
                    // Killed. Another process takes over, knowing only what it reads.
                    await ConvergeAsync(neutron, facts);
                }
            }
            Assert.Equal(wanted, Describe(neutron));
        }
    }

    [Fact]
    public async Task What_is_refused_does_not_stop_what_has_nothing_to_do_with_it()
    {
        var neutron = new InMemoryNeutron
        {
            BeforeWrite = what =>
            {
                if (what.Contains("port uid-client2")) throw new NeutronException("POST ports", System.Net.HttpStatusCode.Conflict, "OverQuota", "ports", null);
            },
        };
        await ConvergeAsync(neutron, After, tolerateFailures: true);
        Assert.Contains(neutron.All<Port>(), port => port.Name == "shop/web");
        Assert.NotEmpty(neutron.All<PortChain>());
        neutron.BeforeWrite = null;
        await ConvergeAsync(neutron, After);
        Assert.Contains(neutron.All<Port>(), port => port.Name == "shop/client2");
    }

    [Fact]
    public async Task Pods_of_equal_limits_share_a_policy_and_a_rule_that_others_changed_is_mended()
    {
        var neutron = new InMemoryNeutron();
        await ConvergeAsync(neutron, After);
        var policy = Assert.Single(neutron.All<QosPolicy>());
        Assert.Equal(["egress 4000", "ingress 8000"], policy.Rules!.Select(rule => $"{rule.Direction} {rule.MaxKbps}").Order());
        Assert.Equal(["shop/client2", "shop/web"], neutron.All<Port>().Where(port => port.QosPolicyId == policy.Id).Select(port => port.Name!).Order());
        var wanted = Describe(neutron);
        await neutron.UpdateAsync(policy.Rules![0].Id, new QosRule { MaxKbps = 1 }, default);
        await neutron.DeleteAsync<QosRule>(policy.Rules![1].Id, default);
        await ConvergeAsync(neutron, After);
        Assert.Equal(wanted, Describe(neutron));
    }

    [Fact]
    public async Task Where_limits_may_not_be_made_pods_start_without_them_and_get_them_when_they_may()
    {
        var neutron = new InMemoryNeutron
        {
            BeforeWrite = what =>
            {
                if (what.StartsWith("create QosPolicy", StringComparison.Ordinal)) throw new NeutronException("POST qos/policies", System.Net.HttpStatusCode.Forbidden, "PolicyNotAuthorized", "admin only", null);
            },
        };
        await ConvergeAsync(neutron, After, tolerateFailures: true);
        Assert.Contains(neutron.All<Port>(), port => port is { Name: "shop/web", QosPolicyId: null });
        neutron.BeforeWrite = null;
        await ConvergeAsync(neutron, After);
        Assert.Contains(neutron.All<Port>(), port => port is { Name: "shop/web", QosPolicyId: not null });
    }

    [Fact]
    public async Task Nothing_foreign_is_touched()
    {
        var neutron = new InMemoryNeutron();
        var network = await neutron.CreateAsync(new Network { Name = "theirs" }, default);
        await neutron.CreateAsync(new Port { Name = "theirs", NetworkId = network.Id, Description = "demilune:other port uid-web" }, default);
        await neutron.CreateAsync(new SecurityGroup { Name = "shop/web", Description = "" }, default);
        await ConvergeAsync(neutron, After);
        await ConvergeAsync(neutron, Shop([]));
        Assert.Equal("theirs", Assert.Single(neutron.All<Port>()).Name);
        Assert.Contains(neutron.All<SecurityGroup>(), group => group.Name == "shop/web");
        Assert.Equal(2, neutron.All<Network>().Count());
    }

    [Fact]
    public async Task A_pod_that_comes_or_goes_touches_no_rule_and_no_classifier()
    {
        var neutron = new InMemoryNeutron();
        var policies = After.Cluster.Policies;
        await ConvergeAsync(neutron, After);
        neutron.Log.Clear();
        await ConvergeAsync(neutron, Shop([.. s_after, Pod("client3", "client")], policies, [Web()], Firewall("fw")));
        Assert.Equal(["create Port", "add AddressGroup"], neutron.Log.Select(line => string.Join(' ', line.Split(' ', '-').Take(2))));
        neutron.Log.Clear();
        await ConvergeAsync(neutron, After);
        Assert.Equal(["remove AddressGroup", "delete Port"], neutron.Log.Select(line => string.Join(' ', line.Split(' ', '-').Take(2))));
    }

    [Fact]
    public async Task A_protected_pod_is_bound_only_when_its_classifiers_are_in_a_chain()
    {
        var neutron = new InMemoryNeutron();
        neutron.BeforeWrite = _ =>
        {
            foreach (var port in neutron.All<Port>().Where(port => port.Name == "shop/web" && !string.IsNullOrEmpty(port.HostId)))
            {
                var flows = neutron.All<FlowClassifier>().Where(flow => flow.LogicalDestinationPort == port.Id).Select(flow => flow.Id).ToList();
                Assert.Equal(4, flows.Count);
                Assert.Empty(flows.Except(neutron.All<PortChain>().SelectMany(chain => chain.FlowClassifiers!)));
            }
        };
        await ConvergeAsync(neutron, After);
        Assert.Equal("n1", neutron.All<Port>().Single(port => port.Name == "shop/web").HostId);
    }

    [Fact]
    public async Task A_classifier_that_is_refused_leaves_its_pod_unbound()
    {
        var neutron = new InMemoryNeutron
        {
            BeforeWrite = what =>
            {
                if (what.StartsWith("create FlowClassifier")) throw new NeutronException("POST", System.Net.HttpStatusCode.BadRequest, "FlowClassifierInConflict", "", null);
            },
        };
        await ConvergeAsync(neutron, After, tolerateFailures: true);
        await ConvergeAsync(neutron, After, tolerateFailures: true);
        Assert.Equal("", neutron.All<Port>().Single(port => port.Name == "shop/web").HostId);
        Assert.Equal("n2", neutron.All<Port>().Single(port => port.Name == "shop/client").HostId);
    }

    [Fact]
    public async Task A_firewall_pod_is_bound_only_when_both_its_siblings_are_there()
    {
        var neutron = new InMemoryNeutron();
        neutron.BeforeWrite = _ =>
        {
            if (neutron.All<Port>().Any(port => port.Name == "demilune-system/fw" && !string.IsNullOrEmpty(port.HostId)))
                Assert.Equal(3, neutron.All<Port>().Count(port => port.DeviceId == "uid-fw"));
        };
        await ConvergeAsync(neutron, After);
        var ports = neutron.All<Port>().Where(port => port.DeviceId == "uid-fw").OrderBy(port => port.Name).ToList();
        Assert.Equal(["demilune-system/fw", "demilune-system/fw:in", "demilune-system/fw:out"], ports.Select(port => port.Name));
        Assert.Equal([DeviceOwners.Pod, DeviceOwners.FirewallIn, DeviceOwners.FirewallOut], ports.Select(port => port.DeviceOwner));
        Assert.All(ports, port => Assert.Empty(port.SecurityGroups!));
        Assert.Equal(false, ports[1].PortSecurityEnabled);
        var pair = Assert.Single(neutron.All<PortPair>());
        Assert.Equal((ports[1].Id, ports[2].Id), (pair.Ingress, pair.Egress));
    }
}
