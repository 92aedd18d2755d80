using Demilune.Neutron;
using Demilune.Raven.Applying;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Tests.Applying;

/// <summary>A cloud that knows nothing of us gives addresses; the nodes do the rest.</summary>
public sealed class NodeSteeredTests
{
    private static readonly ClusterFacts Shop = Scenario.Shop(
        [Scenario.Pod("web", "web"), Scenario.Pod("client", "client", "n2")], [Scenario.NetPolicy("web", "web", "client", "web", 80)], [Scenario.Web()], Scenario.Firewall("fw"));

    [Fact]
    public async Task The_cloud_hears_of_pods_and_groups_and_of_nothing_that_is_steered()
    {
        var cloud = PlainCloud();
        var steered = new NodeSteered(cloud);
        await Scenario.ConvergeAsync(steered, Shop);
        Assert.Empty(cloud.All<FlowClassifier>());
        Assert.Empty(cloud.All<PortChain>());
        Assert.Equal(3, cloud.All<Port>().Count());
        Assert.All(cloud.All<Port>(), port => Assert.Equal("", port.HostId));
        Assert.Equal([7, 7], (await steered.ListAsync<FlowClassifier>(null, default)).Select(flow => flow.L7Parameters!.SecurityPolicyTag ?? 0));
        Assert.Equal(["n1", "n1", "n1", "n1", "n2"], (await steered.ListAsync<Port>(null, default)).Select(port => port.HostId).Order());
    }

    [Fact]
    public async Task After_a_restart_it_comes_out_the_same_without_a_change_in_the_cloud_that_anybody_would_see()
    {
        var cloud = PlainCloud();
        var before = new NodeSteered(cloud);
        await Scenario.ConvergeAsync(before, Shop);
        var seen = Scenario.Describe(cloud);
        var after = new NodeSteered(cloud);
        await Scenario.ConvergeAsync(after, Shop);
        Assert.Equal(seen, Scenario.Describe(cloud));
        Assert.Equal(
            (await before.ListAsync<FlowClassifier>(null, default)).Select(flow => flow.Id).Order(), (await after.ListAsync<FlowClassifier>(null, default)).Select(flow => flow.Id).Order());
        Assert.Equal((await before.ListAsync<Port>(null, default)).Select(port => (port.Id, port.HostId, port.MacAddress)).Order(), (await after.ListAsync<Port>(null, default)).Select(port => (port.Id, port.HostId, port.MacAddress)).Order());
    }

    [Fact]
    public async Task Removal_leaves_what_was_there_before_and_nothing_else()
    {
        var cloud = PlainCloud();
        await cloud.CreateAsync(new Network { Name = "theirs", Description = "demilune:other network" }, default);
        await cloud.CreateAsync(new SecurityGroup { Name = "theirs" }, default);
        var before = Scenario.Describe(cloud);
        await Scenario.ConvergeAsync(new NodeSteered(cloud), Shop);
        Assert.NotEqual(before, Scenario.Describe(cloud));
        Assert.Empty(await NetworkRemoval.RunAsync(cloud, Scenario.Options.ClusterName, _ => { }, default));
        Assert.Equal(before, Scenario.Describe(cloud));
    }

    private static InMemoryNeutron PlainCloud() => new() { Capabilities = new(["security-group", "address-group", "security-groups-remote-address-group"]) };
}
