using Demilune.Neutron;
using Demilune.Raven.Facts;
using static Demilune.Raven.Tests.Scenario;

namespace Demilune.Raven.Tests.Applying;

/// <summary>Where a cloud steers by its own port chains: what was begun is finished, whoever died on the way.</summary>
public sealed class PortChainFaultTests
{
    private static readonly RavenOptions s_options = new() { Steering = SteeringDriver.PortChains, PodNetworks = ["10.244.0.0/16"] };

    /// <summary>A Neutron of OpenStack's: none of the extensions of our own.</summary>
    private static readonly Capabilities s_capabilities = new(["security-group", "address-group", "security-groups-remote-address-group", "sfc", "flow_classifier", "qos"]);

    private static readonly ClusterFacts s_before = Shop(
        [Pod("web", "web"), Pod("client", "client"), Pod("other", "other")],
        [NetPolicy("web", "web", "client", "web", 80), NetPolicy("plain", "web", "other", ports: 81)], [Web()], Firewall("fw-old"));

    private static readonly ClusterFacts s_after = Shop(
        [Pod("web", "web"), Pod("client", "client", "n2"), Pod("client2", "client")],
        [NetPolicy("web", "web", "client", "web", 80, 8088)], [Web()], Firewall("fw"));

    private static readonly ClusterFacts s_nothing = Shop([]);

    [Fact]
    public async Task Killed_after_any_request_it_converges_without_a_duplicate_or_a_leak()
    {
        var fresh = new InMemoryNeutron { Capabilities = s_capabilities, Switched = true };
        foreach (var facts in (ClusterFacts[])[s_before, s_after]) await Life.LiveAsync(fresh, s_options, facts);
        var (end, wanted) = (fresh.Writes, Describe(fresh));
        Assert.Equal(4, Assert.Single(fresh.All<PortChain>()).FlowClassifiers!.Count);
        Assert.True(end > 40);
        for (var fault = 1; fault <= end; fault++)
        {
            var neutron = new InMemoryNeutron { Capabilities = s_capabilities, Switched = true, LoseAnswerOf = fault };
            foreach (var facts in (ClusterFacts[])[s_before, s_after])
                if (!await Life.LivesAsync(neutron, s_options, facts)) await Life.LiveAsync(neutron, s_options, facts);
            Assert.Equal(wanted, Describe(neutron));
        }
    }

    [Fact]
    public async Task Killed_after_any_request_while_all_goes_nothing_is_left_but_the_network()
    {
        var fresh = new InMemoryNeutron { Capabilities = s_capabilities, Switched = true };
        await Life.LiveAsync(fresh, s_options, s_before);
        var start = fresh.Writes;
        await Life.LiveAsync(fresh, s_options, s_nothing);
        var (end, wanted) = (fresh.Writes, Describe(fresh));
        for (var fault = start + 1; fault <= end; fault++)
        {
            var neutron = new InMemoryNeutron { Capabilities = s_capabilities, Switched = true, LoseAnswerOf = fault };
            await Life.LiveAsync(neutron, s_options, s_before);
            if (!await Life.LivesAsync(neutron, s_options, s_nothing)) await Life.LiveAsync(neutron, s_options, s_nothing);
            Assert.Equal(wanted, Describe(neutron));
        }
    }
}
