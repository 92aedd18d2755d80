using System.Net;
using Demilune.Neutron;
using Demilune.Raven.Applying;
using Demilune.Raven.Facts;
using static Demilune.Raven.Tests.Applying.Life;
using static Demilune.Raven.Tests.Scenario;

namespace Demilune.Raven.Tests.Applying;

/// <summary>Ports that are there before their pods: whoever comes waits for one change, and none is leaked or given twice.</summary>
public sealed class PortPoolTests
{
    private static readonly RavenOptions s_options = new() { LeastSparePorts = 2, MostSparePorts = 4 };
    private static readonly RavenOptions s_chains = new() { Steering = SteeringDriver.PortChains, PodNetworks = ["10.244.0.0/16"], LeastSparePorts = 1, MostSparePorts = 2 };
    private static readonly Capabilities s_cloud = new(["security-group", "address-group", "security-groups-remote-address-group", "sfc", "flow_classifier", "qos"]);

    private static readonly ClusterFacts s_empty = Shop([]);
    private static readonly ClusterFacts s_before = Shop(
        [Pod("web", "web"), Pod("client", "client"), Pod("other", "other")],
        [NetPolicy("web", "web", "client", "web", 80), NetPolicy("plain", "web", "other", ports: 81)], [Web()], Firewall("fw-old"));

    private static readonly ClusterFacts s_after = Shop(
        [Pod("web", "web"), Pod("client", "client", "n2"), Pod("client2", "client"), Pod("client3", "client"), Pod("client4", "client", "n2")],
        [NetPolicy("web", "web", "client", "web", 80, 8088)], [Web()], Firewall("fw"));

    [Fact]
    public async Task A_pool_is_made_by_one_request_and_a_pod_takes_from_it_by_one_change()
    {
        var neutron = new InMemoryNeutron();
        var requests = new List<string>();
        neutron.Slow = request =>
        {
            requests.Add(request);
            return Task.CompletedTask;
        };
        var network = await BeginAsync(neutron, s_options with { MostSparePorts = 100 }, s_empty);
        await network.RunAsync();
        Assert.Equal(100, Spares(neutron).Count());
        Assert.Single(requests, request => request.EndsWith(" Port", StringComparison.Ordinal));
        Assert.All(Spares(neutron), spare => Assert.Empty(spare.SecurityGroups!));
        neutron.Log.Clear();
        Set(network, s_before, s_before.Pods[0]);
        await network.RunAsync(everything: false);
        Assert.StartsWith("update Port", Assert.Single(neutron.Log), StringComparison.Ordinal);
        var port = neutron.All<Port>().Single(one => one.DeviceId == "uid-web");
        Assert.Equal(("shop/web", DeviceOwners.Pod, "n1", "demilune:local port uid-web"), (port.Name, port.DeviceOwner, port.HostId, port.Description));
        Assert.Equal(2, port.SecurityGroups!.Count);
    }

    [Fact]
    public async Task It_is_filled_when_it_runs_low_and_emptied_when_it_is_too_large()
    {
        var neutron = new InMemoryNeutron();
        await LiveAsync(neutron, s_options, s_before);
        Assert.Equal(4, Spares(neutron).Count());
        var network = await BeginAsync(neutron, s_options, s_after);
        await network.RunAsync();
        Assert.InRange(Spares(neutron).Count(), 2, 4);
        await LiveAsync(neutron, s_options with { MostSparePorts = 2 }, s_after);
        Assert.Equal(2, Spares(neutron).Count());
        await LiveAsync(neutron, new(), s_after);
        Assert.Empty(Spares(neutron));
    }

    [Fact]
    public async Task Whoever_knows_nothing_finds_the_pool_again_and_makes_none()
    {
        var neutron = new InMemoryNeutron();
        await LiveAsync(neutron, s_options, s_before);
        var writes = neutron.Writes;
        await LiveAsync(neutron, s_options, s_before);
        Assert.Equal(writes, neutron.Writes);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Killed_after_any_request_it_converges_without_a_duplicate_or_a_leak(bool chains, bool slow)
    {
        var options = (chains ? s_chains : s_options) with { SlowPorts = slow };
        var fresh = Cloud(chains);
        foreach (var facts in (ClusterFacts[])[s_empty, s_before, s_after, s_empty]) await LiveAsync(fresh, options, facts);
        var end = fresh.Writes;
        Assert.True(end > 60);
        for (var fault = 1; fault <= end; fault++)
        {
            var neutron = Cloud(chains);
            neutron.LoseAnswerOf = fault;
            foreach (var facts in (ClusterFacts[])[s_empty, s_before, s_after, s_empty])
            {
                if (!await LivesAsync(neutron, options, facts)) await LiveAsync(neutron, options, facts);
                Sound(neutron, options, facts);
            }
            await NetworkRemoval.RunAsync(neutron, options.ClusterName, _ => { }, default);
            Assert.Empty(neutron.All<Port>());
        }
    }

    [Fact]
    public async Task Where_the_cloud_carries_the_ports_each_node_has_its_own_and_lends_them_out()
    {
        var neutron = Cloud(chains: true);
        await LiveAsync(neutron, s_chains, s_empty);
        Assert.Equal(["n1", "n1", "n2", "n2"], Spares(neutron).Select(spare => spare.HostId).Order());
        neutron.Slow = _ => throw Refusal("OverQuota");
        await LiveUntilRefusedAsync(neutron, s_chains, Shop([Pod("a", "a"), Pod("b", "a"), Pod("c", "a")]));
        Assert.Equal(["n1", "n1", "n1"], neutron.All<Port>().Where(port => port.DeviceOwner == DeviceOwners.Pod).Select(port => port.HostId));
        Assert.Equal("n2", Assert.Single(Spares(neutron)).HostId);
    }

    [Fact]
    public async Task A_quota_is_left_to_those_who_need_it()
    {
        var neutron = Cloud(chains: true);
        neutron.PortQuota = 6;
        await LiveAsync(neutron, s_chains with { MostSparePorts = 5 }, s_empty);
        Assert.Equal(6, Spares(neutron).Count());
        // A firewall's own ports are none of a pool's.
        await LiveAsync(neutron, s_chains with { MostSparePorts = 5 }, Shop([Pod("web", "web")], firewalls: [Firewall("fw")]));
        Assert.Equal(3, neutron.All<Port>().Count(port => port.DeviceId == "uid-fw"));
        Assert.Equal(1, neutron.All<Port>().Count(port => port.DeviceId == "uid-web"));
        Assert.Equal(2, Spares(neutron).Count());
    }

    [Fact]
    public async Task A_spare_that_is_refused_holds_up_nobody()
    {
        var neutron = new InMemoryNeutron
        {
            BeforeWrite = what =>
            {
                if (what.Contains(" spare", StringComparison.Ordinal)) throw Refusal("OverQuota");
            },
        };
        await LiveAsync(neutron, s_options, s_before);
        Assert.Empty(Spares(neutron));
        Assert.Equal(6, neutron.All<Port>().Count());
    }

    [Fact]
    public async Task While_a_slow_network_makes_ports_the_ones_that_are_there_are_handed_out()
    {
        var neutron = new InMemoryNeutron();
        var options = s_options with { SlowPorts = true };
        var network = await BeginAsync(neutron, options, s_empty);
        await network.RunAsync();
        await network.FinishAsync();
        await network.RunAsync(everything: false);
        var never = new TaskCompletionSource();
        neutron.Slow = request => request.EndsWith(" Port", StringComparison.Ordinal) || request.StartsWith("create Port", StringComparison.Ordinal) ? never.Task : Task.CompletedTask;
        foreach (var pod in s_after.Pods.Where(pod => pod.Firewall is null)) Set(network, s_after, pod);
        await network.RunAsync(everything: false);
        Assert.Equal(4, neutron.All<Port>().Count(port => port.DeviceOwner == DeviceOwners.Pod));
        Assert.False(network.IsSettled);
        never.SetResult();
        await network.FinishAsync();
        await network.RunAsync(everything: false);
        Assert.True(network.IsSettled);
        Assert.Equal(5, neutron.All<Port>().Count(port => port.DeviceOwner == DeviceOwners.Pod));
        Assert.Equal(4, Spares(neutron).Count());
        // And peers know the one that came late.
        await network.ReadAsync(default);
        var writes = neutron.Writes;
        await network.RunAsync();
        Assert.Equal(writes, neutron.Writes);
    }

    [Fact]
    public async Task A_port_that_is_read_while_it_is_being_bound_is_known_as_its_maker_says()
    {
        var neutron = Cloud(chains: true);
        var options = s_chains with { SlowPorts = true, MostSparePorts = 0 };
        await LiveAsync(neutron, options, s_empty);
        var facts = Shop([Pod("a", "a")]);
        var network = await BeginAsync(neutron, options, facts);
        var answer = new TaskCompletionSource();
        neutron.SlowAnswer = answer.Task;
        await network.RunAsync();
        await network.ReadAsync(default);
        Assert.Equal("unbound", Assert.Single(network.Snapshot.All<Port>()).VifType);
        await network.RunAsync();
        answer.SetResult();
        await network.FinishAsync();
        await network.RunAsync(everything: false);
        Assert.Equal("ovs", Assert.Single(network.Snapshot.All<Port>()).VifType);
        Assert.Single(neutron.All<Port>());
    }

    /// <summary>Each pod has one port, each pool what it should, and nobody an address of somebody else's.</summary>
    private static void Sound(InMemoryNeutron neutron, RavenOptions options, ClusterFacts facts)
    {
        var ports = neutron.All<Port>().ToList();
        Assert.Equal(facts.Pods.Select(pod => pod.Uid).Order(), ports.Where(port => port.DeviceOwner == DeviceOwners.Pod).Select(port => port.DeviceId).Order());
        foreach (var pool in Spares(neutron).GroupBy(spare => spare.HostId)) Assert.InRange(pool.Count(), options.LeastSparePorts, options.MostSparePorts);
        Assert.All(Spares(neutron), spare => Assert.Empty(spare.SecurityGroups!));
        var addresses = ports.SelectMany(port => port.FixedIps ?? []).Select(ip => ip.IpAddress).ToList();
        Assert.Equal(addresses.Count, addresses.Distinct().Count());
        Assert.Equal(facts.Pods.Count(pod => pod.Firewall is not null), neutron.All<PortPair>().Count());
    }

    private static async Task LiveUntilRefusedAsync(InMemoryNeutron neutron, RavenOptions options, ClusterFacts facts)
    {
        var network = await BeginAsync(neutron, options, facts);
        try
        {
            await network.RunAsync();
        }
        catch (NotAppliedException)
        {
            // As the test wants it.
        }
    }

    private static InMemoryNeutron Cloud(bool chains) => chains ? new InMemoryNeutron { Capabilities = s_cloud, Switched = true } : new InMemoryNeutron();

    private static IEnumerable<Port> Spares(InMemoryNeutron neutron) => neutron.All<Port>().Where(port => port.DeviceOwner == DeviceOwners.Spare);

    private static NeutronException Refusal(string type) => new("POST ports", HttpStatusCode.Conflict, type, "ports", null);
}
